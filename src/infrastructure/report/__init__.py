"""The report as one HTML page: no script, nothing loaded from elsewhere, ready to be printed."""

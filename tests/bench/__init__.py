"""How fast the service is, always as a ratio to something run beside it: `python -m tests.bench`."""

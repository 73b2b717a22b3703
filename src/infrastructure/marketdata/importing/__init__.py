"""Files of market data: read as arrays, checked, compared with what is known, written by COPY."""

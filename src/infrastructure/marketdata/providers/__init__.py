"""Online sources of market data; each is an optional extra."""

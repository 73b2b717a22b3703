"""Counting requests and calls over all processes: Redis decides, PostgreSQL remembers."""

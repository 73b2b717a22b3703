"""Outgoing webhooks in PostgreSQL and over HTTP."""

"""Warm processes that work for the service, so that no piece of work can harm it."""

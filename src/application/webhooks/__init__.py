"""Telling tenants' own programs what happened: where to, when again, and how it is signed."""

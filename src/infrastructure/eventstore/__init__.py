"""The event store in PostgreSQL: codec, append, and the followers that read it in order."""

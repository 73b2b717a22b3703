"""Redis: the relay that publishes events on streams, and the inbox that agents read them from."""

"""Mail: queued with what it tells of, sent by whoever is alive."""

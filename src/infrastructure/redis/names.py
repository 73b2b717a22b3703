"""The keys a consumer group has beside the streams it reads."""

DEAD_PREFIX = "pm:dead:"


def dead_stream(group: str) -> str:
    """Return the stream of a group's dead letters."""
    return f"{DEAD_PREFIX}{group}"


def retry_stream(group: str) -> str:
    """Return the stream on which letters come back; on the real streams an id is a position, used once."""
    return f"pm:retry:{group}"


def parked_hash(group: str) -> str:
    """Return the hash that counts, by sequence, the letters everything later has to wait behind."""
    return f"pm:parked:{group}"

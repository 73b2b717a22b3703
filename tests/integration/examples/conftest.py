from tests.support.streams import redis_url

__all__ = ["redis_url"]

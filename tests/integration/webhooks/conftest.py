from collections.abc import AsyncIterator

import pytest
from tests.support.streams import redis_url
from tests.support.webhook_desk import Desk, a_desk

__all__ = ["desk", "redis_url"]


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    """Webhooks on a database of this test alone, with the sender in the test's own process."""
    async with a_desk(database_url) as desk:
        yield desk

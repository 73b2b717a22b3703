"""The demo API over its ASGI door, and credentials for it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient
from tests.support.demo_api import Shelf, a_client, a_demo_api, a_token


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def api(shelf: Shelf) -> AsyncIterator[AsyncClient]:
    """A client of tenant `acme` with all rights but admin."""
    async with a_client(a_demo_api(shelf)) as client:
        client.headers["Authorization"] = f"Bearer {a_token()}"
        yield client


@pytest.fixture
def basket() -> dict[str, Any]:
    return {"name": "Growth", "kind": "long_only", "cash": "1000.50"}

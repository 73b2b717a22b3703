"""Looking up names, with a name server that does what a test wants."""

import asyncio
import socket
import threading
from typing import Any

import pytest

from infrastructure.webhooks.resolver import Resolver


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A name server that answers for `quick`, knows nothing of `unknown`, and hangs for anything else."""
    released = threading.Event()

    def look_up(name: str, port: object, **options: object) -> list[Any]:
        if name == "unknown":
            raise socket.gaierror("nobody knows it")
        if name != "quick":
            released.wait()
        places = ("93.184.216.34", "93.184.216.34", "2606:2800:220:1::1")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, 0)) for place in places]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield
    released.set()


async def test_a_name_has_each_of_its_addresses_once(hanging: None) -> None:
    assert await Resolver()("quick") == ("93.184.216.34", "2606:2800:220:1::1")


async def test_a_name_that_nobody_knows_has_none(hanging: None) -> None:
    assert await Resolver()("unknown") == ()


async def test_a_name_server_that_does_not_answer_keeps_nobody_else_waiting(hanging: None) -> None:
    resolver = Resolver(seconds=0.05)
    slow = [asyncio.create_task(resolver(f"slow-{number}")) for number in range(20)]
    assert await Resolver(seconds=5)("quick")
    assert await asyncio.gather(*slow) == [()] * 20


async def test_a_name_that_is_not_one_has_no_address() -> None:
    assert await Resolver()("." * 300) == ()

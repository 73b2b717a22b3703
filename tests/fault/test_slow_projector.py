"""The read models stand still for a while: what they do not show yet is late, not gone."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from tests.e2e.things import CSV, a_portfolio
from tests.support.running import RunningService
from tests.support.waiting import eventually

STREAM = "pm:rebalance:recommended"


@contextmanager
def standing_still(service: RunningService, name: str) -> Iterator[None]:
    """One process does nothing until the end of the block."""
    pid = service.processes()[name].pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def is_late(answer: httpx.Response) -> bool:
    return answer.status_code == 503 and "Retry-After" in answer.headers


def test_a_position_that_is_not_shown_yet_can_be_closed_later(running_service: RunningService) -> None:
    with running_service.client("patient-closer") as client:
        path = a_portfolio(client)
        with standing_still(running_service, "projector"):
            recorded = client.post(f"{path}/positions", json={"symbol": "KO", "quantity": 1, "price": 50})
            position = f"/v1/positions/{recorded.json()['id']}"
            assert is_late(client.delete(position))
            assert is_late(client.patch(position, json={"quantity": 2}))
        assert client.delete(position).status_code == 204
        assert client.delete(position).status_code == 404


def test_a_recommendation_read_from_the_stream_can_be_answered(running_service: RunningService) -> None:
    with running_service.client("fast-consumer") as client:
        path = a_portfolio(client)
        client.post(f"{path}/positions/import", files={"file": ("p.csv", CSV)}).raise_for_status()
        with standing_still(running_service, "projector"):
            client.post(f"{path}/rebalance", json={"force": True}).raise_for_status()
            made = eventually(lambda: from_the_stream(running_service, path))
            address = f"/v1/recommendations/{made}"
            assert is_late(client.get(address))
            assert is_late(client.post(f"{address}/accept", json={}))
        assert client.get(address).json()["status"] == "open"
        assert client.post(f"{address}/accept", json={}).json()["status"] == "accepted"


def from_the_stream(service: RunningService, path: str) -> str:
    """The id of the recommendation for a portfolio, as a consumer learns it."""
    subject = f"portfolio/{path.rsplit('/', 1)[1]}".encode()
    with service.redis() as redis:
        for _, fields in redis.xrange(STREAM):  # type: ignore[union-attr]
            if fields[b"subject"] == subject:
                content: dict[str, str] = json.loads(fields[b"data"])
                return content["recommendation_id"]
    return ""

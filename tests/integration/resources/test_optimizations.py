"""Optimisations over HTTP: asked for, followed, read, listed and cancelled."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from csv import DictReader
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar
from tests.support.optimizing import optimizing
from tests.support.service import Service
from tests.support.streams import redis_url
from tests.support.unruly_optimizer import HANGS

from api.resources import optimization_examples as examples
from application.caller import DEFAULT_SCOPES
from bootstrap import agent_parts
from bootstrap.settings import Settings

__all__ = ["redis_url"]
Body = dict[str, Any]
ROOT = Path(__file__).parents[3]
JOBS = "/v1/optimizations"
RETURNS = [[0.01, 0.004], [-0.02, 0.001], [0.015, -0.003], [0.005, 0.006], [-0.004, 0.002], [0.012, 0.0]]


def a_request(*methods: str, **given: Any) -> Body:
    return {
        "methods": list(methods) or ["MinVol", "EquiWeighted"],
        "assets": ["A", "B"],
        "returns": RETURNS,
        "periods_per_year": 12,
        **given,
    }


@pytest.fixture
def computing(service: Service, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Starts an agent; its processes hang over one of the methods."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr(agent_parts, "OPTIMIZER", "tests.support.unruly_optimizer")
    settings = replace(
        Settings(),
        database_url=service.database_url,
        redis_url=redis_url,
        optimization_max_seconds=300.0,
        optimization_processes=2,
    )
    return lambda: optimizing(settings)


async def asked(api: httpx.AsyncClient, *methods: str, headers: Body | None = None, **given: Any) -> Body:
    answer = await api.post(JOBS, json=a_request(*methods, **given), headers=headers)
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


async def until(api: httpx.AsyncClient, job: Body, *statuses: str, seconds: float = 30) -> Body:
    async with asyncio.timeout(seconds):
        while True:
            found = (await api.get(f"{JOBS}/{job['id']}")).json()
            if found["status"] in statuses:
                return dict(found)
            await asyncio.sleep(0.05)


def weights(job: Body, method: str) -> Body:
    return dict(job["results"][method]["weights"])


async def test_a_job_is_accepted_computed_and_read(api: httpx.AsyncClient, computing: Any) -> None:
    answer = await api.post(JOBS, json=a_request())
    assert answer.status_code == 202, answer.text
    job = answer.json()
    assert answer.headers["location"] == f"{JOBS}/{job['id']}"
    assert int(answer.headers["trimtab-position"]) > 0
    assert (job["status"], job["progress"]) == ("queued", 0)
    assert {method: told["status"] for method, told in job["results"].items()} == {
        "MinVol": "queued",
        "EquiWeighted": "queued",
    }
    async with computing():
        done = await until(api, job, "completed")
    assert done["progress"] == 1
    assert weights(done, "EquiWeighted") == {"A": 0.5, "B": 0.5}
    assert sum(weights(done, "MinVol").values()) == pytest.approx(1)
    assert done["results"]["MinVol"]["metrics"]["volatility"] > 0
    assert done["comparison"]["ranking"][0]["rank"] == 1
    assert done["inputs_hash"] == job["inputs_hash"]
    assert [asset["name"] for asset in done["assets"]] == ["A", "B"]
    assert done["request"]["assets"] == ["A", "B"]
    assert "returns" not in done["request"]
    assert "error" not in done["results"]["MinVol"]
    assert done["finished_at"] >= done["started_at"] >= done["created_at"]


async def test_the_example_is_what_the_service_answers(api: httpx.AsyncClient, computing: Any) -> None:
    async with computing():
        answer = await api.post(JOBS, json=examples.MOMENTS, headers={"Prefer": "wait=20"})
    assert answer.status_code == 202, answer.text
    done = answer.json()
    assert done.keys() == examples.COMPLETED.keys()
    for part in ("results", "comparison", "assets", "source", "risk_free_rate", "warnings", "code_version"):
        assert rounded(done[part]) == rounded(examples.COMPLETED[part]), part
    request = done["request"]
    for name, said in examples.COMPLETED["request"].items():
        found = request[name]
        shown = {key: found[key] for key in said} if isinstance(said, dict) else found
        assert shown == said, name


def rounded(told: Any) -> Any:
    """Figures as the example has them; how long it took is nobody's business."""
    if isinstance(told, dict):
        return {
            name: rounded(value) for name, value in told.items() if name not in ("compute_seconds", "best")
        }
    if isinstance(told, list):
        return [rounded(value) for value in told]
    return round(told, 6) if isinstance(told, float) else told


async def test_a_client_may_wait_for_the_end(api: httpx.AsyncClient, computing: Any) -> None:
    async with computing():
        answer = await api.post(JOBS, json=a_request(), headers={"Prefer": "wait=20"})
        assert answer.status_code == 202
        assert answer.json()["status"] == "completed"
        assert answer.headers["preference-applied"] == "wait=20"
        job = await asked(api, "MinVol", headers={"Prefer": "respond-async"})
        read = await api.get(f"{JOBS}/{job['id']}", headers={"Prefer": "wait=20"})
        assert read.json()["status"] == "completed"


async def test_the_same_key_asks_once(api: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    first = await api.post(JOBS, json=a_request(), headers=key)
    again = await api.post(JOBS, json=a_request(), headers=key)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == first.json()
    other = await api.post(JOBS, json=a_request("HRP"), headers=key)
    assert other.status_code == 422
    assert (await api.get(JOBS)).json()["total"] == 1


async def test_the_same_inputs_have_the_same_hash(api: httpx.AsyncClient) -> None:
    first, same = await asked(api), await asked(api)
    other = await asked(api, seed=8)
    assert first["inputs_hash"] == same["inputs_hash"] != other["inputs_hash"]
    assert first["dataset_hash"] == same["dataset_hash"] == other["dataset_hash"]


async def test_everything_that_is_wrong_is_said_and_nothing_is_recorded(api: httpx.AsyncClient) -> None:
    body = a_request("MVO", constraints={"min_weight": 0.9}, stocks=[{"ticker": "AAPL"}])
    answer = await api.post(JOBS, json=body)
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) >= 2
    assert (await api.post(JOBS, json=a_request("Astrology"))).status_code == 422
    assert (await api.get(JOBS)).json()["total"] == 0


async def test_limits_that_cannot_hold_are_refused_before_a_job_is_made(api: httpx.AsyncClient) -> None:
    answer = await api.post(JOBS, json=a_request(constraints={"max_weight": 0.3}))
    assert answer.status_code == 422, answer.text
    assert any(error["field"] == "constraints.max_weight" for error in answer.json()["errors"])
    assert (await api.get(JOBS)).json()["total"] == 0


async def test_a_method_that_cannot_be_computed_fails_alone(api: httpx.AsyncClient, computing: Any) -> None:
    async with computing():
        options = {"MVO": {"risk_free_rate": 0.9}}  # more than any mean
        job = await asked(api, "EquiWeighted", "MVO", options=options)
        done = await until(api, job, "completed")
    told = done["results"]["MVO"]
    assert told["status"] == "failed"
    assert told["weights"] is None
    assert told["error"]["code"] == "no_excess_return"
    assert done["results"]["EquiWeighted"]["status"] == "completed"
    assert done["comparison"]["failed"] == ["MVO"]


async def test_jobs_are_listed_and_found_again(api: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    first = await asked(api, "HRP")
    second = await asked(api, "MVO", "EquiWeighted")
    page = (await api.get(JOBS, params={"limit": 1})).json()
    assert ([one["id"] for one in page["optimizations"]], page["total"]) == ([second["id"]], 2)
    assert page["optimizations"][0]["results"]["MVO"] == {"status": "queued"}
    found = (await api.get(JOBS, params={"method": "HRP"})).json()["optimizations"]
    assert [one["id"] for one in found] == [first["id"]]
    assert (await api.get(JOBS, params={"status": "completed"})).json()["total"] == 0
    assert (await api.get(JOBS, params={"status": "done"})).status_code == 422
    assert (await stranger.get(JOBS)).json()["total"] == 0


async def test_a_job_of_another_tenant_is_not_found(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    job = await asked(api)
    path = f"{JOBS}/{job['id']}"
    for answer in (
        await stranger.get(path),
        await stranger.get(path, headers={"Accept": "text/event-stream"}),
        await stranger.get(f"{path}/events"),
        await stranger.delete(path),
        await api.get(f"{JOBS}/{uuid4()}"),
        await api.delete(f"{JOBS}/{uuid4()}"),
    ):
        assert answer.status_code == 404
    assert (await api.get(path)).json()["status"] == "queued"


async def test_it_takes_the_right_to_optimise(client_of: Any, api: httpx.AsyncClient) -> None:
    job = await asked(api)
    without = client_of("acme", DEFAULT_SCOPES - {"optimize"})
    for answer in (
        await without.get(JOBS),
        await without.post(JOBS, json=a_request()),
        await without.get(f"{JOBS}/{job['id']}"),
        await without.get(f"{JOBS}/{job['id']}/events"),
        await without.delete(f"{JOBS}/{job['id']}"),
    ):
        assert answer.status_code == 403


async def test_a_job_is_cancelled_and_what_is_done_stays(api: httpx.AsyncClient, computing: Any) -> None:
    async with computing():
        job = await asked(api, "EquiWeighted", HANGS)
        path = f"{JOBS}/{job['id']}"
        async with asyncio.timeout(30):
            while (await api.get(path)).json()["progress"] < 0.5:
                await asyncio.sleep(0.02)
        assert (await api.delete(path)).status_code == 204
        cancelled = (await api.get(path)).json()
    assert cancelled["status"] == "cancelled"
    assert {method: told["status"] for method, told in cancelled["results"].items()} == {
        "EquiWeighted": "completed",
        HANGS: "cancelled",
    }
    assert (await api.delete(path)).status_code == 204  # it is cancelled, as was asked


async def test_what_has_ended_cannot_be_cancelled(api: httpx.AsyncClient, computing: Any) -> None:
    async with computing():
        job = await asked(api, headers={"Prefer": "wait=20"})
    answer = await api.delete(f"{JOBS}/{job['id']}")
    assert (answer.status_code, answer.json()["error"]) == (409, "conflict")


async def test_weights_are_a_table_too(api: httpx.AsyncClient, computing: Any) -> None:
    async with computing():
        job = await asked(api, "MinVol", "HRP", headers={"Prefer": "wait=20"})
    path = f"{JOBS}/{job['id']}"
    rows = list(DictReader(StringIO((await api.get(path, headers={"Accept": "text/csv"})).text)))
    told = {(row["name"], row["other"]): float(row["value"]) for row in rows}
    assert told == {
        (name, asset): weight for name in job["methods"] for asset, weight in weights(job, name).items()
    }

    ranked = await api.get(path, params={"format": "csv", "table": "comparison.ranking"})
    assert [row["method"] for row in DictReader(StringIO(ranked.text))] == [
        one["method"] for one in job["comparison"]["ranking"]
    ]
    [listed] = DictReader(StringIO((await api.get(JOBS, headers={"Accept": "text/csv"})).text))
    assert (listed["id"], listed["status"]) == (job["id"], "completed")


async def test_a_read_is_cheap_while_nothing_changes(api: httpx.AsyncClient) -> None:
    job = await asked(api)
    first = await api.get(f"{JOBS}/{job['id']}")
    again = await api.get(f"{JOBS}/{job['id']}", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    await api.delete(f"{JOBS}/{job['id']}")
    changed = await api.get(f"{JOBS}/{job['id']}", headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200


class Listener:
    """Reads events as they come, over the application's own interface: the test client would wait for the end."""

    def __init__(self, app: Litestar, headers: Body, path: str) -> None:
        self._app = app
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        self._path = path
        self._left = asyncio.Event()
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.start: Body = {}

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Listener"]:
        task = asyncio.create_task(self._run())
        try:
            yield self
        finally:
            self._left.set()
            await asyncio.wait_for(task, 5)

    async def events(self) -> AsyncIterator[tuple[int, str, Body]]:
        buffer = b""
        while (chunk := await asyncio.wait_for(self._chunks.get(), 30)) is not None:
            buffer += chunk
            *blocks, buffer = buffer.split(b"\n\n")
            for block in blocks:
                fields = dict(line.split(b": ", 1) for line in block.split(b"\n") if b": " in line)
                if b"event" in fields:
                    yield int(fields[b"id"]), fields[b"event"].decode(), json.loads(fields[b"data"])

    async def _run(self) -> None:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": self._path,
            "raw_path": self._path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"api"), *self._headers],
            "client": ("127.0.0.1", 1),
            "server": ("api", 80),
            "extensions": {},
            "state": {},
        }
        sent = False

        async def receive() -> Body:
            nonlocal sent
            if not sent:
                sent = True
                return {"type": "http.request", "body": b"", "more_body": False}
            await self._left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.start = message
            elif message["type"] == "http.response.body":
                await self._chunks.put(message.get("body", b""))
                if not message.get("more_body"):  # servers say then that nobody listens any more
                    self._left.set()

        await self._app(scope, receive, send)  # type: ignore[arg-type]
        await self._chunks.put(None)

    def header(self, name: bytes) -> bytes:
        return dict(self.start["headers"])[name]


@pytest.mark.parametrize("way", ["events", "accept"])
async def test_a_job_is_followed_to_its_end(
    api: httpx.AsyncClient, app: Litestar, computing: Any, way: str
) -> None:
    job = await asked(api, "EquiWeighted", "MinVol")
    path = f"{JOBS}/{job['id']}" + ("/events" if way == "events" else "")
    headers = {**dict(api.headers), "accept": "text/event-stream"}
    async with Listener(app, headers, path).listening() as listener:
        told = []
        events = listener.events()
        told.append(await anext(events))
        async with computing():
            told += [event async for event in events]
    assert listener.header(b"content-type").startswith(b"text/event-stream")
    assert [event for _, event, _ in told[:-1]] == ["progress"] * (len(told) - 1)
    assert told[0][2]["status"] == "queued"
    _, last, data = told[-1]
    assert (last, data["status"], data["progress"]) == ("completed", "completed", 1)
    assert data["results"] == {"EquiWeighted": {"status": "completed"}, "MinVol": {"status": "completed"}}
    ids = [number for number, _, _ in told]
    assert ids == sorted(set(ids))


async def test_events_go_on_after_the_last_that_was_seen(api: httpx.AsyncClient, computing: Any) -> None:
    async with computing():
        job = await asked(api, "EquiWeighted", headers={"Prefer": "wait=20"})
    path = f"{JOBS}/{job['id']}/events"
    whole = await api.get(path)
    assert whole.text.count("event: ") == 1
    last = next(line for line in whole.text.splitlines() if line.startswith("id: ")).removeprefix("id: ")
    seen = await api.get(path, headers={"Last-Event-ID": last})
    assert (seen.status_code, seen.text) == (204, "")
    earlier = await api.get(path, headers={"Last-Event-ID": str(int(last) - 1)})
    assert "event: completed" in earlier.text


async def test_nobody_listens_on_after_the_client_went_away(api: httpx.AsyncClient, app: Litestar) -> None:
    job = await asked(api)
    async with Listener(app, dict(api.headers), f"{JOBS}/{job['id']}/events").listening() as listener:
        number, event, _ = await anext(listener.events())
        assert (event, number > 0) == ("progress", True)
    # Leaving the block says that the client went away, and waits until the application has ended.


async def test_a_head_request_does_not_wait_for_events(api: httpx.AsyncClient) -> None:
    job = await asked(api)
    answer = await asyncio.wait_for(api.head(f"{JOBS}/{job['id']}/events"), 5)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text == ""


async def test_what_a_portfolio_holds_takes_the_right_to_read_portfolios_too(client_of: Any) -> None:
    client = client_of("acme", frozenset({"optimize"}))

    answer = await client.post(
        "/v1/optimizations", json={"portfolio_id": str(uuid4()), "methods": ["MinVol"]}
    )

    assert answer.status_code == 403
    assert "portfolios:read" in answer.json()["detail"]

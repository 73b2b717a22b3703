"""PostgreSQL or Redis away while people sign in and read: a refusal that helps, and then everything as before."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from subprocess import Popen
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from tests.support.accounts import PASSWORD
from tests.support.api_process import ApiProcess, an_api
from tests.support.database import api_password
from tests.support.refusals import refused
from tests.support.servers import reachable_folder
from tests.support.stripe_server import WEBHOOK_SECRET, an_event, signed
from tests.support.waiting import eventually

from infrastructure.embedded.postgres_server import EmbeddedPostgres
from infrastructure.embedded.redis_server import EmbeddedRedis
from infrastructure.embedded.server import Server, start, stop
from infrastructure.postgres.migrate import migrate

READ = "/v1/portfolios"
SIGN_IN = "/v1/auth/login"
WEBHOOK = "/v1/billing/webhook"
WAIT = """
    create function public.wait() returns trigger language plpgsql security definer as
        $$begin perform pg_advisory_xact_lock(4711); return null; end$$;
    create constraint trigger wait after insert on identity.payment_event
        deferrable initially deferred for each row execute function public.wait()"""
PORTFOLIO = {"name": "Growth", "portfolio_type": "long_only"}


@dataclass
class Switchable:
    """A server that tests take away and bring back."""

    server: Server
    process: "Popen[bytes] | None" = None

    def on(self) -> str:
        self.process = start(self.server)
        return self.server.url()

    def off(self) -> None:
        if self.process is not None:
            stop(self.server, self.process)
        self.process = None

    @contextmanager
    def away(self) -> Iterator[None]:
        self.off()
        try:
            yield
        finally:
            self.on()


@dataclass
class Installation:
    """An API and the servers it needs, each of which can be taken away."""

    api: ApiProcess
    postgres: Switchable
    redis: Switchable

    def person(self) -> dict[str, str]:
        """What somebody signs in with who has just registered."""
        email = f"{uuid4()}@example.com"
        names = {"first_name": "Ann", "last_name": "Archer"}
        with self.api.client() as client:
            made = client.post("/v1/auth/register", json={"email": email, "password": PASSWORD, **names})
        assert made.status_code == 201, made.text
        return {"email": email, "password": PASSWORD}


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    with ExitStack() as stack:
        folder: Path = stack.enter_context(reachable_folder())
        postgres = Switchable(EmbeddedPostgres(folder / "postgres"))
        redis = Switchable(EmbeddedRedis(folder / "redis"))
        stack.callback(postgres.off)
        stack.callback(redis.off)
        database_url, redis_url = postgres.on(), redis.on()
        migrate(database_url, api_password=api_password(database_url))
        api = stack.enter_context(
            an_api(
                database_url, redis_url, STRIPE_WEBHOOK_SECRET=WEBHOOK_SECRET, LIMIT_AUTH_PER_MINUTE="1000"
            )
        )
        yield Installation(api, postgres, redis)


@pytest.fixture
def client(installation: Installation) -> Iterator[httpx.Client]:
    with installation.api.client_of("acme") as client:
        assert client.get(READ).status_code == 200
        yield client


@pytest.fixture
def anybody(installation: Installation) -> Iterator[httpx.Client]:
    with installation.api.client() as client:
        yield client


def unavailable(answer: httpx.Response) -> None:
    assert refused(answer, 503)["error"] == "service_unavailable"
    assert int(answer.headers["retry-after"]) > 0


def test_without_postgresql_everything_is_unavailable_and_recovers(
    installation: Installation, client: httpx.Client, anybody: httpx.Client
) -> None:
    person = installation.person()
    tokens = anybody.post(SIGN_IN, json={**person, "include_refresh_token": True}).json()
    kept = {"refresh_token": tokens["refresh_token"]}
    event, headers = signed(an_event(tenant="payer", event=f"evt_{uuid4()}"))
    guess = {"X-API-Key": f"tt_live_{uuid4().hex}{'k' * 11}"}

    def taken() -> bool:
        answer = anybody.post(WEBHOOK, content=event, headers=headers)
        return answer.status_code == 200 and bool(answer.json()["applied"])

    with installation.postgres.away(), ThreadPoolExecutor(8) as pool:  # each of them waits for a connection
        asked = (
            partial(client.get, READ),
            partial(client.post, READ, json=PORTFOLIO),
            partial(anybody.get, READ, headers=guess),
            partial(anybody.post, SIGN_IN, json=person),
            partial(anybody.post, SIGN_IN, json={**person, "password": "not the password"}),
            partial(anybody.post, "/v1/auth/refresh", json=kept),
            partial(anybody.post, WEBHOOK, content=event, headers=headers),
        )
        for answer in pool.map(lambda ask: ask(), asked):
            unavailable(answer)
    eventually(lambda: client.get(READ).status_code == 200, seconds=30, every=0.1)
    eventually(lambda: anybody.post(SIGN_IN, json=person).status_code == 200, seconds=30, every=0.1)
    assert anybody.post("/v1/auth/refresh", json=kept).status_code == 200
    eventually(taken, seconds=30, every=0.1)


def test_without_redis_reading_goes_on(installation: Installation, client: httpx.Client) -> None:
    with installation.redis.away():
        assert client.get(READ).status_code == 200
        assert client.post(READ, json=PORTFOLIO).status_code == 201
    assert client.get(READ).status_code == 200


def test_without_redis_nobody_signs_in_and_then_they_do(
    installation: Installation, anybody: httpx.Client
) -> None:
    person = installation.person()
    with installation.redis.away():
        unavailable(anybody.post(SIGN_IN, json=person))
    eventually(lambda: anybody.post(SIGN_IN, json=person).status_code == 200, seconds=30, every=0.1)


def test_an_event_is_applied_once_though_the_answer_was_lost(
    installation: Installation, anybody: httpx.Client
) -> None:
    content, headers = signed(an_event(tenant="loser", event="evt_lost"))
    with installation.api.database() as database:
        with database.transaction():
            database.execute("lock table identity.subscription in access exclusive mode")
            with suppress(httpx.TransportError), installation.api.client() as impatient:
                impatient.post(WEBHOOK, content=content, headers=headers, timeout=0.5)
        known = "select count(*) from identity.payment_event where event_id = 'evt_lost'"
        eventually(lambda: database.execute(known).fetchone() == (1,), seconds=5, every=0.05)
    answer = anybody.post(WEBHOOK, content=content, headers=headers)
    assert answer.json() == {"received": True, "applied": False, "reason": "replayed"}


def test_an_event_is_applied_once_though_the_api_is_killed_between_commit_and_answer(
    installation: Installation,
) -> None:
    api = installation.api
    content, headers = signed(an_event(tenant="killed", event="evt_killed", subscription="sub_killed"))

    def deliver() -> None:
        with suppress(httpx.TransportError), api.client() as stripe:
            stripe.post(WEBHOOK, content=content, headers=headers)

    with api.database() as database, ThreadPoolExecutor(1) as pool:
        with commits_that_wait(database) as waiting:
            delivery = pool.submit(deliver)
            eventually(waiting)
            os.kill(api.process.pid, signal.SIGSTOP)  # it cannot read that its commit is done
        known = "select count(*) from identity.payment_event where event_id = 'evt_killed'"
        eventually(lambda: database.execute(known).fetchone() == (1,))
        api.kill()
        delivery.result()
        api.start()
        with api.client() as stripe:
            again = stripe.post(WEBHOOK, content=content, headers=headers)
        assert again.json() == {"received": True, "applied": False, "reason": "replayed"}
        changes = "select count(*) from identity.audit where tenant_id = 'killed'"
        assert database.execute(changes).fetchone() == (1,)


@contextmanager
def commits_that_wait(database: psycopg.Connection[Any]) -> Iterator[Callable[[], bool]]:
    """Keep commits of payment events waiting inside the block; yields whether one does."""
    database.execute(WAIT)
    database.execute("select pg_advisory_lock(4711)")

    def waiting() -> bool:
        row = database.execute(
            "select count(*) from pg_locks where locktype = 'advisory' and objid = 4711 and not granted"
        ).fetchone()
        return row == (1,)

    try:
        yield waiting
    finally:
        database.execute("select pg_advisory_unlock(4711)")

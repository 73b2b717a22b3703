"""The event sourcing library with its defaults: its recorder, and its projection runner."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid4

from eventsourcing.application import Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import StoredEvent, Tracking
from eventsourcing.postgres import (
    PostgresApplicationRecorder,
    PostgresDatastore,
    PostgresFactory,
    PostgresTrackingRecorder,
)
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.utils import Environment
from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb

POLICY = {"to": "edge", "whole_shares": True, "min_trade_value": "0", "cash_buffer": "0"}


def environment(database_url: str) -> dict[str, str]:
    """What the library is told: where PostgreSQL is, and nothing else."""
    parts = urlsplit(database_url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": parts.path.lstrip("/"),
        "POSTGRES_HOST": parts.hostname or "",
        "POSTGRES_PORT": str(parts.port or 5432),
        "POSTGRES_USER": unquote(parts.username or ""),
        "POSTGRES_PASSWORD": unquote(parts.password or ""),
    }


@contextmanager
def recorder(database_url: str) -> Iterator[PostgresApplicationRecorder]:
    """The recorder of an application."""
    with PostgresFactory(Environment("Library", environment(database_url))) as factory:
        made = factory.application_recorder()
        assert isinstance(made, PostgresApplicationRecorder)
        yield made


def stored_events(number: int, state: bytes) -> list[StoredEvent]:
    """First events of as many streams, encoded already."""
    return [
        StoredEvent(originator_id=uuid4(), originator_version=1, topic="portfolio.registered", state=state)
        for _ in range(number)
    ]


class Folio(Aggregate):
    """A portfolio with the same fields as ours."""

    @event("Registered")
    def __init__(
        self,
        tenant_id: str,
        name: str,
        portfolio_type: str,
        currency: str,
        inception_date: str,
        benchmark_ticker: str,
        rebalance_threshold: Decimal,
        metadata: dict[str, str],
        description: str,
        rebalance_policy: dict[str, Any],
    ) -> None:
        self.name = name

    @event("Renamed")
    def rename(self, name: str) -> None:
        """Give it another name."""
        self.name = name


class Folios(Application[UUID]):
    """The application whose events are projected."""


class FolioTable(PostgresTrackingRecorder):
    """The rows, written in one transaction with how far they go."""

    def __init__(self, datastore: PostgresDatastore, **given: Any) -> None:
        super().__init__(datastore, **given)
        self.check_identifier_length("folio")
        table = SQL("{0}.{1}").format(Identifier(datastore.schema), Identifier("folio"))
        self.sql_create_statements.append(
            SQL(
                "create table if not exists {0} (tenant_id text, portfolio_id uuid primary key, name text,"
                " portfolio_type text, currency text, description text, benchmark_ticker text,"
                " inception_date date, rebalance_threshold numeric, metadata jsonb, rebalance_policy jsonb,"
                " is_active boolean, created_at timestamptz, version bigint)"
            ).format(table)
        )
        self._insert = SQL(
            "insert into {0} values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, true, %s, %s)"
        ).format(table)
        self._rename = SQL("update {0} set name = %s, version = %s where portfolio_id = %s").format(table)

    def insert(self, row: tuple[Any, ...], tracking: Tracking) -> None:
        """Write a new row."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(self._insert, row, prepare=True)

    def rename(self, name: str, version: int, folio: UUID, tracking: Tracking) -> None:
        """Change a row."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(self._rename, (name, version, folio), prepare=True)


class FolioProjection(Projection[FolioTable]):
    """From events to rows, one at a time, as the library does it."""

    last = 0
    done = threading.Event()

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """Look at one event."""

    @process_event.register
    def _(self, fact: Folio.Registered, tracking: Tracking) -> None:  # type: ignore[name-defined]
        said = fact.__dict__
        row = (
            *(said[name] for name in ("tenant_id", "originator_id", "name", "portfolio_type", "currency")),
            *(said[name] for name in ("description", "benchmark_ticker", "inception_date")),
            *(said["rebalance_threshold"], Jsonb(said["metadata"]), Jsonb(said["rebalance_policy"])),
            *(fact.timestamp, fact.originator_version),
        )
        self.view.insert(row, tracking)
        self._note(tracking)

    @process_event.register
    def _(self, fact: Folio.Renamed, tracking: Tracking) -> None:  # type: ignore[name-defined]
        self.view.rename(fact.name, fact.originator_version, fact.originator_id, tracking)
        self._note(tracking)

    def _note(self, tracking: Tracking) -> None:
        if tracking.notification_id >= type(self).last:
            type(self).done.set()


def record(database_url: str, events: int) -> int:
    """Record that many events, each portfolio renamed four times, and return the last one's number."""
    app = Folios(environment(database_url))
    last = 0
    for first in range(0, events // 5, 100):
        folios = [_renamed(number) for number in range(first, min(first + 100, events // 5))]
        last = max(recording.notification.id for recording in app.save(*folios))
    app.close()
    return last


def project(database_url: str, last: int) -> float:
    """Project the events that were recorded; return how many seconds it took to see the last one."""
    FolioProjection.last = last
    FolioProjection.done.clear()
    started = time.perf_counter()
    with ProjectionRunner(
        application_class=Folios,
        projection_class=FolioProjection,
        view_class=FolioTable,
        env=environment(database_url),
    ):
        assert FolioProjection.done.wait(300), "the library did not get there"
        return time.perf_counter() - started


def _renamed(number: int) -> Folio:
    folio = Folio(
        tenant_id="acme",
        name=f"Portfolio {number}",
        portfolio_type="long_only",
        currency="USD",
        inception_date=date(2024, 1, 2).isoformat(),
        benchmark_ticker="SPY",
        rebalance_threshold=Decimal("0.05"),
        metadata={"desk": "bench"},
        description="One of many.",
        rebalance_policy=POLICY,
    )
    for edition in range(4):
        folio.rename(f"Portfolio {number}, edition {edition}")
    return folio

"""Gathers after a storm what the checks compare: by the API what clients see, by SQL and Redis what is stored."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import psycopg
from psycopg import Connection
from redis.exceptions import RedisError
from tests.fault.checks import (
    Entry,
    Recommended,
    Seen,
    differences,
    figure_faults,
    recommendation_faults,
    stream_faults,
    unanswered,
    unequal_sets,
)
from tests.fault.oracle import Lot, Oracle, Weights
from tests.support.running import RunningService
from tests.support.waiting import eventually

from projections.published.catalogue import CATALOGUE, MARKET_IMPORTED, PORTFOLIO_EVENTS, STREAMS

QUIET_SECONDS = 90.0
GROUPS = {
    PORTFOLIO_EVENTS: {b"rebalance", b"risk", b"attribution"},
    MARKET_IMPORTED: {b"repricing"},
}
"""Who has to have read what."""


def wait_until_quiet(service: RunningService) -> None:
    """Wait until everything runs and nobody has anything left to do."""
    try:
        eventually(lambda: not _busy(service), seconds=QUIET_SECONDS, every=0.25)
    except AssertionError:
        raise AssertionError(
            f"not quiet after {QUIET_SECONDS} s: {_busy(service)}\n{service.output()[-5_000:]}"
        ) from None


def _busy(service: RunningService) -> str:
    """Say who still has something to do."""
    if not service.healthy():
        return f"not healthy; {', '.join(service.processes())} run"
    try:
        before = service.status()
        with service.redis() as redis:
            waiting = [fault for stream in GROUPS for fault in _waiting(redis, stream)]
        after = service.status()
    except (psycopg.Error, RedisError) as failure:
        return repr(failure)
    idle = before.position == after.position and not waiting
    lags = [one.lag_events for one in after.projections] + [after.relay.lag_events]
    return "" if idle and not any(lags) else f"{after}, {waiting}"


def _waiting(redis: Any, stream: str) -> Iterator[str]:
    """Say which agents have messages in hand, or have not been handed the last one."""
    if not redis.exists(stream):
        return
    last = redis.xinfo_stream(stream)["last-generated-id"]
    groups = {group["name"]: group for group in redis.xinfo_groups(stream)}
    for name in GROUPS[stream]:
        group = groups.get(name)  # none where Redis was emptied, and the agent has not noticed yet
        if group is None or group["pending"] or group["last-delivered-id"] != last:
            yield f"{name.decode()} has not read {stream}"


def faults(service: RunningService, oracle: Oracle) -> list[str]:
    """Everything that is wrong after a storm."""
    return [
        *oracle.surprises,
        *_compared(service, oracle),
        *_streams(service),
        *_log(service),
        *_rebuilt(service),
    ]


def _compared(service: RunningService, oracle: Oracle) -> Iterator[str]:
    with service.database() as database:
        events = _events_by_portfolio(database)
        recommended, requests = _recommended(database), _forced(database)
    statuses: dict[str, tuple[UUID, str]] = {}
    for tenant in sorted({known.tenant for known in oracle.portfolios.values()}):
        with service.client(tenant) as http:
            ids = [
                UUID(one["portfolio_id"])
                for one in _all(http, "/v1/portfolios?include_archived=true", "portfolios")
            ]
            yield from unequal_sets("portfolio", (one.portfolio_id for one in oracle.of_tenant(tenant)), ids)
            for known in oracle.of_tenant(tenant):
                if known.portfolio_id in ids:
                    seen = _seen(http, known.portfolio_id, events[known.portfolio_id])
                    statuses |= {
                        one: (known.portfolio_id, told) for one, told in seen.recommendations.items()
                    }
                    yield from differences(known, seen)
    yield from recommendation_faults(recommended, statuses)
    yield from _figures(service, oracle)
    lasting = {known.portfolio_id for known in oracle.portfolios.values() if not known.was_archived}
    yield from unanswered(
        {one: position for one, position in requests.items() if one in lasting}, recommended
    )


def _seen(http: httpx.Client, portfolio_id: UUID, events: Counter[str]) -> Seen:
    path = f"/v1/portfolios/{portfolio_id}"
    portfolio = _get(http, path)["portfolio"]
    return Seen(
        portfolio_id=portfolio_id,
        fields={name: portfolio[name] for name in ("name", "description")},
        is_active=portfolio["is_active"],
        cash_balance=Decimal(str(portfolio["cash_balance"])),
        lots={
            (one["account"], one["ticker"]): _lot(one) for one in _all(http, f"{path}/positions", "positions")
        },
        targets={one["bucket"]: _weights(one) for one in _get(http, f"{path}/allocations")["allocations"]},
        recommendations={
            one["id"]: one["status"] for one in _all(http, f"{path}/recommendations", "recommendations")
        },
        events=events,
    )


def _lot(row: dict[str, Any]) -> Lot:
    return Lot(*(Decimal(str(row[name])) for name in ("quantity", "avg_cost_price", "current_price")))


def _weights(row: dict[str, Any]) -> Weights:
    return Weights(*(Decimal(str(row[name])) for name in ("target_weight", "min_weight", "max_weight")))


def _events_by_portfolio(database: Connection[Any]) -> dict[UUID, Counter[str]]:
    rows = database.execute(
        "select coalesce(state ->> 'portfolio_id', originator_id::text)::uuid, topic, count(*)"
        " from events.event group by 1, 2"
    )
    found: dict[UUID, Counter[str]] = defaultdict(Counter)
    for portfolio_id, topic, count in rows:
        found[portfolio_id][topic] = count
    return found


def _recommended(database: Connection[Any]) -> list[Recommended]:
    rows = database.execute(
        "select r ->> 'portfolio_id', r ->> 'id', r ->> 'source_position' from ("
        " select state -> 'recommendation' as r, position from events.event"
        "  where topic = 'rebalancing.recommended') made order by position"
    )
    return [Recommended(UUID(portfolio), made, int(source)) for portfolio, made, source in rows]


def _figures(service: RunningService, oracle: Oracle) -> Iterator[str]:
    lasting = [known.portfolio_id for known in oracle.portfolios.values() if not known.was_archived]
    with service.database() as database:
        asked = database.execute(
            "select (e.state ->> 'portfolio_id')::uuid, max(e.position) from events.event e"
            "  join read.portfolio p on p.portfolio_id = (e.state ->> 'portfolio_id')::uuid"
            " where p.portfolio_id = any(%s) and p.position_count > 0 and (e.topic = any(%s)"
            "    or e.topic = 'holdings.positions-changed' and e.state ->> 'import_id' is null"
            "    or e.topic = 'analysis.requested' and e.state ->> 'kinds' like '%%risk%%')"
            " group by 1",
            (lasting, ["holdings.positions-imported", "holdings.import-reverted", "holdings.cash-moved"]),
        ).fetchall()
        answers = database.execute(
            "select (state ->> 'portfolio_id')::uuid, (state ->> 'source_position')::bigint from events.event"
            " where topic = 'risk.computed' order by position"
        ).fetchall()
    yield from figure_faults(dict(asked), answers)


def _forced(database: Connection[Any]) -> dict[UUID, int]:
    rows = database.execute(
        "select originator_id, max(position) from events.event"
        " where topic = 'portfolio.rebalance-requested' and (state ->> 'force')::boolean group by 1"
    )
    return dict(rows.fetchall())


def _streams(service: RunningService) -> Iterator[str]:
    with service.database() as database, service.redis() as redis:
        for stream in STREAMS:
            types = {one.topic: one.event_type for one in CATALOGUE if one.stream == stream.name}
            rows = database.execute(
                "select position, event_id::text, topic, case when topic like 'market.%%'"
                " then 'market/' || tenant_id else 'portfolio/' || coalesce(state ->> 'portfolio_id',"
                " state -> 'recommendation' ->> 'portfolio_id', state -> 'hold_back' ->> 'portfolio_id',"
                " originator_id::text) end from events.event where topic = any(%s) order by position",
                (list(types),),
            )
            events = [Entry(at, event, types[topic], of) for at, event, topic, of in rows]
            entries = [_entry(one, fields) for one, fields in redis.xrange(stream.name)]  # type: ignore[union-attr]
            yield from stream_faults(stream.name, entries, events)
            if events and entries and entries[0].position > events[0].position:
                yield f"{stream.name} begins at {entries[0].position}, though nothing is old enough to be trimmed"


def _entry(entry_id: bytes, fields: dict[bytes, bytes]) -> Entry:
    position, _, part = entry_id.decode().partition("-")
    number = int(position) if part == "0" else -1
    return Entry(number, *(fields[name].decode() for name in (b"id", b"type", b"subject")))


def _log(service: RunningService) -> Iterator[str]:
    with service.database() as database:
        (tampered,) = database.execute("select events.first_tampered()").fetchone() or ("nobody looked",)
        if tampered is not None:
            yield f"the hash chain is broken at {tampered}"
        for name, at, topic, error in database.execute(
            "select projection, position, topic, error from read.dead_letter"
        ):
            yield f"{name} could not digest {topic} at {at}: {error}"
    with service.redis() as redis:
        for stream in redis.scan_iter(match="pm:dead:*"):
            for letter, fields in redis.xrange(stream):  # type: ignore[union-attr]
                yield f"{stream.decode()} holds {letter.decode()}: {fields.get(b'deaderror', b'').decode()}"


def _rebuilt(service: RunningService) -> Iterator[str]:
    for projection in service.trimtab_json("projections", "list"):
        name = projection["name"]
        different = service.trimtab_json("projections", "rebuild", name)["rows_different"]
        yield from (
            f"{name}: {rows} rows of {table} differ after a rebuild"
            for table, rows in different.items()
            if rows
        )


def _get(http: httpx.Client, path: str) -> Any:
    return http.get(path).raise_for_status().json()


def _all(http: httpx.Client, path: str, name: str) -> Iterator[dict[str, Any]]:
    """Every row of a list, page by page."""
    offset, total = 0, 1
    while offset < total:
        page = _get(http, f"{path}{'&' if '?' in path else '?'}limit=200&offset={offset}")
        yield from page[name]
        offset, total = offset + 200, page["total"]

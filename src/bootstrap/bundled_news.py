"""What a newer edition of the bundled data changes, told as imports of files are: one event for each kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, LiteralString
from uuid import UUID, uuid4

from domain.market import SHARED, Kind, market_id, market_of

if TYPE_CHECKING:
    from psycopg import Connection

ACTOR: Final = "trimtab migrate"

# Each query answers with one row: how many rows of an import say something new, how many of them revise, their first
# and last day, the listings concerned and the names. What earlier imports of the shared set said is what was known.
BARS: LiteralString = """
with told as (
    select b.listing_id, e.day, e.close
      from market.bars b cross join lateral unnest(b.days, b.close) e (day, close)
     where b.owner = '*' and b.sequence = %(sequence)s
), known as (
    select distinct on (b.listing_id, e.day) b.listing_id, e.day, e.close
      from market.bars b cross join lateral unnest(b.days, b.close) e (day, close)
     where b.owner = '*' and b.sequence < %(sequence)s
     order by b.listing_id, e.day, b.sequence desc, b.whole desc
)
select count(*), count(k.day), min(t.day), max(t.day), array_agg(distinct l.listing_id), array_agg(distinct l.ticker)
  from told t left join known k using (listing_id, day) join market.listing l using (listing_id)
 where t.close is distinct from k.close"""

NAMES: LiteralString = """
with told as (
    select d.listing_id, d.sequence, '' as alias, concat_ws('|', d.name, d.isin, d.sector, d.geography, d.kind) as said
      from market.description d where d.owner = '*' and d.sequence <= %(sequence)s
    union all
    select a.listing_id, a.sequence, a.alias, coalesce(a.note, '')
      from market.alias a where a.owner = '*' and a.sequence <= %(sequence)s
), followed as (
    select *, lag(said) over (partition by listing_id, alias order by sequence) as known from told
)
select count(*), count(f.known), null::date, null::date, array_agg(distinct l.listing_id),
       array_agg(distinct l.ticker)
  from followed f join market.listing l using (listing_id)
 where f.sequence = %(sequence)s and f.said is distinct from f.known"""

FACTORS: LiteralString = """
with followed as (
    select factor_name, day, sequence, value,
           lag(value) over (partition by factor_name, day order by sequence) as known
      from market.factor where owner = '*' and sequence <= %(sequence)s
)
select count(*), count(known), min(day), max(day), null, array_agg(distinct factor_name)
  from followed where sequence = %(sequence)s and value is distinct from known"""

MEMBERS: LiteralString = """
with followed as (
    select benchmark, day, ticker, sequence, concat_ws('|', weight, sector, listing_id) as said,
           lag(concat_ws('|', weight, sector, listing_id)) over (
               partition by benchmark, day, ticker order by sequence) as known
      from market.constituents where owner = '*' and sequence <= %(sequence)s
)
select count(*), count(known), min(day), max(day), null, array_agg(distinct ticker)
  from followed where sequence = %(sequence)s and said is distinct from known"""

CHANGES: Final[dict[str, LiteralString]] = {
    "instruments": NAMES,
    "prices": BARS,
    "factors": FACTORS,
    "constituents": MEMBERS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What the rows of an import say that was not known: how many are new or differ, how many differ, and of whom."""

    rows: int
    revised: int = 0
    start: date | None = None
    end: date | None = None
    listing_ids: Sequence[int] = ()
    names: Sequence[str] = ()

    @property
    def counts(self) -> tuple[int, int]:
        """Rows that are new or differ, and how many of them differ."""
        return self.rows, self.revised


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """An import of one kind that is in the tables."""

    import_id: UUID
    kind: Kind
    sequence: int
    recorded_at: datetime
    changes: Changes


def has_past(connection: "Connection[Any]") -> bool:
    """Whether anybody can have computed with something else: there are events, or shared data of an earlier edition.

    Comparing takes a second, which the first start of a new database need not wait for.
    """
    question = (
        "select exists (select from events.event) or exists (select from market.import where owner = '*')"
    )
    return connection.execute(question).fetchone() == (True,)


def changes_of(connection: "Connection[Any]", kind: Kind, sequence: int) -> Changes:
    """Compare what an import of the shared set brought with what was known before it."""
    found = connection.execute(CHANGES[kind], {"sequence": sequence}).fetchone()
    assert found is not None
    rows, revised, start, end, listing_ids, names = found
    return Changes(
        rows=rows, revised=revised, start=start, end=end, listing_ids=listing_ids or (), names=names or ()
    )


def tell(
    connection: "Connection[Any]", loaded: Sequence[Loaded], *, source: str, filename: str, benchmark: str
) -> None:
    """Append an event for each import that changed something; the last step, as the event store is locked from here.

    Read models and agents follow these events as they follow those of a file.
    """
    from application.caller import Caller  # none of it is needed where nothing is told
    from application.ledger import Append
    from infrastructure.eventstore.append import APPEND, batch_of

    news = [one for one in loaded if one.changes.rows]
    if not news:
        return
    version = connection.execute(
        "select coalesce(max(originator_version), 0) from events.event where originator_id = %s",
        (market_id(SHARED),),
    ).fetchone()
    assert version is not None
    market = market_of(SHARED, version[0], at=news[0].recorded_at)
    for one in news:
        market.tell(
            one.kind,
            at=one.recorded_at,
            import_id=one.import_id,
            sequence=one.sequence,
            source=source,
            filename=filename,
            sha256="",
            rows=one.changes.rows,
            revised=one.changes.revised,
            start=one.changes.start,
            end=one.changes.end,
            **_concerned(one, benchmark),
        )
    caller = Caller(
        tenant=SHARED,
        actor=ACTOR,
        scopes=frozenset(),
        correlation_id=uuid4().hex,
        causation_id=None,
        traceparent=None,
    )
    connection.execute(APPEND, batch_of([Append(caller=caller, events=list(market.pending_events))]))


def _concerned(one: Loaded, benchmark: str) -> dict[str, Any]:
    changes = one.changes
    if one.kind == "factors":
        return {"factor_names": list(changes.names)}
    if one.kind == "constituents":
        return {"benchmark": benchmark, "tickers": list(changes.names)}
    return {"listing_ids": list(changes.listing_ids), "tickers": list(changes.names)}

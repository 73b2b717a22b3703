from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import jsonschema  # type: ignore[import-untyped]
import msgspec
import pytest
from tests.support.streams import a_portfolio

from bootstrap.ledger import AGGREGATES
from domain.market import market_of
from domain.optimization import JobFailure, OptimizationAsked, OptimizationJob
from domain.policy import RebalanceOptions
from domain.rebalancing import Rebalancing, Recommendation, RecommendedTrade
from infrastructure.eventstore.codec import aggregates_in, events_of
from projections.published.catalogue import (
    ATTRIBUTION_COMPUTED,
    CATALOGUE,
    FACTORS_COMPUTED,
    MARKET_IMPORTED,
    OPTIMIZATION_FINISHED,
    OPTIMIZATION_PROGRESS,
    OPTIMIZATION_REQUESTED,
    PORTFOLIO_EVENTS,
    REBALANCE_DECIDED,
    REBALANCE_HELD_BACK,
    REBALANCE_RECOMMENDED,
    RISK_COMPUTED,
    STREAMS,
    UNPUBLISHED,
    UnknownTopic,
    published,
)
from projections.published.cloudevents import CloudEvents, Entry
from projections.published.documents import asyncapi, schema, schema_index

NOW = datetime(2026, 3, 26, 8, tzinfo=UTC)
RECOMMENDED = "pm.rebalance.recommended.v1"


def every_topic() -> set[str]:
    return {event.TOPIC for aggregate in aggregates_in(*AGGREGATES) for event in events_of(aggregate)}


def an_entry_of(event: Any, **given: Any) -> Entry:
    envelope: dict[str, Any] = {
        "position": 7,
        "event_id": uuid4(),
        "tenant_id": "tenant-a",
        "topic": type(event).TOPIC,
        "correlation_id": "correlation",
        "causation_id": None,
        "traceparent": None,
        "effective_at": NOW,
        "recorded_at": NOW,
        "event": lambda: event,
    }
    entry = CloudEvents().entry(SimpleNamespace(**(envelope | given)))  # type: ignore[arg-type]
    assert entry is not None
    return entry


def a_recommendation(**given: Any) -> Recommendation:
    trade = RecommendedTrade(
        ticker="AAPL",
        instrument_id=uuid4(),
        position_id=uuid4(),
        account="",
        side="sell",
        quantity=Decimal("0.123456"),
        estimated_price=Decimal("100.10"),
        value=Decimal("12.36"),
        cost=Decimal(0),
    )
    weight = {
        "allocation_type": "sector",
        "bucket": "technology",
        "actual_weight": "0.3333333333333333333333333333",
        "target_weight": "0.25",
        "drift": "0.08",
        "status": "above",
    }
    facts: dict[str, Any] = {
        "id": uuid4(),
        "portfolio_id": uuid4(),
        "currency": "USD",
        "total_value": Decimal("1000.10"),
        "reasons": [
            {**weight, "threshold": "0.05", "explanation": "words"},
            {"trigger": ["x"], "explanation": "y"},
        ],
        "trades": [trade],
        "turnover_one_way": Decimal("0.01"),
        "turnover_two_way": Decimal("0.02"),
        "residual_cash": Decimal("0.1"),
        "before": [weight],
        "after": [weight],
        "binding_constraints": [],
        "conflicts": [{"allocations": ["a"], "explanation": "b", "least_relaxation": {"a": "0.1"}}],
        "excluded": [],
        "solver": "lp",
        "policy": msgspec.to_builtins(RebalanceOptions()),
        "policy_version": 3,
        "forced": False,
        "state_hash": "hash",
        "source_position": 6,
        "prices_as_of": "2026-03-25",
        "expires_at": NOW,
    }
    return Recommendation(**(facts | given))


def a_recommended(recommendation: Recommendation) -> Any:
    stream = Rebalancing.start(
        Rebalancing.Started,
        id=uuid4(),
        tenant_id="tenant-a",
        portfolio_id=recommendation.portfolio_id,
        effective_at=NOW,
    )
    stream.recommend(recommendation, at=NOW)
    return stream.pending_events[-1]


def test_every_event_is_published_or_deliberately_is_not() -> None:
    routed = {kind.topic for kind in CATALOGUE}
    assert routed | UNPUBLISHED == every_topic()
    assert not routed & UNPUBLISHED


def test_an_event_of_a_newer_version_is_not_passed_over_in_silence() -> None:
    with pytest.raises(UnknownTopic):
        published("portfolio.something-new")


def test_types_and_streams_never_change_their_names() -> None:
    assert {kind.event_type: kind.stream for kind in CATALOGUE} == {
        "pm.portfolio.registered.v1": PORTFOLIO_EVENTS,
        "pm.portfolio.revised.v1": PORTFOLIO_EVENTS,
        "pm.portfolio.archived.v1": PORTFOLIO_EVENTS,
        "pm.portfolio.restored.v1": PORTFOLIO_EVENTS,
        "pm.portfolio.target-set.v1": PORTFOLIO_EVENTS,
        "pm.portfolio.target-removed.v1": PORTFOLIO_EVENTS,
        "pm.portfolio.rebalance-requested.v1": PORTFOLIO_EVENTS,
        "pm.holdings.started.v1": PORTFOLIO_EVENTS,
        "pm.holdings.positions-changed.v1": PORTFOLIO_EVENTS,
        "pm.holdings.positions-imported.v1": PORTFOLIO_EVENTS,
        "pm.holdings.import-reverted.v1": PORTFOLIO_EVENTS,
        "pm.holdings.cash-moved.v1": PORTFOLIO_EVENTS,
        "pm.rebalance.recommended.v1": REBALANCE_RECOMMENDED,
        "pm.rebalance.accepted.v1": REBALANCE_DECIDED,
        "pm.rebalance.declined.v1": REBALANCE_DECIDED,
        "pm.rebalance.lapsed.v1": REBALANCE_DECIDED,
        "pm.rebalance.held-back.v1": REBALANCE_HELD_BACK,
        "pm.analysis.requested.v1": PORTFOLIO_EVENTS,
        "pm.risk.computed.v1": RISK_COMPUTED,
        "pm.factors.computed.v1": FACTORS_COMPUTED,
        "pm.attribution.computed.v1": ATTRIBUTION_COMPUTED,
        "pm.market.actions-imported.v1": MARKET_IMPORTED,
        "pm.market.constituents-set.v1": MARKET_IMPORTED,
        "pm.market.factors-imported.v1": MARKET_IMPORTED,
        "pm.market.fx-imported.v1": MARKET_IMPORTED,
        "pm.market.instruments-imported.v1": MARKET_IMPORTED,
        "pm.market.prices-imported.v1": MARKET_IMPORTED,
        "pm.market.rates-imported.v1": MARKET_IMPORTED,
        "pm.optimization.requested.v1": OPTIMIZATION_REQUESTED,
        "pm.optimization.started.v1": OPTIMIZATION_PROGRESS,
        "pm.optimization.method-finished.v1": OPTIMIZATION_PROGRESS,
        "pm.optimization.completed.v1": OPTIMIZATION_FINISHED,
        "pm.optimization.failed.v1": OPTIMIZATION_FINISHED,
        "pm.optimization.cancelled.v1": OPTIMIZATION_FINISHED,
    }
    assert [stream.name for stream in STREAMS if stream.kept] == ["pm:rebalance:recommended"]


def test_a_recommendation_is_told_in_exact_numbers_without_our_bookkeeping() -> None:
    recommendation = a_recommendation()
    entry = an_entry_of(a_recommended(recommendation))
    data = entry.fields["data"]
    assert b'"actual_weight":0.3333333333333333333333333333,' in data
    assert b'"quantity":0.123456,' in data
    assert b'"least_relaxation":{"a":0.1}' in data
    told = msgspec.json.decode(data)
    assert told["recommendation_id"] == told["id"] == str(recommendation.id)
    assert told["status"] == "open"
    assert not {"state_hash", "source_position"} & told.keys()
    assert entry.fields["subject"] == f"portfolio/{recommendation.portfolio_id}".encode()


def test_what_is_sent_fits_its_schema() -> None:
    data = msgspec.json.decode(an_entry_of(a_recommended(a_recommendation())).fields["data"])
    described = schema(RECOMMENDED)
    assert described is not None
    jsonschema.Draft202012Validator.check_schema(described)
    jsonschema.validate(data, described)
    del data["trades"][0]["side"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, described)


def test_a_revision_tells_only_what_changed() -> None:
    portfolio = a_portfolio()
    portfolio.revise({"rebalance_threshold": Decimal("0.08")}, at=NOW)
    revision = portfolio.pending_events[-1]
    data = msgspec.json.decode(an_entry_of(revision).fields["data"])
    assert data["changes"] == {"rebalance_threshold": 0.08}
    assert data["portfolio_id"] == str(portfolio.id)


def test_an_absent_cause_is_no_attribute() -> None:
    event = a_recommended(a_recommendation())
    assert "causationid" not in an_entry_of(event).fields
    assert an_entry_of(event, causation_id="cause").fields["causationid"] == b"cause"


@pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.event_type)
def test_every_type_has_a_schema_of_its_own(kind: Any) -> None:
    described = schema(kind.event_type)
    assert described is not None
    jsonschema.Draft202012Validator.check_schema(described)
    assert described["$id"] == f"/v1/schemas/{kind.event_type}"
    assert "'decimal'" not in repr(described)


def parts_with_a_default(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, list):
        part = dict(enumerate(part))
    if isinstance(part, Mapping):
        if "default" in part and "$ref" not in part:
            yield dict(part)
        for one in part.values():
            yield from parts_with_a_default(one)


@pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.event_type)
def test_every_default_fits_the_schema_it_stands_in(kind: Any) -> None:
    described = msgspec.json.decode(msgspec.json.encode(schema(kind.event_type)))
    for part in parts_with_a_default(described):
        jsonschema.validate(part["default"], {**part, "$defs": described["$defs"]})


def test_the_document_of_the_streams_names_every_stream_and_message() -> None:
    document = asyncapi(version="1.0")
    assert {channel["address"] for channel in document["channels"].values()} == {s.name for s in STREAMS}
    assert set(document["components"]["messages"]) == {kind.event_type for kind in CATALOGUE}
    for channel in document["channels"].values():
        for reference in channel["messages"].values():
            assert reference["$ref"].split("/")[-1] in document["components"]["messages"]
    assert [one["type"] for one in schema_index()] == [kind.event_type for kind in CATALOGUE]


def test_a_date_is_told_as_a_date() -> None:
    [registered] = a_portfolio().pending_events
    data = msgspec.json.decode(an_entry_of(registered).fields["data"])
    assert (data["inception_date"], data["effective_at"]) == ("2024-01-02", "2026-03-26T08:00:00Z")
    assert "tenant_id" not in data


def test_news_of_market_data_is_about_its_owner() -> None:
    stream = market_of("acme", 1, at=NOW)
    stream.tell(
        "fx",
        at=NOW,
        import_id=uuid4(),
        sequence=1,
        source="file",
        filename="fx.csv",
        sha256="0" * 64,
        rows=1,
        revised=0,
        start=NOW.date(),
        end=NOW.date(),
        currencies=["EUR", "USD"],
    )
    entry = an_entry_of(stream.pending_events[0], tenant_id="acme")
    content = msgspec.json.decode(entry.fields["data"])
    assert (entry.stream, entry.fields["subject"]) == (MARKET_IMPORTED, b"market/acme")
    assert (content["owner"], content["currencies"], "portfolio_id" in content) == (
        "acme",
        ["EUR", "USD"],
        False,
    )
    jsonschema.validate(content, schema("pm.market.fx-imported.v1"))


def an_optimization() -> OptimizationJob:
    asked = OptimizationAsked(
        methods=["HRP"],
        request={"assets": ["SECRET"]},
        facts={"assets": ["SECRET"]},
        dataset_hash="figures",
        inputs_hash="inputs",
        code_version="1",
    )
    return OptimizationJob.request_one("tenant-a", asked, id=uuid4(), at=NOW)


def test_what_happens_to_an_optimization_is_told_without_its_figures() -> None:
    job = an_optimization()
    job.begin(at=NOW)
    job.finish("HRP", {"status": "completed", "weights": {"SECRET": 1.0}}, at=NOW)
    job.complete({"mean_weights": {"SECRET": 1.0}}, at=NOW)
    entries = [an_entry_of(event) for event in job.collect_events()]
    for entry in entries:
        assert entry.fields["subject"] == f"optimization/{job.id}".encode()
        assert b"SECRET" not in entry.fields["data"]
        jsonschema.validate(msgspec.json.decode(entry.fields["data"]), schema(entry.fields["type"].decode()))
    finished = msgspec.json.decode(entries[2].fields["data"])
    assert (finished["method"], finished["status"], finished["error"]) == ("HRP", "completed", None)


def test_why_an_optimization_failed_is_told() -> None:
    job = an_optimization()
    job.finish("HRP", {"status": "failed", "error": {"code": "infeasible", "detail": "No."}}, at=NOW)
    job.fail(JobFailure(code="dataset_gone", detail="Gone."), at=NOW)
    told = [msgspec.json.decode(an_entry_of(event).fields["data"]) for event in job.collect_events()[1:]]
    assert [one["error"]["code"] for one in told] == ["infeasible", "dataset_gone"]

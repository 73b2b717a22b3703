"""Faults of fields and broken rules come in one answer, and a fault of a field makes no rule say what is false."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import islice
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import calculator_faults, resource_faults
from tests.support.faults import LEFT_OUT, Fault, told, with_faults

from api.bodies import JsonBody
from api.partial_bodies import UNKNOWN, known_part
from api.problems import Problem
from api.resources.allocation_bodies import SetAllocation
from api.resources.api_key_bodies import CreateApiKey
from api.resources.calculator_examples import attribution, factors, performance, rebalance, returns, risk
from api.resources.cash_bodies import MoveCash
from api.resources.portfolio_bodies import RegisterPortfolio, RevisePortfolio
from api.resources.position_bodies import RecordPosition, RevisePosition
from api.resources.webhook_bodies import RegisterWebhook
from api.violations import violations_of
from application.calculators.attribution_request import AttributionRequest
from application.calculators.factors_request import FactorsRequest
from application.calculators.performance_request import PerformanceRequest
from application.calculators.rebalance_request import RebalanceRequest
from application.calculators.returns_request import ReturnsRequest
from application.calculators.risk_request import RiskRequest
from application.risk.questions import ValueAtRiskQuestion
from domain.errors import Violation
from domain.rules import Unknown, gathered

BODIES = {
    "attribution": JsonBody(AttributionRequest),
    "factors": JsonBody(FactorsRequest),
    "performance": JsonBody(PerformanceRequest),
    "rebalance": JsonBody(RebalanceRequest),
    "returns": JsonBody(ReturnsRequest),
    "risk": JsonBody(RiskRequest),
    "allocation": JsonBody(SetAllocation),
    "cash": JsonBody(MoveCash),
    "key": JsonBody(CreateApiKey),
    "portfolio": JsonBody(RegisterPortfolio),
    "portfolio revision": JsonBody(RevisePortfolio),
    "position": JsonBody(RecordPosition),
    "position revision": JsonBody(RevisePosition),
    "value at risk": JsonBody(ValueAtRiskQuestion),
    "webhook": JsonBody(RegisterWebhook),
}
FAULTY = {**calculator_faults.FAULTY, **resource_faults.FAULTY}
EXAMPLES = [
    (of.__name__.rpartition(".")[2], example)
    for of in (attribution, factors, performance, rebalance, returns, risk)
    for example in of.REQUESTS.values()
] + [(name, dict(faulty.body)) for name, faulty in FAULTY.items()]


def refused(name: str, body: Mapping[str, Any]) -> list[Violation]:
    """Return what the API refuses, or else what the calculation would."""
    try:
        request = BODIES[name].decode(msgspec.json.encode(body))
    except Problem as problem:
        return list(problem.violations)
    return list(request.violations())


@pytest.mark.parametrize("name", FAULTY)
@given(data=st.data())
def test_each_of_several_faults_is_told_and_nothing_else(name: str, data: st.DataObject) -> None:
    faulty = FAULTY[name]
    every = (*faulty.fields, *faulty.rules)
    faults = data.draw(st.lists(st.sampled_from(every), unique_by=lambda one: one.at))

    found = refused(name, with_faults(faulty.body, faults))

    assert sorted((one.field, one.code) for one in found) == told(faults)


def places(plain: Any, *at: str | int) -> Iterator[tuple[str | int, ...]]:
    parts = plain.items() if isinstance(plain, dict) else enumerate(plain) if isinstance(plain, list) else ()
    for step, part in parts:
        yield (*at, step)
        yield from places(part, *at, step)


@pytest.mark.parametrize("wrong", [True, None, LEFT_OUT], ids=["true", "null", "left out"])
@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_a_fault_anywhere_makes_no_rule_say_what_is_false(
    name: str, example: dict[str, Any], wrong: Any
) -> None:
    asked = 0
    for at in islice(places(example), 400):
        fault = Fault(at, wrong, "", "")
        body = with_faults(example, [fault])
        if faults := violations_of(BODIES[name].annotation, body):
            asked += 1
            assert refused(name, body) == faults, at
    assert asked or wrong is LEFT_OUT  # a revision needs no field at all


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    count: int = 1


class Parcel(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    sent_to: str
    items: list[Item] = []
    weights: dict[str, Decimal] = {}
    note: str | None = None

    def violations(self) -> Iterator[Violation]:
        return gathered(self._heavy(), self._unaddressed())

    def _heavy(self) -> Iterator[Violation]:
        if sum(self.weights.values()) > 10:
            yield Violation("weights", "too_heavy", "The parcel is too heavy")

    def _unaddressed(self) -> Iterator[Violation]:
        if self.sent_to == self.note:
            yield Violation("note", "same", "The note is the address")


def wrong_with(body: str) -> list[tuple[str | None, str]]:
    with pytest.raises(Problem) as refusal:
        JsonBody(Parcel).decode(body.encode())
    return [(one.field, one.code) for one in refusal.value.violations]


def test_what_is_right_is_known_beside_what_is_not() -> None:
    plain = {
        "sentTo": "me",
        "items": [{"name": "a"}, {"name": "b", "count": "x"}, {"count": 2}, 5],
        "weights": {"a.b": Decimal(1), "c": "x"},
    }

    found = known_part(
        Parcel, plain, [["items", "1", "count"], ["items", "2", "name"], ["items", "3"], ["weights", "c"]]
    )

    assert found.sent_to == "me"
    assert found.items[0] == Item(name="a")
    assert (found.items[1].name, found.items[1].count is UNKNOWN) == ("b", True)
    assert (found.items[2].name is UNKNOWN, found.items[2].count) == (True, 2)
    assert found.items[3] is UNKNOWN
    assert found.weights["a.b"] == 1
    assert found.weights["c"] is UNKNOWN


@pytest.mark.parametrize("fault", [["items", "*"], ["items", "9"], ["weights", "..."]])
def test_a_fault_at_a_place_that_cannot_be_found_makes_the_whole_unknown(fault: list[str]) -> None:
    found = known_part(Parcel, {"sentTo": "me", "items": [], "weights": {}}, [fault])

    assert getattr(found, fault[0]) is UNKNOWN


def test_a_field_that_nobody_looked_at_is_not_known_if_it_is_wrong() -> None:
    found = known_part(Parcel, {"sentTo": 5, "note": "x", "weights": {"a": "1e99"}}, [["note"]])

    assert found.sent_to is UNKNOWN
    assert found.weights is UNKNOWN


def test_a_rule_is_told_beside_a_field_that_has_nothing_to_do_with_it() -> None:
    body = '{"sentTo": 5, "weights": {"a": 6, "b": "5"}, "colour": 1}'

    assert wrong_with(body) == [
        ("sentTo", "wrong_type"),
        ("colour", "unknown_field"),
        ("weights", "too_heavy"),
    ]


def test_a_rule_is_told_beside_a_decimal_out_of_bounds() -> None:
    assert wrong_with('{"sentTo": "a", "note": "a", "weights": {"a": 1e30}}') == [
        ("weights.a", "out_of_range"),
        ("note", "same"),
    ]


def test_a_rule_that_needs_what_is_wrong_says_nothing() -> None:
    assert wrong_with('{"sentTo": "a", "note": 1}') == [("note", "wrong_type")]
    assert wrong_with('{"note": "a"}') == [("sentTo", "missing")]


def test_a_body_that_is_no_object_has_no_rules() -> None:
    assert wrong_with("[]") == [(None, "wrong_type")]


def test_a_hundred_violations_are_told_at_most() -> None:
    items = ", ".join(['{"name": 1}'] * 99)

    assert len(wrong_with(f'{{"sentTo": "a", "note": "a", "items": [{items}]}}')) == 100
    assert len(wrong_with(f'{{"sentTo": "a", "note": "a", "items": [{items}, 1]}}')) == 100


@pytest.mark.parametrize(
    "look",
    [
        bool, len, iter, hash, str, repr, float, int, abs, sorted, tuple,
        lambda one: one == 1,
        lambda one: one != 1,
        lambda one: one in (1, 2),
        lambda one: one in frozenset({1, 2}),
        lambda one: Decimal(1) < one,
        lambda one: one >= 2,
        lambda one: 1 + one,
        lambda one: one - 1,
        lambda one: sum([1, one]),
        lambda one: isinstance(one, list),
        lambda one: one.strip(),
        lambda one: one[0],
        lambda one: f"{one}",
        lambda one: {one: 1},
    ],
)  # fmt: skip
def test_whoever_looks_at_what_is_not_known_learns_that(look: Callable[[Any], Any]) -> None:
    with pytest.raises(Unknown):
        look(UNKNOWN)

"""Which limits are named, and whether what is offered helps."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.support.optimization_samples import a_sample, normal_returns
from tests.support.reference_libraries import sp500_returns

from analytics.optimization.core import feasible, names, quadratic
from analytics.optimization.core.infeasible import holds
from analytics.optimization.fit import Infeasible
from analytics.optimization.limits import Limits, Linear
from analytics.optimization.sample import Sample

SAMPLE = replace(a_sample(sp500_returns()), periods_per_year=252.0)
WHOLE = Limits.long_only(20)


def a_group(number: int, members: Any, *, side: str = "max_weight", **bounds: float) -> Linear:
    chosen = np.zeros(20)
    chosen[members] = 1.0
    key = f"constraints.groups.{number}.{side}"
    return Linear(key=key, label=f"group {number}", coefficients=chosen, **bounds)


def refused(limits: Limits, sample: Sample = SAMPLE) -> Infeasible:
    with pytest.raises(Infeasible) as refusal:
        feasible.require(limits, sample)
    return refusal.value


def relaxed(limits: Limits, key: str, needed: float) -> Limits:
    """Do what is offered."""
    year = SAMPLE.periods_per_year
    if key == "constraints.max_weight":
        # The lowest bound is told; every bound below 1 is raised by as much.
        below = limits.upper < 1
        more = needed - limits.upper[below].min()
        return replace(limits, upper=np.where(below, limits.upper + more, limits.upper))
    if key == "constraints.min_weight":
        above = limits.lower > 0 if (limits.lower > 0).any() else np.full(20, True)
        less = limits.lower[above].max() - needed
        least = np.where(
            above & (limits.lower > 0), np.maximum(0, limits.lower - less), limits.lower - less * above
        )
        return replace(limits, lower=least)
    if key.startswith("constraints.groups"):
        return replace(
            limits, linear=tuple(_moved(one, needed) if one.key == key else one for one in limits.linear)
        )
    name, value = {
        "constraints.budget": ("budget", needed),
        "constraints.max_gross": ("max_gross", needed),
        "constraints.max_turnover": ("max_turnover", needed),
        "constraints.max_assets": ("max_names", int(needed)),
        "constraints.target_return": ("target_return", needed / year),
        "constraints.target_volatility": ("target_volatility", needed / year**0.5),
    }[key]
    return replace(limits, **{name: value})


def _moved(one: Linear, needed: float) -> Linear:
    return replace(one, upper=needed) if "max" in one.key else replace(one, lower=needed)


CASES: dict[str, tuple[Limits, set[str]]] = {
    "caps too low": (
        replace(WHOLE, upper=np.full(20, 0.04)),
        {"constraints.max_weight", "constraints.budget"},
    ),
    "no weight at all for anybody": (
        replace(WHOLE, upper=np.zeros(20)),
        {"constraints.max_weight", "constraints.budget"},
    ),
    "floors too high": (
        replace(WHOLE, lower=np.full(20, 0.06)),
        {"constraints.min_weight", "constraints.budget"},
    ),
    "floors of two assets": (
        replace(WHOLE, lower=np.where(np.arange(20) < 2, 0.6, 0.0)),
        {"constraints.min_weight", "constraints.budget"},
    ),
    "a floor above a cap": (
        replace(WHOLE, lower=np.eye(20)[0] * 0.3, upper=np.where(np.arange(20) < 1, 0.2, 1.0)),
        {"constraints.min_weight", "constraints.max_weight"},
    ),
    "more return than there is": (
        replace(WHOLE, target_return=0.6 / 252),
        {"constraints.target_return", "constraints.min_weight", "constraints.budget"},
    ),
    "less volatility than there is": (
        replace(WHOLE, target_volatility=0.1 / 252**0.5),
        {"constraints.target_volatility", "constraints.budget"},
    ),
    "return without volatility": (
        replace(WHOLE, target_volatility=0.2 / 252**0.5, target_return=0.4 / 252),
        {"constraints.target_volatility", "constraints.target_return"},
    ),
    "too few names for their caps": (
        replace(WHOLE, max_names=3, upper=np.full(20, 0.2)),
        {"constraints.max_assets", "constraints.max_weight", "constraints.budget"},
    ),
    "too few names for the volatility": (
        replace(WHOLE, max_names=2, target_volatility=0.18 / 252**0.5),
        {"constraints.max_assets", "constraints.target_volatility", "constraints.budget"},
    ),
    "less gross than net": (
        replace(WHOLE, max_gross=0.8),
        {"constraints.max_gross", "constraints.budget"},
    ),
    "less turnover than the way to the caps": (
        replace(WHOLE, upper=np.full(20, 0.1), current=np.eye(20)[0], max_turnover=0.5),
        {"constraints.max_turnover", "constraints.max_weight", "constraints.budget"},
    ),
    "groups that leave room for less": (
        replace(WHOLE, linear=(a_group(0, slice(10), upper=0.3), a_group(1, slice(10, 20), upper=0.5))),
        {"constraints.groups.0.max_weight", "constraints.groups.1.max_weight", "constraints.budget"},
    ),
    "a group against the caps, and one that is innocent": (
        replace(
            WHOLE,
            upper=np.full(20, 0.1),
            linear=(
                a_group(0, slice(10), side="min_weight", lower=0.1),
                a_group(1, [3, 4], side="min_weight", lower=0.3),
            ),
        ),
        {"constraints.groups.1.min_weight", "constraints.max_weight"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_smallest_set_is_named_by_the_fields_of_the_request(case: str) -> None:
    limits, expected = CASES[case]

    refusal = refused(limits)

    assert set(refusal.conflict) == expected
    assert all(key in str(refusal) for key in expected)
    assert refusal.relaxations


@pytest.mark.parametrize("case", CASES)
def test_each_relaxation_alone_is_enough_and_a_little_less_is_not(case: str) -> None:
    limits, _ = CASES[case]

    for way in refused(limits).relaxations:
        assert holds(relaxed(limits, way.key, way.needed), SAMPLE), way
        share = 1.0 if way.key == "constraints.max_assets" else 1e-3 * (way.needed - way.asked)
        back = np.copysign(share, way.needed - way.asked)
        assert not holds(relaxed(limits, way.key, way.needed - float(back)), SAMPLE), way


@pytest.mark.parametrize("case", CASES)
def test_the_first_relaxation_can_be_sent_as_it_is(case: str) -> None:
    limits, _ = CASES[case]
    first = refused(limits).relaxations[0]

    changed = relaxed(limits, first.key, first.needed)

    found = quadratic.minimise(SAMPLE.covariance, np.zeros(20), changed, SAMPLE).weights
    assert found.sum() == pytest.approx(changed.budget, abs=1e-7)


def test_the_numbers_are_those_of_the_request() -> None:
    caps, target = CASES["caps too low"][0], CASES["more return than there is"][0]

    assert [(way.key, way.asked, way.needed) for way in refused(caps).relaxations] == [
        ("constraints.max_weight", 0.04, 0.05),
        ("constraints.budget", 1.0, 0.8),
    ]
    way = refused(target).relaxations[0]
    assert way.asked == pytest.approx(0.6)
    assert way.needed == pytest.approx(252 * SAMPLE.mean.max(), rel=1e-6)


def test_the_words_say_what_is_asked_and_what_is_enough() -> None:
    assert str(refused(CASES["caps too low"][0])) == (
        "These limits cannot hold together: every weight at most 4 % (constraints.max_weight) and weights that add up "
        "to 100 % (constraints.budget). It is enough to change constraints.max_weight from 0.04 to 0.05."
    )


@given(
    st.floats(0.02, 0.3), st.floats(0.0, 0.1), st.floats(0.05, 0.6), st.floats(0.05, 0.6), st.floats(0.5, 1.5)
)
def test_a_conflict_is_told_where_and_only_where_there_is_one(
    cap: float, floor: float, first: float, second: float, budget: float
) -> None:
    assume(floor <= cap)
    limits = Limits(
        lower=np.full(20, floor),
        upper=np.full(20, cap),
        budget=budget,
        linear=(a_group(0, slice(10), upper=first), a_group(1, slice(10, 20), upper=second)),
    )

    room = [min(10 * cap, first), min(10 * cap, second)]
    needs = 10 * floor
    is_possible = needs <= min(first, second) and 2 * needs <= budget <= sum(room)
    # Within rounding of the edge either answer is right.
    assume(
        min(abs(needs - first), abs(needs - second), abs(2 * needs - budget), abs(sum(room) - budget)) > 1e-6
    )

    assert holds(limits, SAMPLE) == is_possible


def test_limits_that_hold_are_let_pass() -> None:
    feasible.require(replace(WHOLE, max_names=3, upper=np.full(20, 0.4), target_return=0.2 / 252), SAMPLE)


def test_many_groups_are_searched_in_reasonable_time() -> None:
    sample = a_sample(normal_returns(1, 200, 50))
    groups = tuple(
        Linear(
            key=f"constraints.groups.{at}.max_weight", label="g", coefficients=np.eye(200)[at], upper=0.004
        )
        for at in range(200)
    )

    refusal = refused(replace(Limits.long_only(200), linear=groups), sample)

    assert len(refusal.conflict) == 201
    assert 0 < len(refusal.relaxations) <= 12
    assert 0 < len(refusal.relaxations) <= 12


def test_limits_that_only_exhaust_solvers_are_explained_too() -> None:
    # Expected returns of 12 assets, from a hundred-thousandth to two: interior points go on until they may no longer.
    sizes = 10.0 ** np.random.default_rng(0).uniform(-5, 0.3, 12)
    returns = normal_returns(3, 12, 13) * sizes
    sample = replace(a_sample(returns), mean=-sizes)
    first = Linear(
        key="constraints.groups.0.max_weight", label="", coefficients=1.0 * (sizes < 1e-4), upper=0.3
    )
    asked = replace(Limits.long_only(12), linear=(first,), target_return=float(-0.5 * sizes.min()))

    with pytest.raises(Infeasible) as refusal:
        quadratic.minimise(sample.covariance, np.zeros(12), asked, sample)

    assert "constraints.target_return" in refusal.value.conflict


def test_names_of_many_assets_are_counted_without_a_search() -> None:
    many = a_sample(normal_returns(4, 260, 300))
    asked = replace(Limits.long_only(260), upper=np.full(260, 0.1), max_names=7)

    refusal = refused(asked, many)

    assert set(refusal.conflict) == {"constraints.max_assets", "constraints.max_weight", "constraints.budget"}
    assert ("constraints.max_assets", 7, 10) in [
        (way.key, way.asked, way.needed) for way in refusal.relaxations
    ]


def test_where_a_search_would_have_to_tell_nothing_is_refused() -> None:
    # Of 400 equal weights no more than a half may be sold: 200 are left, which linear programmes do not see.
    many = a_sample(normal_returns(4, 400, 20))
    held = replace(Limits.long_only(400), current=np.full(400, 1 / 400), max_turnover=0.5, max_names=150)

    feasible.require(held, many)
    assert names.fewest_names(held, many).needed <= 150
    assert (names.fewest_names(held, many).enough or 0) in range(195, 230)

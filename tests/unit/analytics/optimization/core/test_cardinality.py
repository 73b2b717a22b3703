"""Numbers of names, against every set there is."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.optimization_samples import a_sample, normal_returns
from tests.support.reference_libraries import sp500_returns

from analytics.optimization import methods, min_vol, mvo
from analytics.optimization.core import linear, quadratic
from analytics.optimization.fit import CannotFit, Infeasible
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Sample


def the_best_of_every_set(sample: Sample, limits: Limits, names: int) -> float:
    best = np.inf
    for chosen in combinations(range(sample.size), names):
        barred = np.ones(sample.size, dtype=bool)
        barred[list(chosen)] = False
        one = replace(
            limits, lower=np.where(barred, 0, limits.lower), upper=np.where(barred, 0, limits.upper)
        )
        try:
            best = min(best, quadratic.minimise(sample.covariance, np.zeros(sample.size), one, sample).value)
        except CannotFit:
            continue
    return best


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(3, 7), st.integers(1, 4), st.booleans())
def test_no_set_of_so_many_names_is_better(seed: int, size: int, names: int, is_short: bool) -> None:
    sample = a_sample(normal_returns(seed, size))
    names = min(names, size - 1)
    limits = replace(
        Limits.long_only(size),
        lower=np.full(size, -0.5 if is_short else 0.0),
        upper=np.full(size, max(0.6, 1 / names)),
    )

    found = methods.fit("MinVol", sample, replace(limits, max_names=names), {})

    assert np.count_nonzero(found.weights) <= names
    value = 0.5 * found.weights @ sample.covariance @ found.weights
    assert value == pytest.approx(the_best_of_every_set(sample, limits, names), rel=1e-7)


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.integers(1, 3))
def test_no_set_of_so_many_names_has_a_higher_ratio(seed: int, names: int) -> None:
    sample = a_sample(normal_returns(seed, 6))
    sample = replace(sample, mean=np.abs(sample.mean) + 1e-4)

    found = mvo.fit(sample, replace(Limits.long_only(6), max_names=names), points=0).weights

    def ratio(chosen: tuple[int, ...]) -> float:
        few = sample.of_assets(np.array(chosen))
        held = mvo.fit(few, Limits.long_only(len(chosen)), points=0).weights
        return float(few.mean @ held / np.sqrt(held @ few.covariance @ held))

    best = max(ratio(chosen) for chosen in combinations(range(6), names))
    assert sample.mean @ found / np.sqrt(found @ sample.covariance @ found) == pytest.approx(best, rel=1e-7)


def test_five_of_twenty_stocks_are_the_best_five() -> None:
    # All 15,504 sets are out of the question here; those of the nine stocks that any larger portfolio holds are not.
    sample = a_sample(sp500_returns())
    limits = Limits.long_only(20)

    found = min_vol.fit(sample, replace(limits, max_names=5))

    likely = np.argsort(-min_vol.fit(sample, limits).weights, kind="stable")[:9]
    few = sample.of_assets(likely)
    assert found.status == "optimal"
    assert 0.5 * found.weights @ sample.covariance @ found.weights <= the_best_of_every_set(
        few, Limits.long_only(9), 5
    ) * (1 + 1e-9)


def test_a_search_that_stops_says_how_far_it_may_be_from_the_best() -> None:
    sample = a_sample(normal_returns(8, 120, 400))

    found = min_vol.fit(sample, replace(Limits.long_only(120), max_names=12))

    assert found.status == "inexact"
    assert [note.code for note in found.notes] == ["search_stopped"]
    assert np.count_nonzero(np.abs(found.weights) > 1e-7) == 12


def test_linear_objectives_count_names_exactly() -> None:
    sample = a_sample(normal_returns(2, 10))
    limits = replace(Limits.long_only(10), upper=np.full(10, 0.3), max_names=4)

    found = linear.minimise(-sample.mean, limits, sample)

    best = np.sort(sample.mean)[::-1][:4]
    assert -found.value == pytest.approx(float(best @ [0.3, 0.3, 0.3, 0.1]), rel=1e-9)
    assert np.count_nonzero(found.weights) == 4


def test_too_few_names_for_the_limits_are_told_as_a_conflict() -> None:
    sample = a_sample(normal_returns(2, 10))

    with pytest.raises(Infeasible) as refusal:
        min_vol.fit(sample, replace(Limits.long_only(10), upper=np.full(10, 0.3), max_names=3))

    assert refusal.value.conflict[0] == "constraints.max_assets"
    assert ("constraints.max_assets", 3, 4) in [
        (way.key, way.asked, way.needed) for way in refusal.value.relaxations
    ]


def test_few_names_that_gain_nothing_are_told_so() -> None:
    # Two assets together may sell short what they hold; one alone holds all of what is sold short.
    sample = a_sample(normal_returns(2, 2))
    limits = Limits(lower=np.full(2, -3.0), upper=np.full(2, 2.0), budget=-0.1)

    with pytest.raises(CannotFit) as refusal:
        methods.fit("MaximumDiversification", sample, replace(limits, max_names=1), {})

    assert methods.fit("MaximumDiversification", sample, limits, {}).weights.max() > 0
    assert refusal.value.code == "no_volatility"

"""The critical line against the published turning points and cvxcla, and what must hold of any frontier."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.reference_libraries import reference, sp500_returns

from analytics.optimization import critical_line
from analytics.optimization.fit import CannotFit, Fit, Infeasible
from analytics.optimization.frontier import max_sharpe, sharpe_ratios
from analytics.optimization.limits import Limits, Linear
from analytics.optimization.sample import Floats, Sample

MEAN = (1.175, 1.19, 0.396, 1.12, 0.346, 0.679, 0.089, 0.73, 0.481, 1.08)
"""Expected returns and covariance of ten assets: the numerical example of Bailey and López de Prado (2013)."""
COVARIANCE = """
0.40755159 0.03175842 0.05183923 0.05663904 0.03302260 0.00827775 0.02165938 0.01332419 0.03434760 0.02249903
0.03175842 0.90630470 0.03136385 0.02687256 0.01917172 0.00934384 0.02495043 0.00761036 0.02874874 0.01336866
0.05183923 0.03136385 0.19490901 0.04408485 0.03006772 0.01322738 0.03525971 0.01154930 0.04275630 0.02057303
0.05663904 0.02687256 0.04408485 0.19528471 0.02777345 0.00526665 0.01375808 0.00780878 0.02914176 0.01640377
0.03302260 0.01917172 0.03006772 0.02777345 0.34059105 0.00777055 0.02067844 0.00736409 0.02542657 0.01284075
0.00827775 0.00934384 0.01322738 0.00526665 0.00777055 0.15983874 0.02105575 0.00518686 0.01723737 0.00723779
0.02165938 0.02495043 0.03525971 0.01375808 0.02067844 0.02105575 0.68056711 0.01377882 0.04627027 0.01926088
0.01332419 0.00761036 0.01154930 0.00780878 0.00736409 0.00518686 0.01377882 0.95526918 0.01065530 0.00760955
0.03434760 0.02874874 0.04275630 0.02914176 0.02542657 0.01723737 0.04627027 0.01065530 0.31681584 0.01854318
0.02249903 0.01336866 0.02057303 0.01640377 0.01284075 0.00723779 0.01926088 0.00760955 0.01854318 0.11079287
"""
TURNING_POINTS = """
0.00000 1.00000 0.00000 0.00000 0.00000 0.00000 0.00000 0.00000 0.00000 0.00000
0.64937 0.35063 0.00000 0.00000 0.00000 0.00000 0.00000 0.00000 0.00000 0.00000
0.43398 0.23125 0.00000 0.33477 0.00000 0.00000 0.00000 0.00000 0.00000 0.00000
0.12689 0.07234 0.00000 0.28125 0.00000 0.00000 0.00000 0.00000 0.00000 0.51952
0.12320 0.07044 0.00000 0.27899 0.00000 0.00000 0.00000 0.00644 0.00000 0.52093
0.08692 0.05045 0.00000 0.22359 0.00000 0.17383 0.00000 0.03017 0.00000 0.43503
0.08467 0.04925 0.00000 0.21963 0.00000 0.18004 0.00000 0.03103 0.00649 0.42889
0.07379 0.04383 0.00000 0.19898 0.02616 0.19815 0.00000 0.03342 0.02790 0.39777
0.06834 0.04139 0.01522 0.18813 0.03416 0.20232 0.00000 0.03393 0.03363 0.38288
0.03697 0.02690 0.09494 0.12578 0.07675 0.21936 0.02999 0.03596 0.06135 0.29201
"""
"""What they print for it, to five digits."""


def numbers(text: str) -> Floats:
    return np.array([[float(cell) for cell in line.split()] for line in text.strip().splitlines()])


def a_sample(mean: Any, covariance: Any, risk_free: float = 0.0) -> Sample:
    assets = tuple(f"A{at}" for at in range(len(mean)))
    return Sample(assets=assets, mean=np.array(mean), covariance=np.asarray(covariance), risk_free=risk_free)


def stocks(risk_free: float = 0.02 / 252) -> Sample:
    returns = sp500_returns()
    return a_sample(returns.mean(axis=0), np.cov(returns.T), risk_free)


def box(size: int, lower: float = 0.0, upper: float = 1.0, budget: float = 1.0) -> Limits:
    return Limits(lower=np.full(size, lower), upper=np.full(size, upper), budget=budget)


def points(fit: Fit) -> Floats:
    return np.array([weights for weights, _, _ in fit.extras["frontier"]])


def random_moments(seed: int, size: int, periods: int = 40) -> tuple[Floats, Floats]:
    returns = np.random.default_rng(seed).normal(0.001, 0.02, size=(periods, size))
    return returns.mean(axis=0), np.cov(returns.T)


@pytest.fixture
def published() -> Sample:
    return a_sample(MEAN, numbers(COVARIANCE))


def test_turning_points_are_those_of_bailey_and_lopez_de_prado(published: Sample) -> None:
    found = points(critical_line.fit(published, box(10)))

    assert found.shape == (10, 10)
    assert found == pytest.approx(numbers(TURNING_POINTS), abs=6e-6)


def test_the_best_ratio_and_the_least_risk_are_those_of_the_paper(published: Sample) -> None:
    fit = critical_line.fit(published, box(10), target="both")

    # They print a Sharpe ratio of 4.4535 at a volatility of 0.2274, and a least volatility of 0.2052.
    risk = np.sqrt(fit.weights @ published.covariance @ fit.weights)
    assert risk == pytest.approx(0.2274, abs=5e-5)
    assert fit.weights @ published.mean / risk == pytest.approx(4.4535, abs=5e-5)
    assert fit.extras["min_vol"]["volatility"] == pytest.approx(0.2052, abs=5e-5)
    assert fit.extras["min_vol"]["weights"]["A9"] == pytest.approx(0.29201, abs=6e-6)


def test_points_are_described_highest_return_first(published: Sample) -> None:
    described = critical_line.fit(published, box(10)).extras["frontier"]

    returns, risks = [expected for _, expected, _ in described], [risk for _, _, risk in described]
    assert returns[0] == 1.19
    assert returns == sorted(returns, reverse=True)
    assert risks == sorted(risks, reverse=True)


def test_upper_bounds_give_the_corners_that_kwan_prints() -> None:
    covariance = [[0.0004, 0.0004, 0.0002], [0.0004, 0.0025, 0.001], [0.0002, 0.001, 0.01]]

    found = points(critical_line.fit(a_sample((0.05, 0.08, 0.12), covariance), box(3, upper=0.7)))

    # C. Kwan, "A Simple Spreadsheet-Based Exposition of the Markowitz Critical Line Method", 2007: four digits.
    assert found == pytest.approx(
        np.array([[0, 0.3, 0.7], [0, 0.6485, 0.3515], [0.7, 0.1831, 0.1169], [0.7, 0.2438, 0.0562]]), abs=5e-5
    )


@pytest.mark.parametrize(
    ("lower", "upper"), [(0.0, 1.0), (0.0, 0.25), (0.02, 0.1), (-0.2, 0.4)], ids=lambda bound: f"{bound:g}"
)
def test_the_frontier_is_that_of_cvxcla(lower: float, upper: float) -> None:
    sample = stocks()
    size = sample.size
    theirs = reference("cvxcla").CLA.problem(sample.mean, sample.covariance)
    traced = theirs.bounds(np.full(size, lower), np.full(size, upper)).budget().trace().frontier

    ours = points(critical_line.fit(sample, box(size, lower, upper)))

    gaps = np.abs(ours[:, None, :] - traced.weights[None, :, :]).max(axis=2)
    assert gaps.min(axis=1).max() < 1e-10
    assert gaps.min(axis=0).max() < 1e-10


def test_the_best_ratio_is_that_of_cvxcla_with_the_risk_free_rate_taken_off() -> None:
    sample = stocks(risk_free=0.05 / 252)
    theirs = reference("cvxcla").CLA.problem(sample.mean - sample.risk_free, sample.covariance)

    fit = critical_line.fit(sample, box(sample.size))

    assert fit.weights == pytest.approx(theirs.long_only().budget().trace().frontier.max_sharpe[1], abs=1e-10)


def test_two_assets_are_mixed_as_the_closed_form_says() -> None:
    sample = a_sample((0.10, 0.06), [[0.04, 0.006], [0.006, 0.01]], risk_free=0.02)

    fit = critical_line.fit(sample, box(2), target="both")

    first = (0.01 - 0.006) / (0.04 + 0.01 - 0.012)
    assert list(fit.extras["min_vol"]["weights"].values()) == pytest.approx([first, 1 - first])
    tangency = np.linalg.solve(sample.covariance, sample.mean - 0.02)
    assert fit.weights == pytest.approx(tangency / tangency.sum())


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.integers(2, 12),
    room=st.floats(1.05, 3),
    lowest=st.floats(-0.5, 0.0),
)
def test_limits_hold_and_no_random_portfolio_is_better(
    seed: int, size: int, room: float, lowest: float
) -> None:
    mean, covariance = random_moments(seed, size)
    limits = box(size, lowest, room / size)
    sample = a_sample(mean, covariance, risk_free=float(mean.min()) - 0.001)

    fit = critical_line.fit(sample, limits)

    found = points(fit)
    assert np.abs(found.sum(axis=1) - 1).max() < 1e-9
    assert found.min() >= lowest
    assert found.max() <= room / size
    others = feasible_portfolios(seed, limits)
    excess = mean - sample.risk_free
    best = sharpe_ratios(fit.weights[None, :], excess, covariance)[0]
    assert sharpe_ratios(others, excess, covariance).max() <= best * (1 + 1e-9)
    least = found[-1] @ covariance @ found[-1]
    assert ((others @ covariance) * others).sum(axis=1).min() >= least * (1 - 1e-9)


def feasible_portfolios(seed: int, limits: Limits, count: int = 200) -> Floats:
    """Random weights within a box whose lower bounds leave room: a mixture of random corners."""
    random = np.random.default_rng(seed)
    size = len(limits.lower)
    corners = []
    for _ in range(20):
        weights, left = limits.lower.copy(), limits.budget - float(limits.lower.sum())
        for at in random.permutation(size):
            taken = min(left, float(limits.upper[at] - weights[at]))
            weights[at], left = weights[at] + taken, left - taken
        corners.append(weights)
    shares: Floats = random.dirichlet(np.full(20, 0.3), size=count)
    return shares @ np.array(corners)


@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(0.01, 100), shift=st.floats(-1, 1))
def test_units_and_the_order_of_assets_do_not_matter(seed: int, scale: float, shift: float) -> None:
    mean, covariance = random_moments(seed, 6)
    order = np.random.default_rng(seed).permutation(6)
    found = points(critical_line.fit(a_sample(mean, covariance), box(6, upper=0.5), target="min_vol"))

    scaled = a_sample(scale * mean[order] + shift, scale**2 * covariance[np.ix_(order, order)])
    again = points(critical_line.fit(scaled, box(6, upper=0.5), target="min_vol"))

    assert again == pytest.approx(found[:, order], abs=1e-6)


def test_equal_expected_returns_leave_the_least_variance_alone() -> None:
    _, covariance = random_moments(5, 6)

    found = points(critical_line.fit(a_sample(np.full(6, 0.001), covariance), box(6), target="min_vol"))

    unbounded = np.linalg.solve(covariance, np.ones(6))
    assert len(found) == 1
    assert found[0] == pytest.approx(unbounded / unbounded.sum(), abs=1e-7)


def test_of_equal_highest_returns_the_mixture_of_least_variance_comes_first() -> None:
    mean, covariance = np.array([0.002, 0.002, 0.001]), np.diag([4e-4, 1e-4, 1e-5])

    found = points(critical_line.fit(a_sample(mean, covariance), box(3)))

    assert found[0] == pytest.approx([0.2, 0.8, 0.0], abs=1e-6)


@pytest.mark.parametrize("upper", [1.0, 0.25], ids=["free", "capped"])
@pytest.mark.parametrize("kind", ["twins", "nothing", "one factor", "cash", "few periods"])
def test_singular_covariances_have_a_frontier_too(kind: str, upper: float) -> None:
    mean, covariance = random_moments(8, 6)
    if kind == "twins":
        covariance[5], covariance[:, 5] = covariance[4], covariance[:, 4]
        covariance[5, 5], mean[5] = covariance[4, 4], mean[4]
    elif kind == "nothing":
        covariance = np.zeros((6, 6))
    elif kind == "one factor":
        covariance = np.outer(np.arange(1.0, 7), np.arange(1.0, 7)) * 1e-4
    elif kind == "cash":
        covariance[5], covariance[:, 5] = 0, 0
    else:
        mean, covariance = random_moments(8, 6, periods=4)

    fit = critical_line.fit(a_sample(mean, covariance), box(6, upper=upper), target="min_vol")

    others = feasible_portfolios(1, box(6, upper=upper))
    assert fit.weights.sum() == pytest.approx(1)
    least = ((others @ covariance) * others).sum(axis=1).min()
    assert fit.weights @ covariance @ fit.weights <= least + 1e-10
    assert fit.extras["frontier"][0][1] >= (others @ mean).max() - 1e-12


def lost(problem: Any) -> Floats:
    raise critical_line.NoPath("lost")


def test_a_path_that_is_lost_is_followed_for_assets_a_little_more_independent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sample = stocks()
    expected = critical_line.fit(sample, box(20)).weights
    monkeypatch.setitem(critical_line._CHAIN, "critical line", lost)

    fit = critical_line.fit(sample, box(20))

    assert fit.solver == "critical line, regularised"
    assert fit.fallbacks == ("critical line: lost",)
    assert [note.code for note in fit.notes] == ["regularised"]
    assert fit.weights == pytest.approx(expected, abs=1e-6)


def test_where_nobody_gets_to_the_end_the_answer_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for solver in critical_line._CHAIN:
        monkeypatch.setitem(critical_line._CHAIN, solver, lost)

    with pytest.raises(CannotFit, match="regularised: lost") as refusal:
        critical_line.fit(stocks(), box(20))

    assert refusal.value.code == "singular_covariance"


def test_bounds_that_leave_one_portfolio_answer_with_it() -> None:
    mean, covariance = random_moments(1, 4)

    for limits in (box(4, upper=0.25), box(4, lower=0.25)):
        fit = critical_line.fit(a_sample(mean, covariance, risk_free=-1.0), limits)

        assert fit.weights == pytest.approx(np.full(4, 0.25))
        assert len(fit.extras["frontier"]) == 1


def test_a_pinned_weight_stays_where_it_is() -> None:
    sample = stocks()
    lower, upper = np.zeros(20), np.full(20, 0.3)
    lower[3] = upper[3] = 0.1

    found = points(critical_line.fit(sample, Limits(lower=lower, upper=upper)))

    assert (found[:, 3] == 0.1).all()


def test_nothing_above_the_risk_free_rate_has_no_best_ratio_but_a_least_risk() -> None:
    sample = stocks(risk_free=0.01)

    with pytest.raises(CannotFit) as refusal:
        critical_line.fit(sample, box(20))

    assert refusal.value.code == "no_excess_return"
    assert critical_line.fit(sample, box(20), target="min_vol").weights.sum() == pytest.approx(1)


GROUP = Linear(key="constraints.groups.0.max_weight", label="", coefficients=np.ones(20), upper=0.5)


@pytest.mark.parametrize(
    ("limits", "field"),
    [
        ({"max_names": 3}, "constraints.max_assets"),
        ({"target_return": 0.1}, "constraints.target_return"),
        ({"linear": (GROUP,)}, "constraints.groups.0.max_weight"),
    ],
    ids=["cardinality", "target", "group"],
)
def test_limits_other_than_a_box_are_refused_by_name(limits: dict[str, Any], field: str) -> None:
    with pytest.raises(CannotFit, match=field) as refusal:
        critical_line.fit(stocks(), Limits(lower=np.zeros(20), upper=np.ones(20), **limits))

    assert (refusal.value.code, refusal.value.field) == ("unsupported_constraint", field)


def test_a_box_without_room_is_infeasible() -> None:
    with pytest.raises(Infeasible):
        critical_line.fit(stocks(), box(20, upper=0.04))


def test_trading_costs_are_said_to_play_no_part() -> None:
    limits = Limits(lower=np.zeros(20), upper=np.ones(20), cost=np.full(20, 0.001), current=np.full(20, 0.05))

    assert [note.code for note in critical_line.fit(stocks(), limits).notes] == ["costs_ignored"]


def test_between_turning_points_the_best_ratio_beats_a_fine_grid() -> None:
    corners, covariance = np.array([[0.0, 1.0], [1.0, 0.0]]), np.diag([0.04, 0.09])
    mean = np.array([0.1, 0.2])
    shares = np.linspace(0, 1, 10_001)[:, None]
    grid = shares * corners[0] + (1 - shares) * corners[1]

    best = max_sharpe(corners, mean, covariance)

    assert best is not None
    assert best == pytest.approx([0.529412, 0.470588], abs=1e-6)
    assert sharpe_ratios(best[None, :], mean, covariance)[0] >= sharpe_ratios(grid, mean, covariance).max()

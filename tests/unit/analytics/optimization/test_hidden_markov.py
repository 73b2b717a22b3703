"""The hidden Markov model against statsmodels, against counting every path, and against the regimes of risk figures."""

from itertools import pairwise, product

import numpy as np
import pytest
from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression
from tests.support.reference_libraries import sp500_index_returns

from analytics.optimization import hidden_markov
from analytics.optimization.hidden_markov import HiddenMarkov, fit_states
from analytics.optimization.sample import Floats
from analytics.risk.regime import fit_regimes


@pytest.fixture(scope="module")
def index() -> Floats:
    return sp500_index_returns()


def fitted(series: Floats, states: int) -> HiddenMarkov:
    model = fit_states(series, states)
    assert model is not None
    return model


def their_parameters(model: HiddenMarkov) -> list[float]:
    """Transition probabilities to all states but the last, by target; means and variances of percent returns."""
    states = len(model.means)
    moves = model.transition[:, : states - 1].T.ravel()
    return [*moves, *(100 * model.means), *(1e4 * model.variances)]


@pytest.mark.parametrize("states", [2, 3])
def test_the_likelihood_reaches_that_of_statsmodels(index: Floats, states: int) -> None:
    theirs = MarkovRegression(100 * index, k_regimes=states, switching_variance=True)
    ours = fitted(index, states)

    best = theirs.fit(start_params=their_parameters(ours), em_iter=0, disp=False)

    # They begin in the long-run distribution, we estimate the first day: ours can only be likelier.
    assert ours.log_likelihood - len(index) * np.log(100) >= best.llf - 1e-3
    assert np.sqrt(1e4 * ours.variances) == pytest.approx(np.sqrt(best.params[-states:]), rel=0.01)


@pytest.mark.parametrize("states", [2, 3, 4])
def test_our_filter_is_theirs_at_our_parameters(index: Floats, states: int) -> None:
    ours = fitted(index, states)
    theirs = MarkovRegression(100 * index, k_regimes=states, switching_variance=True)

    filtered = np.asarray(theirs.filter(their_parameters(ours)).filtered_marginal_probabilities)

    # Later days no longer know how the first one began.
    assert ours.filtered[400:] == pytest.approx(filtered[400:], abs=1e-7)


def test_two_states_are_those_of_the_regimes_that_risk_figures_have(index: Floats) -> None:
    ours, theirs = fitted(index, 2), fit_regimes(index)

    assert theirs is not None
    assert ours.log_likelihood == pytest.approx(theirs.log_likelihood, abs=1e-4)
    assert ours.variances == pytest.approx(theirs.variances, rel=1e-3)
    assert np.diag(ours.transition) == pytest.approx(theirs.stay, abs=1e-4)
    assert ours.filtered[:, 1] == pytest.approx(theirs.turbulent, abs=1e-3)


@pytest.mark.parametrize("states", [2, 3])
def test_a_short_likelihood_is_the_sum_over_all_paths(states: int) -> None:
    series = np.array([0.3, -1.2, 0.1, 2.0, -0.4])
    at = hidden_markov._start(states, 0.7, 3.0)

    seen = hidden_markov._expected(series, at)

    weights = {}
    for path in product(range(states), repeat=len(series)):
        chance = at.start[path[0]]
        for before, after in pairwise(path):
            chance *= at.transition[before, after]
        for value, state in zip(series, path, strict=True):
            variance = at.variances[state]
            chance *= np.exp(-((value - at.means[state]) ** 2) / (2 * variance)) / np.sqrt(
                2 * np.pi * variance
            )
        weights[path] = chance
    total = sum(weights.values())
    assert seen.log_likelihood == pytest.approx(np.log(total), rel=1e-12)
    middle = [sum(w for path, w in weights.items() if path[2] == state) / total for state in range(states)]
    assert seen.smoothed[2] == pytest.approx(middle, rel=1e-10)
    moved = sum(w * sum(pair == (0, 1) for pair in pairwise(path)) for path, w in weights.items())
    assert seen.moves[0, 1] == pytest.approx(moved / total, rel=1e-10)


def test_known_states_are_found_again() -> None:
    random = np.random.default_rng(4)
    state, path = 0, []
    for _ in range(6_000):
        state = state if random.random() < (0.98, 0.95)[state] else 1 - state
        path.append(state)
    series = np.where(path, random.normal(-0.002, 0.03, 6_000), random.normal(0.001, 0.008, 6_000))

    model = fitted(series, 2)

    assert np.sqrt(model.variances) == pytest.approx([0.008, 0.03], rel=0.05)
    assert np.diag(model.transition) == pytest.approx([0.98, 0.95], abs=0.01)
    assert (model.filtered.argmax(axis=1) == path).mean() > 0.93


@pytest.mark.parametrize(("states", "seed"), [(2, 5), (2, 7), (4, 7), (4, 9)])
def test_regimes_that_hardly_differ_are_followed_to_their_end(states: int, seed: int) -> None:
    series = np.random.default_rng(seed).standard_t(5, 800) * 0.01
    model = fitted(series, states)
    scale = series.std()
    standard = (series - series.mean()) / scale
    end = hidden_markov._expected(
        standard,
        hidden_markov._Parameters(
            start=model.start,
            means=(model.means - series.mean()) / scale,
            variances=model.variances / scale**2,
            transition=model.transition,
        ),
    )

    further = end
    for _ in range(300):
        further = hidden_markov._expected(standard, hidden_markov._maximised(standard, further))

    assert further.log_likelihood - end.log_likelihood < 1e-3


@pytest.mark.parametrize("states", [2, 3, 4])
def test_states_come_by_volatility_and_probabilities_add_up(index: Floats, states: int) -> None:
    model = fitted(index, states)

    assert (np.diff(model.variances) > 0).all()
    for chances in (model.filtered, model.transition, model.start[None, :], model.next[None, :]):
        assert chances.min() >= 0
        assert chances.sum(axis=1) == pytest.approx(1)


def test_what_comes_later_does_not_change_what_was_known(index: Floats) -> None:
    standard = (index - index.mean()) / index.std()
    at = hidden_markov._start(2, 0.7, 3.0)

    whole, part = (hidden_markov._expected(series, at).filtered for series in (standard, standard[:700]))

    assert whole[:700] == pytest.approx(part, abs=1e-12)


def test_units_do_not_matter(index: Floats) -> None:
    one, other = fitted(index, 2), fitted(3 * index + 0.01, 2)

    assert other.filtered == pytest.approx(one.filtered, abs=1e-9)
    assert np.sqrt(other.variances) == pytest.approx(3 * np.sqrt(one.variances))
    assert other.means == pytest.approx(3 * one.means + 0.01)


def test_the_same_series_gives_the_same_bytes(index: Floats) -> None:
    assert fitted(index, 3).filtered.tobytes() == fitted(index, 3).filtered.tobytes()


def test_a_series_that_never_changes_has_no_states() -> None:
    assert fit_states(np.full(500, 0.001), 2) is None


def test_an_outlier_beyond_all_odds_does_not_break_the_filter(index: Floats) -> None:
    wild = index.copy()
    wild[600] = -40.0

    model = fitted(wild, 2)

    assert np.isfinite(model.filtered).all()
    assert np.isfinite(model.log_likelihood)

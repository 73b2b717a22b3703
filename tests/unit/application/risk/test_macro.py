from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from tests.support.risk_inputs import LAST, a_book, a_position, inputs_for, trading_days

from application.market.history import Floats, YieldSeries
from application.risk.inputs import IndexLevels
from application.risk.measure import measure_risk
from application.risk.regimes import RegimeCache, regime_of

A = a_position("AAPL")


def an_index(*, turbulent_end: bool, count: int = 900) -> Floats:
    """Levels of an index that is calm, then turbulent, then calm, and maybe turbulent at last."""
    chance = np.random.default_rng(4)
    deviation = np.where(np.arange(count) // (count // 4) % 2 == (1 if turbulent_end else 0), 0.025, 0.006)
    return 100 * np.cumprod(1 + chance.normal(0, 1, count) * deviation)


def the_index(levels: Floats) -> IndexLevels:
    return IndexLevels(ticker="SP500", days=trading_days(len(levels)), levels=levels)


def test_turbulence_is_risk_off_and_calm_is_risk_on() -> None:
    cache = RegimeCache()

    off, detail, _ = regime_of(the_index(an_index(turbulent_end=True)), cache, LAST)
    on, _, _ = regime_of(the_index(an_index(turbulent_end=False)), cache, LAST)

    assert (off, on) == ("risk_off", "risk_on")
    assert detail.probability == detail.probability_risk_off
    assert detail.state_volatilities is not None
    assert detail.state_volatilities["risk_off"] == pytest.approx(0.025 * 252**0.5, rel=0.15)
    assert detail.as_of == LAST
    assert detail.n_observations == 899


def test_the_regime_is_unknown_on_less_than_500_returns() -> None:
    regime, detail, model = regime_of(the_index(an_index(turbulent_end=True, count=500)), RegimeCache(), LAST)

    assert (regime, model) == ("unknown", None)
    assert detail.reason == "499 daily returns of SP500 are known; 500 are needed."


def test_the_regime_is_unknown_where_neither_state_is_likely() -> None:
    levels = an_index(turbulent_end=False)
    closest = min(
        (regime_of(the_index(levels[:end]), RegimeCache(), LAST) for end in range(670, 690)),
        key=lambda found: found[1].probability or 1,
    )
    regime, detail, model = closest
    assert detail.probability is not None

    assert detail.probability < 0.6
    assert regime == "unknown"
    assert model is not None
    assert "0.6 is needed" in (detail.reason or "")


def test_the_cost_of_capital_changes_by_beta_times_the_premium() -> None:
    index = an_index(turbulent_end=True)
    moves = index[1:] / index[:-1] - 1
    book = a_book([A], [800], cash=200)

    snapshot = measure_risk(book, inputs_for(book, 1.5 * moves[:, None], index=index))

    detail = snapshot.macro_regime_detail
    assert detail is not None
    assert detail.expected_variance_12m is not None
    assert detail.stationary_variance is not None
    premium = 2.5 * (detail.expected_variance_12m - detail.stationary_variance) * 1e4
    assert detail.equity_premium_delta_bps == pytest.approx(premium)
    assert detail.beta_to_index == pytest.approx(1.2)
    assert snapshot.wacc_delta_bps == pytest.approx(1.2 * premium)
    assert premium > 0


def test_the_first_day_tells_of_the_beta_as_well() -> None:
    moves = np.zeros(900)
    moves[0] = 0.1
    index = 100 * np.cumprod(np.concatenate(([1.0], 1 + moves)))
    chance = np.random.default_rng(2)
    index[600:] *= np.cumprod(1 + chance.normal(0, 0.01, 301))
    moves = index[1:] / index[:-1] - 1
    returns = 0.5 * moves
    returns[0] = 2 * moves[0]
    book = a_book([A], [1000])

    snapshot = measure_risk(book, inputs_for(book, returns[:, None], index=index))

    detail = snapshot.macro_regime_detail
    assert detail is not None
    assert detail.beta_to_index == pytest.approx(np.cov(returns, moves)[0, 1] / moves.var(ddof=1))


def test_value_falls_by_what_it_lost_when_yields_rose() -> None:
    index = an_index(turbulent_end=True)
    book = a_book([A], [1000])
    yields = 0.03 + np.cumsum(np.random.default_rng(8).normal(0, 0.0004, 900))
    returns = -6 * np.diff(yields)[:, None] + 0.3 * (index[1:, None] / index[:-1, None] - 1)
    inputs = inputs_for(book, returns, index=index)

    snapshot = measure_risk(
        book,
        replace(
            inputs, yields=YieldSeries(currency="USD", tenor="10y", days=trading_days(900), rates=yields)
        ),
    )

    assert snapshot.wacc_delta_bps is not None
    assert snapshot.nav_impact_pct == pytest.approx(-6 * snapshot.wacc_delta_bps / 100, rel=0.2)
    assert measure_risk(book, inputs).unavailable["nav_impact_pct"].code == "no_yields"


def test_the_regime_is_unknown_where_the_index_ended_long_ago() -> None:
    index = the_index(an_index(turbulent_end=True))
    month = timedelta(days=31)

    assert regime_of(index, RegimeCache(), LAST + month)[0] == "risk_off"
    regime, detail, model = regime_of(index, RegimeCache(), LAST + month + timedelta(days=1))

    assert (regime, model) == ("unknown", None)
    assert detail.as_of == LAST
    assert detail.reason == "The newest level of SP500 is of 2022-12-28, more than 31 days before 2023-01-29."


def test_there_is_no_beta_to_an_index_that_stood_still() -> None:
    book = a_book([A], [1000])
    levels = an_index(turbulent_end=True)
    levels[-11:] = levels[-1]

    missing = measure_risk(book, inputs_for(book, np.full((10, 1), 0.01), index=levels)).unavailable

    assert missing["wacc_delta_bps"].code == "undefined"


def test_without_an_index_nothing_is_made_up() -> None:
    book = a_book([A], [1000])

    snapshot = measure_risk(book, inputs_for(book, np.zeros((10, 1))))

    assert snapshot.macro_regime == "unknown"
    assert snapshot.macro_regime_detail is not None
    assert snapshot.macro_regime_detail.index is None
    assert snapshot.unavailable["wacc_delta_bps"].code == "no_regime"


def test_one_fit_serves_all_portfolios_of_a_day() -> None:
    cache = RegimeCache()
    levels = an_index(turbulent_end=True)

    _, _, first = regime_of(the_index(levels), cache, LAST)
    _, _, again = regime_of(the_index(levels.copy()), cache, LAST)
    _, _, corrected = regime_of(the_index(levels * np.linspace(1, 1.0001, 900)), cache, LAST)

    assert again is first
    assert corrected is not first

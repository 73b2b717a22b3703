"""The snapshot of a portfolio's risk, from holdings and returns that a reader can follow."""

from dataclasses import replace
from datetime import timedelta
from math import sqrt

import empyrical
import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.risk_inputs import a_book, a_position, inputs_for

from application.market.history import Flag, Floats, RiskFreeRate
from application.risk.measure import measure_risk
from application.risk.regimes import RegimeCache
from domain.risk import Method, RiskSnapshot

METHODS: tuple[Method, ...] = ("historical", "parametric", "cornish_fisher", "monte_carlo")
A, B, C = (
    a_position("AAPL", sector="technology"),
    a_position("MSFT", sector="technology"),
    a_position("KO", sector="consumer_staples"),
)
CACHE = RegimeCache()


def some_returns(count: int = 400, assets: int = 3) -> Floats:
    chance = np.random.default_rng(7)
    market = chance.standard_t(5, count) * 0.008
    return market[:, None] * np.linspace(0.6, 1.4, assets) + chance.normal(0, 0.008, (count, assets))


def of(snapshot: RiskSnapshot, ticker: str) -> float:
    found = [one.component_var for one in snapshot.components if one.ticker == ticker]
    assert found[0] is not None
    return found[0]


def test_value_at_risk_is_that_of_todays_weights_in_the_past() -> None:
    # 60 % A, 20 % B, 20 % cash; 61 days, on which A loses 1 %, 2 %, … and B nothing but once.
    returns = np.zeros((61, 2))
    returns[:60, 0] = -np.arange(1, 61) / 1000
    returns[60] = (0.0, -0.1)
    book = a_book([A, C], [600, 200], cash=200)

    snapshot = measure_risk(book, inputs_for(book, returns), regimes=CACHE)

    # (61 - 1) * 0.05 = 3: the fourth worst day, A at -5.7 %; worse are -6.0, -5.9 and -5.8 %, B's day is -2 %.
    assert snapshot.var_95_1d == pytest.approx(0.6 * 0.057)
    assert snapshot.cvar_95_1d == pytest.approx(0.6 * (0.060 + 0.059 + 0.058 + 0.057) / 4)
    assert of(snapshot, "AAPL") == pytest.approx(0.6 * 0.057)
    assert of(snapshot, "KO") == 0
    assert of(snapshot, "CASH:USD") == 0
    assert snapshot.coverage == pytest.approx(1)
    assert snapshot.n_observations == 61


@pytest.mark.parametrize("method", METHODS)
def test_components_sum_to_the_figures_of_the_whole(method: Method) -> None:
    book = a_book([A, B, C], [500, -100, 400], cash=200)

    snapshot = measure_risk(book, inputs_for(book, some_returns()), method=method, regimes=CACHE)

    parts = snapshot.components
    assert sum(one.component_var or 0 for one in parts) == pytest.approx(snapshot.var_95_1d, rel=1e-12)
    assert sum(one.component_volatility or 0 for one in parts) == pytest.approx(
        snapshot.volatility, rel=1e-12
    )
    assert sum(one.share or 0 for one in parts) == pytest.approx(1, rel=1e-12)
    assert sum(one.weight for one in parts) == pytest.approx(1, rel=1e-12)
    assert snapshot.method == method


def test_ratios_are_those_of_empyrical_on_the_portfolios_returns() -> None:
    book, returns = a_book([A, B, C], [500, 300, 200]), some_returns()
    benchmark = returns.mean(axis=1)
    benchmark[0] = np.nan

    snapshot = measure_risk(book, inputs_for(book, returns, benchmark=benchmark, rate=0.02), regimes=CACHE)

    own, other, free = returns @ [0.5, 0.3, 0.2], benchmark[1:], 1.02 ** (1 / 252) - 1
    assert snapshot.volatility == pytest.approx(empyrical.annual_volatility(own))
    assert snapshot.portfolio_vol_30d == pytest.approx(empyrical.annual_volatility(own[-30:]))
    assert snapshot.portfolio_vol_90d == pytest.approx(empyrical.annual_volatility(own[-90:]))
    assert snapshot.sharpe_ratio == pytest.approx(empyrical.sharpe_ratio(own, risk_free=free))
    assert snapshot.sortino_ratio == pytest.approx(empyrical.sortino_ratio(own, required_return=free))
    assert snapshot.max_drawdown == pytest.approx(empyrical.max_drawdown(own))
    assert snapshot.beta == pytest.approx(empyrical.beta(own[1:], other))
    assert snapshot.tracking_error == pytest.approx(np.std(own[1:] - other, ddof=1) * sqrt(252))
    assert snapshot.information_ratio == pytest.approx(empyrical.excess_sharpe(own[1:], other) * sqrt(252))


def test_a_portfolio_equal_to_its_benchmark_does_not_deviate() -> None:
    book, returns = a_book([A], [1000]), some_returns(assets=1)

    snapshot = measure_risk(book, inputs_for(book, returns, benchmark=returns[:, 0].copy()), regimes=CACHE)

    assert snapshot.tracking_error == 0
    assert snapshot.beta == pytest.approx(1, rel=1e-12)
    assert snapshot.information_ratio is None
    assert snapshot.unavailable["information_ratio"].code == "no_variation"


def test_what_has_no_history_is_named_and_the_rest_stands_for_the_whole() -> None:
    book, returns = a_book([A, B, C], [600, 300, 100]), some_returns()
    returns[:-20, 2] = np.nan

    snapshot = measure_risk(book, inputs_for(book, returns[:, [0, 2]], known=[0, 2]), regimes=CACHE)

    alone = a_book([A], [600])
    assert (
        snapshot.var_95_1d == measure_risk(alone, inputs_for(alone, returns[:, :1]), regimes=CACHE).var_95_1d
    )
    assert [(one.ticker, one.code) for one in snapshot.excluded] == [
        ("MSFT", "no_listing"),
        ("KO", "no_history"),
    ]
    assert "20 daily returns" in snapshot.excluded[1].detail
    assert snapshot.coverage == pytest.approx(0.6)
    # Concentration needs prices only.
    assert snapshot.hhi == pytest.approx(0.36 + 0.09 + 0.01)


def test_cash_does_not_stand_in_for_what_has_no_history() -> None:
    book, returns = a_book([A, B], [300, 100], cash=600), some_returns(assets=1)

    snapshot = measure_risk(book, inputs_for(book, returns, known=[0]), regimes=CACHE)

    whole = a_book([A], [400], cash=600)
    assert snapshot.var_95_1d == pytest.approx(
        measure_risk(whole, inputs_for(whole, returns), regimes=CACHE).var_95_1d, rel=1e-12
    )
    assert snapshot.coverage == pytest.approx(0.75)
    assert sum(one.weight for one in snapshot.components) == pytest.approx(1)


def test_a_small_part_does_not_speak_for_the_whole() -> None:
    book, returns = a_book([A, B], [400, 600]), some_returns(assets=1)

    snapshot = measure_risk(book, inputs_for(book, returns, known=[0]), regimes=CACHE)

    assert snapshot.var_95_1d is None
    assert snapshot.unavailable["var_95_1d"].code == "too_little_covered"
    assert snapshot.coverage == pytest.approx(0.4)
    assert snapshot.top5_weight == pytest.approx(1)


def test_a_young_instrument_borrows_the_days_before_it_from_its_sector() -> None:
    book, returns = a_book([A, B, C], [400, 200, 400]), some_returns()
    returns[:150, 1] = np.nan

    snapshot = measure_risk(book, inputs_for(book, returns), regimes=CACHE)

    told = snapshot.proxies[0]
    assert (told.ticker, told.days, told.proxy) == ("MSFT", 150, "mean of AAPL (technology)")
    returns[:150, 1] = returns[:150, 0]
    assert snapshot.var_99_1d == measure_risk(book, inputs_for(book, returns), regimes=CACHE).var_99_1d


def test_without_peers_the_benchmark_times_beta_stands_in() -> None:
    book, returns = a_book([A, C], [600, 400]), some_returns(assets=2)
    benchmark = returns[:, 0] / 2
    returns[:, 1] = 3 * benchmark
    whole = measure_risk(book, inputs_for(book, returns.copy(), benchmark=benchmark), regimes=CACHE)
    returns[:100, 1] = np.nan

    snapshot = measure_risk(book, inputs_for(book, returns, benchmark=benchmark), regimes=CACHE)

    assert snapshot.proxies[0].proxy == "SPY times 3"
    assert snapshot.var_95_1d == pytest.approx(whole.var_95_1d, rel=1e-12)


def test_the_past_begins_when_half_of_the_holdings_exist() -> None:
    book, returns = a_book([A, B, C], [200, 400, 400]), some_returns()
    returns[:100, 1], returns[:300, 2] = np.nan, np.nan

    snapshot = measure_risk(book, inputs_for(book, returns), regimes=CACHE)

    assert snapshot.n_observations == 300
    assert [(one.ticker, one.days) for one in snapshot.proxies] == [("KO", 200)]


def test_cash_in_another_currency_moves_with_its_rate() -> None:
    book, returns = a_book([A], [500], cash=500), some_returns(assets=1)
    rates = np.random.default_rng(3).normal(0, 0.02, (400, 1))

    still = measure_risk(book, inputs_for(book, returns), regimes=CACHE)
    moving = measure_risk(book, inputs_for(book, returns, cash_returns=rates), regimes=CACHE)

    assert still.volatility is not None
    assert moving.volatility is not None
    assert moving.volatility > 1.3 * still.volatility
    assert of(moving, "CASH:USD") != 0


@pytest.mark.parametrize("count", [0, 1])
def test_without_two_returns_every_null_has_its_reason(count: int) -> None:
    book = a_book([A], [1000])

    snapshot = measure_risk(book, inputs_for(book, some_returns(count, 1)), regimes=CACHE)

    null = {name for name in RiskSnapshot.__struct_fields__ if getattr(snapshot, name) is None}
    explained_elsewhere = {"benchmark", "data_from", "data_to"}
    assert null - explained_elsewhere <= snapshot.unavailable.keys()
    assert snapshot.var_95_1d is None
    assert snapshot.hhi == 1
    assert snapshot.sector_exposure == {"technology": 1}


def test_two_returns_are_enough_for_some_figures() -> None:
    book = a_book([A], [1000])

    snapshot = measure_risk(book, inputs_for(book, np.array([[0.01], [-0.03]])), regimes=CACHE)

    assert snapshot.var_95_1d == pytest.approx(0.03 - 0.05 * 0.04)
    assert snapshot.portfolio_vol_30d is None
    assert snapshot.unavailable["portfolio_vol_30d"].code == "too_few_observations"


def test_an_empty_portfolio_has_no_figures_and_says_why() -> None:
    book = a_book([], [])

    snapshot = measure_risk(book, inputs_for(book, np.zeros((0, 0))), regimes=CACHE)

    assert snapshot.unavailable["var_95_1d"].code == "no_value"
    assert snapshot.unavailable["hhi"].code == "no_value"
    assert snapshot.components == []


def test_the_same_inputs_give_the_same_bytes_and_others_another_hash() -> None:
    book, returns = a_book([A, B, C], [500, 300, 200]), some_returns()
    for method in METHODS:
        first = msgspec.json.encode(measure_risk(book, inputs_for(book, returns), method=method))
        again = msgspec.json.encode(measure_risk(book, inputs_for(book, returns.copy()), method=method))
        assert first == again

    corrected = returns.copy()
    corrected[5, 1] += 1e-12
    hashes = {
        measure_risk(book, inputs_for(book, returns), regimes=CACHE).inputs_hash,
        measure_risk(book, inputs_for(book, corrected), regimes=CACHE).inputs_hash,
        measure_risk(book, inputs_for(book, returns, rate=0.01), regimes=CACHE).inputs_hash,
        measure_risk(book, inputs_for(book, returns), method="parametric", regimes=CACHE).inputs_hash,
    }
    assert len(hashes) == 4


@given(st.permutations([0, 1, 2]))
def test_the_order_of_positions_does_not_matter(order: list[int]) -> None:
    positions, values, returns = [A, B, C], [500.0, 300.0, 200.0], some_returns()
    straight, turned = (
        a_book(positions, values),
        a_book([positions[i] for i in order], [values[i] for i in order]),
    )

    one = measure_risk(straight, inputs_for(straight, returns), regimes=CACHE)
    other = measure_risk(turned, inputs_for(turned, returns[:, order]), regimes=CACHE)

    assert other.var_95_1d == pytest.approx(one.var_95_1d, rel=1e-12)
    assert [part.ticker for part in other.components] == [part.ticker for part in one.components]
    assert [part.component_var for part in other.components] == pytest.approx(
        [part.component_var for part in one.components], rel=1e-9
    )


def test_concentration_counts_an_instrument_once() -> None:
    book = a_book([A, A, C], [300, 300, 400])

    snapshot = measure_risk(book, inputs_for(book, some_returns()), regimes=CACHE)

    assert snapshot.hhi == pytest.approx(0.36 + 0.16)
    assert snapshot.top5_weight == pytest.approx(1)


def test_correlations_are_of_the_thirty_largest() -> None:
    positions = [a_position(f"T{at:02}") for at in range(33)]
    book = a_book(positions, [100.0 + at for at in range(33)])

    matrix = measure_risk(book, inputs_for(book, some_returns(assets=33)), regimes=CACHE).correlation_matrix

    assert matrix is not None
    assert matrix.tickers[0] == "T32"
    assert len(matrix.values) == 30
    assert matrix.omitted == 3


def test_liquidity_is_told_where_volume_is_known() -> None:
    book, returns = a_book([A, C], [1000, 3000]), some_returns(assets=2)

    snapshot = measure_risk(book, inputs_for(book, returns, volume=np.array([100.0, np.nan])), regimes=CACHE)

    assert snapshot.liquidity is not None
    # 100 units at a fifth of 100 a day.
    assert snapshot.liquidity.positions[0].days_to_liquidate == pytest.approx(5)
    assert snapshot.liquidity.covered_weight == pytest.approx(0.25)
    assert snapshot.liquidity.liquid_within_1d == pytest.approx(0.2)
    without = measure_risk(book, inputs_for(book, returns), regimes=CACHE).unavailable["liquidity"]
    assert without.code == "no_volume"
    assert "of the last weeks" in without.detail


def test_a_risk_free_rate_of_long_ago_is_flagged() -> None:
    book, returns = a_book([A], [1000]), some_returns(assets=1)
    inputs = inputs_for(book, returns)
    rate = RiskFreeRate(
        currency="USD", value=0.05, source="bills", tenor="3m", day=inputs.as_of - timedelta(days=32)
    )

    snapshot = measure_risk(book, replace(inputs, risk_free=rate), regimes=CACHE)

    assert [(one.ticker, one.code) for one in snapshot.data_quality] == [("USD", "old_rate")]


def test_an_old_exchange_rate_is_flagged_once_per_currency() -> None:
    book, returns = a_book([A], [1000]), some_returns(assets=1)
    flags = (
        Flag(ticker="EUR", code="old_fx", detail="of the value"),
        Flag(ticker="GBP", code="old_fx", detail="of the value"),
        Flag(ticker="AAPL", code="jump", detail="one"),
        Flag(ticker="AAPL", code="jump", detail="another"),
        Flag(ticker="EUR", code="old_fx", detail="of the returns"),
    )

    snapshot = measure_risk(book, replace(inputs_for(book, returns), flags=flags), regimes=CACHE)

    told = [(one.ticker, one.detail) for one in snapshot.data_quality if one.code != "no_risk_free_rate"]
    assert told == [("EUR", "of the value"), ("GBP", "of the value"), ("AAPL", "one"), ("AAPL", "another")]


def test_a_portfolio_worth_nothing_has_no_figure_that_is_not_a_number() -> None:
    book = a_book([A], [1000], cash=-1000)
    inputs = inputs_for(book, some_returns(assets=1), volume=np.array([100.0]))

    snapshot = measure_risk(book, inputs, regimes=CACHE)

    assert snapshot.liquidity is None
    assert snapshot.unavailable["liquidity"].code == "no_value"
    assert msgspec.json.decode(msgspec.json.encode(snapshot), type=RiskSnapshot) == snapshot


def test_all_of_what_has_a_past_is_all_of_it() -> None:
    book = a_book([A, B, C], [1234.56, 0.1, 77.7], cash=3.3)

    snapshot = measure_risk(book, inputs_for(book, some_returns()), regimes=CACHE)

    assert snapshot.coverage == 1

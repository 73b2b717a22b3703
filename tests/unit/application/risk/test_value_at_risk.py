from math import sqrt

import numpy as np
import pytest
from tests.support.market_arrays import ArrayMarket

from application.risk.questions import ValueAtRiskAnswer, ValueAtRiskQuestion, ValuedSymbol
from application.risk.value_at_risk import value_at_risk
from domain.errors import Refused

DAYS = [str(day) for day in np.arange("2022-01-03", "2022-09-01", dtype="datetime64[D]")]
CHANCE = np.random.default_rng(9)
A, B = CHANCE.normal(0, 0.01, len(DAYS) - 1), CHANCE.normal(0, 0.02, len(DAYS) - 1)


def levels(returns: np.ndarray) -> dict[str, float]:
    return dict(zip(DAYS[-len(returns) - 1 :], 100 * np.cumprod([1, *(1 + returns)]), strict=True))


@pytest.fixture
def market() -> ArrayMarket:
    market = ArrayMarket("2022-12-28")
    market.prices("A", levels(A))
    market.prices("B", levels(B))
    return market


async def ask(market: ArrayMarket, *positions: tuple[str, float], **asked: object) -> ValueAtRiskAnswer:
    named = [ValuedSymbol(symbol=symbol, value=value) for symbol, value in positions]
    return await value_at_risk(market, "acme", ValueAtRiskQuestion(positions=named, **asked))  # type: ignore[arg-type]


async def test_the_loss_of_amounts_over_days(market: ArrayMarket) -> None:
    answer = await ask(market, ("A", 3000), ("B", 1000), confidence_level=0.95, time_horizon=4)

    gains = 3000 * A + 1000 * B
    worst = np.quantile(gains, 0.05)
    assert answer.var == pytest.approx(-worst * 2)
    assert answer.cvar == pytest.approx(-gains[gains <= worst].mean() * 2)
    assert sum(one.component_var for one in answer.components) == pytest.approx(answer.var, rel=1e-12)
    assert sum(one.component_cvar for one in answer.components) == pytest.approx(answer.cvar, rel=1e-12)
    assert answer.n_observations == len(A)


async def test_a_position_and_its_opposite_cancel(market: ArrayMarket) -> None:
    answer = await ask(market, ("A", 1000), ("B", 500), ("A", -1000))

    assert answer.var == pytest.approx((await ask(market, ("B", 500))).var)
    assert answer.total_value == 500
    assert [(one.symbol, one.value) for one in answer.components] == [("B", 500), ("A", 0)]


async def test_short_books_are_measured_like_long_ones(market: ArrayMarket) -> None:
    answer = await ask(market, ("A", -1000), method="parametric")

    deviation, mean = 1000 * A.std(ddof=1), 1000 * A.mean()
    assert answer.var == pytest.approx(mean + 1.6448536269514722 * deviation)
    assert answer.total_value == -1000


async def test_values_in_another_currency_move_with_its_rate(market: ArrayMarket) -> None:
    rates = CHANCE.normal(0, 0.03, len(DAYS) - 1)
    market.fx("USD", "EUR", levels(rates))

    answer = await ask(market, ("A", 1000), currency="EUR", confidence_level=0.9)

    gains = 1000 * ((1 + A) * (1 + rates) - 1)
    assert answer.var == pytest.approx(-np.quantile(gains, 0.1))


async def test_a_younger_instrument_is_completed_and_said_so(market: ArrayMarket) -> None:
    market.prices("C", levels(B[-80:]))

    answer = await ask(market, ("A", 1000), ("C", 500))

    assert [(one.ticker, one.days) for one in answer.proxies] == [("C", len(A) - 80)]


async def test_symbols_without_enough_prices_are_named(market: ArrayMarket) -> None:
    market.prices("C", levels(B[-30:]))
    market.prices("D", {"2022-08-31": 5.0})

    with pytest.raises(Refused) as refusal:
        await ask(market, ("A", 1000), ("C", 500), ("D", 500))

    assert [(one.field, one.code) for one in refusal.value.violations] == [
        ("positions.1.symbol", "no_history"),
        ("positions.2.symbol", "no_history"),
    ]
    assert "30 daily returns are known; 60 are needed" in refusal.value.violations[0].detail


async def test_a_currency_without_rates_is_named_with_what_to_import(market: ArrayMarket) -> None:
    with pytest.raises(Refused) as refusal:
        await ask(market, ("A", 1000), currency="XAU")

    [violation] = refusal.value.violations
    assert (violation.field, violation.code) == ("positions.0.symbol", "no_rate")
    assert "No exchange rate from USD to XAU" in violation.detail
    assert "POST /v1/market/fx/import" in violation.detail


@pytest.mark.parametrize("method", ["historical", "parametric", "cornish_fisher", "monte_carlo"])
async def test_what_cancels_out_loses_nothing_with_a_plain_zero(market: ArrayMarket, method: str) -> None:
    answer = await ask(market, ("A", 1000), ("A", -1000), method=method)

    told = [answer.var, answer.cvar, *(one.component_var for one in answer.components)]
    assert [str(one) for one in told] == ["0.0"] * 3


async def test_simulation_gives_the_same_answer_to_the_same_question(market: ArrayMarket) -> None:
    first = await ask(market, ("A", 1000), ("B", 500), method="monte_carlo", time_horizon=10)

    assert first == await ask(market, ("A", 1000), ("B", 500), method="monte_carlo", time_horizon=10)
    parametric = await ask(market, ("A", 1000), ("B", 500), method="parametric")
    assert first.var == pytest.approx(parametric.var * sqrt(10), rel=0.03)

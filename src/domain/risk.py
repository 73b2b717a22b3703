"""What a risk snapshot says: one portfolio's holdings on one day, measured against the past of their instruments.

Fractions throughout (0.0142 is 1.42 %); losses are positive, drawdowns negative. Figures are floats, as they come
out of statistics; what cannot be told is null, with the reason in `unavailable` under the figure's name.
"""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from domain.unavailable import Missing

Method = Literal["historical", "parametric", "cornish_fisher", "monte_carlo"]
Regime = Literal["risk_on", "risk_off", "unknown"]
Day = date


def _says(description: str) -> msgspec.Meta:
    return msgspec.Meta(description=description)


class RiskComponent(msgspec.Struct, frozen=True, kw_only=True):
    """What one position adds to the risk of the whole."""

    ticker: Annotated[str, _says("Ticker; a cash balance is `CASH:` and its currency.")]
    position_id: Annotated[UUID | None, _says("The position; null for a cash balance.")]
    weight: Annotated[
        float,
        _says("Signed value over total value, scaled up where other positions are left out: a fraction."),
    ]
    component_var: Annotated[
        float | None,
        _says("Share of `var_95_1d` that the position causes, a fraction; negative where it hedges."),
    ]
    marginal_var: Annotated[
        float | None, _says("Change of `var_95_1d` per unit of additional weight, a fraction.")
    ]
    component_cvar: Annotated[
        float | None,
        _says("Share of `cvar_95_1d` that the position causes, a fraction; steadier than that of VaR."),
    ]
    component_volatility: Annotated[
        float | None, _says("Share of `volatility` that the position causes, a fraction per year.")
    ]
    marginal_volatility: Annotated[
        float | None, _says("Change of `volatility` per unit of additional weight, a fraction per year.")
    ]
    share: Annotated[float | None, _says("`component_var` over `var_95_1d`: a fraction, summing to 1.")]


class CorrelationMatrix(msgspec.Struct, frozen=True, kw_only=True):
    """Correlations of daily returns in the portfolio's currency."""

    tickers: Annotated[list[str], _says("Instruments, the largest position first; 30 at most.")]
    values: Annotated[
        list[list[float | None]],
        _says("Row by row, between -1 and 1; null where an instrument's return never changes."),
    ]
    omitted: Annotated[int, _says("Instruments beyond the 30 largest, which are not shown.")] = 0


class LiquidityOfPosition(msgspec.Struct, frozen=True, kw_only=True):
    """How long it takes to sell one position without being more than a share of its market."""

    ticker: Annotated[str, _says("Ticker.")]
    position_id: Annotated[UUID, _says("The position.")]
    average_daily_volume: Annotated[float, _says("Mean volume per day over the window, in units.")]
    days_to_liquidate: Annotated[float, _says("Trading days, as a fraction of days too.")]


class Liquidity(msgspec.Struct, frozen=True, kw_only=True):
    """How long it takes to sell what is held; only positions whose volume is known."""

    participation: Annotated[float, _says("Share of a day's volume that we are, a fraction.")]
    window: Annotated[int, _says("Days over which volume is averaged.")]
    positions: Annotated[list[LiquidityOfPosition], _says("Positions with known volume, slowest first.")]
    covered_weight: Annotated[float, _says("Gross weight of these positions, a fraction of total value.")]
    days_to_liquidate_max: Annotated[float, _says("Trading days until all of them are sold.")]
    liquid_within_1d: Annotated[float, _says("Fraction of their value that is sold within a day.")]
    liquid_within_5d: Annotated[float, _says("Fraction of their value that is sold within five days.")]


class MacroRegime(msgspec.Struct, frozen=True, kw_only=True):
    """What the regime was read from: a two-state Gaussian hidden Markov model of an index's daily returns.

    It sees prices, not the economy. Probabilities are filtered: none of them looks ahead.
    """

    probability: Annotated[
        float | None, _says("Probability of the named state (of the likelier one if `unknown`), a fraction.")
    ]
    probability_risk_off: Annotated[
        float | None, _says("Filtered probability of the turbulent state, a fraction.")
    ]
    as_of: Annotated[date | None, _says("Day of the last return.")]
    model: Annotated[str, _says("The model.")]
    index: Annotated[str | None, _says("Ticker of the index.")]
    n_observations: Annotated[int, _says("Daily returns it was fitted to.")]
    state_volatilities: Annotated[
        dict[str, float] | None, _says("Volatility of each state, a fraction per year.")
    ] = None
    state_means: Annotated[
        dict[str, float] | None, _says("Mean return of each state, a fraction per year.")
    ] = None
    persistence: Annotated[
        dict[str, float] | None, _says("Probability of staying in each state for another day, a fraction.")
    ] = None
    expected_variance_12m: Annotated[
        float | None, _says("Mean variance expected over the next 252 days, per year, a squared fraction.")
    ] = None
    stationary_variance: Annotated[
        float | None, _says("Variance in the long run, per year, a squared fraction.")
    ] = None
    equity_premium_delta_bps: Annotated[
        float | None,
        _says(
            "Risk aversion of 2.5 times the expected less the long-run variance, in basis points per year."
        ),
    ] = None
    beta_to_index: Annotated[float | None, _says("Slope of the portfolio's return on the index's.")] = None
    log_likelihood: Annotated[float | None, _says("Logarithm of the likelihood of the fit.")] = None
    reason: Annotated[str | None, _says("Why the regime is `unknown`; null otherwise.")] = None


class UsedRate(msgspec.Struct, frozen=True, kw_only=True):
    """The risk-free rate that the ratios take off."""

    value: Annotated[float, _says("Per year, a fraction; 0 where no rate is known.")]
    currency: Annotated[str, _says("ISO 4217 code.")]
    source: Annotated[str | None, _says("Where the rate comes from; null where none is known.")] = None
    tenor: Annotated[str | None, _says("Term of the rate.")] = None
    date: Annotated[Day | None, _says("Day of the rate.")] = None


class UsedBenchmark(msgspec.Struct, frozen=True, kw_only=True):
    """What the portfolio is compared with."""

    ticker: Annotated[str, _says("Ticker as the portfolio names it.")]
    series: Annotated[str, _says("`constituents`, or the series its level was read from.")]
    source: Annotated[str, _says("Where the data comes from.")]
    note: Annotated[str | None, _says("What stands in for what.")] = None


class DataFlag(msgspec.Struct, frozen=True, kw_only=True):
    """Something about the data that whoever reads a figure should know."""

    ticker: Annotated[str, _says("Ticker; the currency of a rate.")]
    code: Annotated[
        str,
        _says(
            "`stale`, `missing`, `jump`, `split_suspect`, `no_history`, `old_fx`, `old_rate` or `no_risk_free_rate`."
        ),
    ]
    detail: Annotated[str, _says("In words.")]


class Proxied(msgspec.Struct, frozen=True, kw_only=True):
    """An instrument that did not exist on some days, and what stands in for it there."""

    ticker: Annotated[str, _says("Ticker.")]
    days: Annotated[int, _says("Days on which the proxy stands in.")]
    proxy: Annotated[str, _says("What stands in.")]
    data_from: Annotated[date | None, _says("First day with a return of its own.")] = None


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """A position that the figures leave out."""

    ticker: Annotated[str, _says("Ticker.")]
    code: Annotated[str, _says("`no_price`, `no_rate`, `no_listing` or `no_history`.")]
    detail: Annotated[str, _says("In words.")]


class RiskSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The risk of current holdings: today's weights against the returns of the past, reproducible bit for bit."""

    as_of: Annotated[date, _says("Day of the holdings and of the newest price.")]
    currency: Annotated[str, _says("ISO 4217 code of the portfolio.")]
    total_value: Annotated[float, _says("Value of the holdings, cash included, in that currency.")]
    var_95_1d: Annotated[float | None, _says("Loss of one day not exceeded with 95 %, a positive fraction.")]
    var_99_1d: Annotated[float | None, _says("Loss of one day not exceeded with 99 %, a positive fraction.")]
    var_999_1d: Annotated[
        float | None, _says("Loss of one day not exceeded with 99.9 %, a positive fraction.")
    ]
    cvar_95_1d: Annotated[
        float | None, _says("Mean loss of one day at or beyond `var_95_1d`, a positive fraction.")
    ]
    cvar_99_1d: Annotated[
        float | None, _says("Mean loss of one day at or beyond `var_99_1d`, a positive fraction.")
    ]
    hhi: Annotated[
        float | None, _says("Herfindahl-Hirschman index: sum of squared weights of positions, a fraction.")
    ]
    top5_weight: Annotated[float | None, _says("Weight of the five largest positions, a fraction.")]
    top10_weight: Annotated[float | None, _says("Weight of the ten largest positions, a fraction.")]
    portfolio_vol_30d: Annotated[
        float | None, _says("Volatility over the last 30 returns, a fraction per year.")
    ]
    portfolio_vol_90d: Annotated[
        float | None, _says("Volatility over the last 90 returns, a fraction per year.")
    ]
    volatility: Annotated[float | None, _says("Volatility over the window, a fraction per year.")]
    tracking_error: Annotated[
        float | None, _says("Volatility of return less the benchmark's, a fraction per year.")
    ]
    information_ratio: Annotated[
        float | None, _says("Mean return less the benchmark's over its volatility, per year.")
    ]
    sharpe_ratio: Annotated[
        float | None, _says("Mean return less the risk-free rate over its volatility, per year.")
    ]
    sortino_ratio: Annotated[
        float | None, _says("Mean return less the risk-free rate over its downside risk, per year.")
    ]
    beta: Annotated[float | None, _says("Slope of return on the benchmark's.")]
    max_drawdown: Annotated[
        float | None, _says("Worst fall from a peak over the window, a negative fraction.")
    ]
    macro_regime: Annotated[Regime, _says("Regime of the market by its prices.")]
    macro_regime_detail: Annotated[MacroRegime | None, _says("What the regime was read from.")]
    wacc_delta_bps: Annotated[
        float | None,
        _says("Change of the cost of capital from the equity risk premium alone, in basis points."),
    ]
    nav_impact_pct: Annotated[
        float | None,
        _says("Change of value that this change of discount rate means, in percent; losses negative."),
    ]
    sector_exposure: Annotated[
        dict[str, float], _says("Signed weight by sector, `cash` and `unclassified` included; fractions.")
    ]
    correlation_matrix: Annotated[CorrelationMatrix | None, _says("Correlations of the largest positions.")]
    components: Annotated[
        list[RiskComponent], _says("Positions and cash; their components sum to the portfolio's figures.")
    ]
    liquidity: Annotated[Liquidity | None, _says("Days to liquidate where volume is known.")]
    method: Annotated[Method, _says("How value at risk was computed.")]
    window: Annotated[int, _says("Returns looked back on at most.")]
    n_observations: Annotated[int, _says("Daily returns used.")]
    data_from: Annotated[date | None, _says("Day of the first return.")]
    data_to: Annotated[date | None, _says("Day of the last return.")]
    coverage: Annotated[
        float, _says("Gross value of the positions that are measured over that of all positions, a fraction.")
    ]
    inputs_hash: Annotated[str, _says("SHA-256 of every input, in hexadecimal digits.")]
    risk_free_rate: Annotated[UsedRate, _says("The risk-free rate taken off.")]
    benchmark: Annotated[UsedBenchmark | None, _says("What the portfolio is compared with.")]
    proxies: Annotated[list[Proxied], _says("Instruments without returns of their own on some days.")]
    excluded: Annotated[list[Left], _says("Positions that the figures leave out.")]
    data_quality: Annotated[list[DataFlag], _says("Doubtful data in what was used.")]
    unavailable: Annotated[dict[str, Missing], _says("Why figures are null, by their names.")]

"""Risk as it is asked for and answered; no numpy, since the API decodes bodies straight into these."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from domain.errors import Violation
from domain.risk import DataFlag, Left, Method, Proxied
from domain.rules import each, gathered
from domain.unavailable import Missing

POSITIONS_MAX = 500
HORIZON_MAX = 252
WINDOW_MAX = 2520
Scenario = Literal["2008_financial_crisis", "covid_crash", "dotcom", "custom"]
Symbol = Annotated[str, Meta(min_length=1, max_length=64)]
Shock = Annotated[float, Meta(ge=-1, le=10)]


class RiskQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Risk of a portfolio by another method, window or moment than the agent's.

    as_of, known_at : the last instant whose facts count, and whose recordings do.
    """

    portfolio_id: UUID
    method: Method = "historical"
    window: int = WINDOW_MAX
    as_of: datetime | None = None
    known_at: datetime | None = None


class ValuedSymbol(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount in one instrument."""

    symbol: Annotated[Symbol, Meta(description="Ticker or another name that market data knows.")]
    value: Annotated[
        float,
        Meta(ge=-1e15, le=1e15, description="Value held, in `currency`; negative for a short position."),
    ]


class ValueAtRiskQuestion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Value at risk of amounts in instruments."""

    positions: Annotated[
        list[ValuedSymbol],
        Meta(min_length=1, max_length=POSITIONS_MAX, description="What is held; a symbol may come twice."),
    ]
    confidence_level: Annotated[
        float,
        Meta(ge=0.5, lt=1, description="Probability with which the loss is not exceeded, a fraction."),
    ] = 0.95
    time_horizon: Annotated[
        int,
        Meta(
            ge=1,
            le=HORIZON_MAX,
            description="Trading days; losses of one day are scaled by the square root of the days.",
        ),
    ] = 1
    method: Annotated[Method, Meta(description="How the loss of one day is computed.")] = "historical"
    window: Annotated[
        int, Meta(ge=60, le=WINDOW_MAX, description="Daily returns looked back on at most.")
    ] = WINDOW_MAX
    currency: Annotated[
        str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217 code of the values and of the answer.")
    ] = "USD"

    def violations(self) -> Iterator[Violation]:
        """Yield positions of nothing."""
        return gathered(each(_nothing, self.positions, "positions"))


def _nothing(one: ValuedSymbol, path: str) -> Iterator[Violation]:
    if one.value == 0:
        yield Violation(f"{path}.value", "out_of_range", "Expected a value other than 0.")


class SymbolAtRisk(msgspec.Struct, frozen=True, kw_only=True):
    """What one instrument adds to the loss."""

    symbol: Annotated[str, Meta(description="Ticker of the instrument that the symbol names.")]
    value: Annotated[float, Meta(description="Value held, in `currency`.")]
    component_var: Annotated[
        float, Meta(description="Part of `var`, an amount; negative where it hedges. Sums to `var`.")
    ]
    component_cvar: Annotated[float, Meta(description="Part of `cvar`, an amount. Sums to `cvar`.")]
    marginal_var: Annotated[
        float, Meta(description="Change of `var` per unit of value added, a fraction of it.")
    ]
    share: Annotated[float | None, Meta(description="Part of `var` over `var`; null where `var` is 0.")]


class ValueAtRiskAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Amounts in `currency`; losses are positive."""

    var: Annotated[
        float, Meta(description="Loss over the horizon not exceeded at this confidence, positive.")
    ]
    cvar: Annotated[float, Meta(description="Mean loss at or beyond `var`, positive.")]
    confidence_level: Annotated[float, Meta(description="As in the request.")]
    time_horizon: Annotated[int, Meta(description="As in the request, in trading days.")]
    total_value: Annotated[float, Meta(description="Sum of the values.")]
    currency: Annotated[str, Meta(description="ISO 4217 code of all amounts.")]
    method: Annotated[Method, Meta(description="As in the request.")]
    components: Annotated[list[SymbolAtRisk], Meta(description="By symbol, the largest value first.")]
    scaling: Annotated[str, Meta(description="How one day becomes the horizon.")] = "square root of time"
    n_observations: Annotated[int, Meta(description="Daily returns used.")]
    data_from: Annotated[date, Meta(description="Day of the first return.")]
    data_to: Annotated[date, Meta(description="Day of the last return.")]
    proxies: Annotated[list[Proxied], Meta(description="Instruments without returns on some days.")]
    data_quality: Annotated[list[DataFlag], Meta(description="Doubtful data in what was used.")]


class StressQuestion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a portfolio would gain or lose in scenarios."""

    portfolio_id: Annotated[UUID, Meta(description="The portfolio.")]
    scenarios: Annotated[
        list[Scenario],
        Meta(
            min_length=1,
            max_length=4,
            description=(
                "`2008_financial_crisis` (9 October 2007 to 9 March 2009), `covid_crash` (19 February to 23 March "
                "2020), `dotcom` (24 March 2000 to 9 October 2002): returns of the holdings over these days; "
                "`custom`: the shocks of `custom`."
            ),
        ),
    ] = msgspec.field(default_factory=lambda: ["2008_financial_crisis", "covid_crash", "dotcom"])
    custom: Annotated[
        Annotated[dict[Symbol, Shock], Meta(min_length=1, max_length=POSITIONS_MAX)] | None,
        Meta(
            description=(
                "Return by symbol or sector, a fraction (-0.2 is a fall of 20 %); a symbol goes before its sector, "
                "what is not named keeps its value. Adds the scenario `custom`, which tells nothing without it."
            )
        ),
    ] = None


class StressedPosition(msgspec.Struct, frozen=True, kw_only=True):
    """One holding in one scenario."""

    ticker: Annotated[str, Meta(description="Ticker; a cash balance is `CASH:` and its currency.")]
    position_id: Annotated[UUID | None, Meta(description="The position; null for a cash balance.")]
    value: Annotated[float, Meta(description="Value now, in the portfolio's currency.")]
    scenario_return: Annotated[
        float | None, Meta(description="Return in the scenario, a fraction; null where nothing stands in.")
    ]
    pnl: Annotated[
        float | None, Meta(description="Gain, or loss negative, in the portfolio's currency; null likewise.")
    ]
    pnl_percent: Annotated[float | None, Meta(description="Gain of the position in percent of its value.")]


class StressProxy(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in for a holding that did not exist then."""

    ticker: Annotated[str, Meta(description="The holding.")]
    proxy: Annotated[str, Meta(description="What stands in, with the factor applied.")]


class StressedScenario(msgspec.Struct, frozen=True, kw_only=True):
    """Gain or loss of the whole portfolio in one scenario; holdings are kept all the way."""

    name: Annotated[Scenario, Meta(description="The scenario.")]
    pnl: Annotated[
        float | None,
        Meta(
            description="Gain, or loss negative, in the portfolio's currency; null for `custom` without shocks."
        ),
    ]
    pnl_percent: Annotated[
        float | None,
        Meta(description="The same in percent of total value; null where that is 0, or `pnl` null."),
    ]
    by_position: Annotated[list[StressedPosition], Meta(description="The worst first; they sum to `pnl`.")]
    proxies: Annotated[list[StressProxy], Meta(description="Holdings that something else stands in for.")]
    unmatched: Annotated[
        list[str], Meta(description="Names in `custom` that match no holding; empty for others.")
    ]
    starts: Annotated[
        date | None, Meta(description="Day whose closing prices it begins with; null for `custom`.")
    ] = msgspec.field(name="from")
    ends: Annotated[
        date | None, Meta(description="Day whose closing prices it ends with; null for `custom`.")
    ] = msgspec.field(name="to")
    unavailable: Annotated[dict[str, Missing], Meta(description="Why figures are null, by their names.")]


class StressAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Scenarios for one portfolio."""

    portfolio_id: Annotated[UUID, Meta(description="The portfolio.")]
    as_of: Annotated[date, Meta(description="Day of the holdings.")]
    currency: Annotated[str, Meta(description="ISO 4217 code of all amounts.")]
    total_value: Annotated[float, Meta(description="Value of the holdings, cash included.")]
    scenarios: Annotated[list[StressedScenario], Meta(description="In the order of the request.")]
    excluded: Annotated[list[Left], Meta(description="Positions without a value, in no figure.")]
    data_quality: Annotated[list[DataFlag], Meta(description="Doubtful data in what was used.")]

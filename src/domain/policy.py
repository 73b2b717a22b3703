"""How a portfolio wants to be rebalanced."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

import msgspec


class RebalanceOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The portfolio's rebalance policy; a request may replace single options.

    Attributes
    ----------
    to : trade to the targets, or only back to the edge of each band.
    whole_shares : trade whole units only.
    min_trade_value : smallest trade worth placing, in the portfolio's currency.
    cash_buffer : share of total value that stays in cash, a fraction.
    cost_bps : cost of a trade in basis points of its value.
    fixed_cost : cost of a trade whatever its value, in the portfolio's currency.
    do_not_trade : tickers to leave alone.
    """

    to: Literal["target", "edge"] = "target"
    whole_shares: bool = False
    min_trade_value: Decimal = Decimal(0)
    cash_buffer: Decimal = Decimal(0)
    cost_bps: Decimal = Decimal(0)
    fixed_cost: Decimal = Decimal(0)
    do_not_trade: tuple[str, ...] = ()

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "RebalanceOptions":
        """Return the options that stored JSON holds."""
        return msgspec.convert(plain, cls)

    def overridden_by(self, changes: Mapping[str, Any]) -> "RebalanceOptions":
        """Return the options with some of them replaced, as a request may ask."""
        return msgspec.convert({**msgspec.to_builtins(self), **changes}, RebalanceOptions)

"""Trades to the cent: from amounts a solver suggests to orders that add up exactly."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal, localcontext
from typing import Literal
from uuid import UUID

import msgspec

from domain.drift import DriftReport
from domain.policy import RebalanceOptions

Side = Literal["buy", "sell"]
BPS = Decimal(10_000)
QUANTITY_EXPONENT = 6  # decimals of a unit that brokers with fractional shares accept
_DIGITS = 60  # sums and products of money stay exact


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """An instrument that is not held and may be bought, priced in the portfolio's currency."""

    instrument_id: UUID
    ticker: str
    asset_class: str
    price: Decimal
    account: str = ""
    sector: str | None = None
    geography: str | None = None
    isin: str | None = None


class Trade(msgspec.Struct, frozen=True, kw_only=True):
    """One order: units and money are positive, `side` gives the direction; no position_id: not held yet."""

    ticker: str
    instrument_id: UUID
    account: str
    side: Side
    quantity: Decimal
    estimated_price: Decimal
    value: Decimal
    cost: Decimal
    position_id: UUID | None = None

    @property
    def cash_flow(self) -> Decimal:
        """Money the trade brings (negative: takes), costs included."""
        return (self.value if self.side == "sell" else -self.value) - self.cost


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a solver wants of one position: signed units, positive buys; `held` is the signed holding."""

    ticker: str
    instrument_id: UUID
    account: str
    price: Decimal
    quantity: Decimal
    held: Decimal = Decimal(0)
    position_id: UUID | None = None


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """Allocations that cannot hold together, in words, and by which fraction each must at least give way."""

    allocations: tuple[str, ...]
    explanation: str
    least_relaxation: dict[str, Decimal]
    allocation_ids: tuple[UUID, ...] = ()


class TradePlan(msgspec.Struct, frozen=True, kw_only=True):
    """Trades, what they lead to, and what stood in the way.

    Cash plus the cash flows of all trades is `residual_cash` exactly. Turnover is a fraction of total value
    before trading: two-way counts buys and sales, one-way is half of it. `solver` names the programme that
    answered, `proven_optimal` whether nothing better exists in the documented order; `reason` says why
    nothing was computed.
    """

    trades: tuple[Trade, ...]
    residual_cash: Decimal
    total_cost: Decimal
    turnover_one_way: Decimal
    turnover_two_way: Decimal
    before: DriftReport
    after: DriftReport
    binding_constraints: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    solver: str = "none"
    proven_optimal: bool = True
    reason: str | None = None


class Precision(msgspec.Struct, frozen=True, kw_only=True):
    """Decimals of money and of quantities; whole shares have none."""

    currency_exponent: int = 2
    quantity_exponent: int = QUANTITY_EXPONENT

    @property
    def cent(self) -> Decimal:
        """Smallest amount of money."""
        return Decimal(1).scaleb(-self.currency_exponent)

    @property
    def step(self) -> Decimal:
        """Smallest quantity."""
        return Decimal(1).scaleb(-self.quantity_exponent)


def place_trades(
    wishes: Sequence[Wish],
    *,
    cash: Decimal,
    cash_floor: Decimal,
    options: RebalanceOptions,
    precision: Precision,
) -> tuple[Trade, ...]:
    """Round wishes to orders that spend no more than there is and sell no more than is held.

    Sales come first, each side by ticker and account. A sale that would leave less than a cent of a position
    sells all of it. Where rounding or costs would take cash below `cash_floor`, the largest buys are cut by
    the smallest quantity that suffices; only where there is no buy to cut the largest sale is enlarged.
    """
    with localcontext(prec=_DIGITS, rounding=ROUND_HALF_EVEN):
        trades = [trade for wish in wishes if (trade := _order(wish, options, precision)) is not None]
        trades.sort(key=lambda trade: (trade.side == "buy", trade.ticker, trade.account, trade.instrument_id))
        _raise_cash(trades, cash - cash_floor, _room(wishes, options), options, precision)
        return tuple(trades)


def residual_cash(cash: Decimal, trades: Sequence[Trade]) -> Decimal:
    """Cash after all trades and their costs, exactly."""
    with localcontext(prec=_DIGITS):
        return sum((trade.cash_flow for trade in trades), cash)


def turnover_two_way(trades: Sequence[Trade], total_value: Decimal) -> Decimal:
    """Bought plus sold value as a fraction of total value before trading, which must be positive."""
    return sum((trade.value for trade in trades), Decimal(0)) / total_value


def _order(wish: Wish, options: RebalanceOptions, precision: Precision) -> Trade | None:
    quantity = abs(wish.quantity).quantize(precision.step)
    covered = wish.held if wish.quantity < 0 else -wish.held
    if wish.quantity < 0 <= covered or quantity <= covered:
        rest = abs(covered - quantity) * wish.price
        quantity = covered if rest < precision.cent and not options.whole_shares else min(quantity, covered)
    short = options.min_trade_value - quantity * wish.price
    if 0 < short < 2 * (precision.cent + precision.step * wish.price) and quantity != covered:
        quantity += (short / wish.price).quantize(precision.step, ROUND_UP)
        quantity = min(quantity, covered) if wish.quantity < 0 < covered else quantity
    return _priced(wish, quantity, options, precision)


def _priced(wish: Wish, quantity: Decimal, options: RebalanceOptions, precision: Precision) -> Trade | None:
    value = (quantity * wish.price).quantize(precision.cent)
    if value <= 0:
        return None
    return Trade(
        ticker=wish.ticker,
        instrument_id=wish.instrument_id,
        account=wish.account,
        side="sell" if wish.quantity < 0 else "buy",
        quantity=quantity,
        estimated_price=wish.price,
        value=value,
        cost=_cost(value, options, precision),
        position_id=wish.position_id,
    )


def _cost(value: Decimal, options: RebalanceOptions, precision: Precision) -> Decimal:
    cost = value * options.cost_bps / BPS + options.fixed_cost
    return cost.quantize(precision.cent, ROUND_HALF_UP)


def _room(wishes: Sequence[Wish], options: RebalanceOptions) -> dict[UUID, Decimal]:
    """Long quantity that may be sold, by position; only whole shares where shares are whole."""
    room = {wish.position_id: max(wish.held, Decimal(0)) for wish in wishes if wish.position_id is not None}
    return {at: Decimal(int(held)) if options.whole_shares else held for at, held in room.items()}


def _raise_cash(
    trades: list[Trade],
    spendable: Decimal,
    room: dict[UUID, Decimal],
    options: RebalanceOptions,
    precision: Precision,
) -> None:
    """Find what rounding overspent, in place: in the largest buy, or else in the largest sale with more."""
    while (missing := -sum((trade.cash_flow for trade in trades), spendable)) > 0:
        at = _source(trades, room)
        if at is None:
            return
        trade = trades[at]
        left = room.get(trade.position_id or trade.instrument_id, trade.quantity)
        units = max((missing / trade.estimated_price).quantize(precision.step, ROUND_UP), precision.step)
        quantity = trade.quantity - units
        if trade.side == "sell":
            quantity = min(trade.quantity + units, left)
        changed = _resized(trade, quantity, options, precision)
        trades[at : at + 1] = [changed] if changed is not None else []


def _source(trades: Sequence[Trade], room: dict[UUID, Decimal]) -> int | None:
    buys = [at for at, trade in enumerate(trades) if trade.side == "buy"]
    sales = [
        at
        for at, trade in enumerate(trades)
        if trade.side == "sell" and trade.position_id in room and room[trade.position_id] > trade.quantity
    ]
    return max(buys or sales, key=lambda at: trades[at].value, default=None)


def _resized(
    trade: Trade, quantity: Decimal, options: RebalanceOptions, precision: Precision
) -> Trade | None:
    """The same trade of another size; a buy that falls below the minimum is dropped."""
    value = (max(quantity, Decimal(0)) * trade.estimated_price).quantize(precision.cent)
    if value <= 0 or (value < options.min_trade_value and trade.side == "buy"):
        return None
    cost = _cost(value, options, precision)
    return msgspec.structs.replace(trade, quantity=quantity, value=value, cost=cost)

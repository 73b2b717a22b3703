"""How a plan is shown: rounded where exactness means nothing, and to the decimals a currency has."""

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from domain.drift import BucketDrift, DriftReport
from domain.trades import TradePlan

NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"  # ISO 4217, as of 2024
THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
FIGURE = Decimal("1e-10")
WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)


def no_trades(report: DriftReport, why: str) -> TradePlan:
    """Return the plan of a portfolio for which none can be computed."""
    zero = Decimal(0)
    return TradePlan(
        trades=(),
        residual_cash=report.cash,
        total_cost=zero,
        turnover_one_way=zero,
        turnover_two_way=zero,
        before=report,
        after=report,
        reason=why,
    )


def weights(buckets: Iterable[BucketDrift]) -> list[dict[str, Any]]:
    """Return buckets as they are shown before and after the trades."""
    return [
        {
            "allocation_type": bucket.allocation_type,
            "bucket": bucket.bucket,
            "actual_weight": figure(bucket.actual_weight),
            "target_weight": figure(bucket.target_weight),
            "drift": figure(bucket.drift),
            "status": bucket.status,
        }
        for bucket in buckets
    ]


def figure(exact: Decimal | None) -> Decimal | None:
    """Round a fraction to ten decimals, more than anybody reads and less than a quotient has."""
    return None if exact is None else plain(exact.quantize(FIGURE, context=WIDE))


def plain(exact: Decimal) -> Decimal:
    """Return a number without trailing zeros and without an exponent."""
    return Decimal(format(exact.normalize(WIDE), "f"))


def currency_exponent(currency: str) -> int:
    """Return the number of decimals that amounts of a currency have."""
    return 0 if currency in NO_DECIMALS else 3 if currency in THREE_DECIMALS else 2

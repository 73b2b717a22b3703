"""From the weights of a result to target allocations: exact decimals, and nothing left over from before."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Final

from msgspec import structs

from application.optimization.buckets import bucket_of, buckets_held
from application.optimization.dataset import AssetFacts
from domain.drift import ALLOCATION_TYPES, CASH_BUCKET, AllocationType, BandKind, Target
from domain.errors import Refused, Violation
from domain.holding_facts import Position
from domain.portfolio import Portfolio

STEP: Final = Decimal("0.000001")
"""Targets are multiples of it: a hundredth of a basis point."""
NAMED: Final = 5
"""How many assets a sentence lists."""
ONE, ZERO = Decimal(1), Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a result is to become: targets of one type, with a band each or with the portfolio's threshold.

    weights : by name of asset, fractions.
    band_kind, band : as `Target` has them.
    """

    weights: Mapping[str, float]
    assets: Sequence[AssetFacts]
    allocation_type: AllocationType
    band_kind: BandKind | None = None
    band: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """All targets of one type as they are to be.

    invested : the share of the portfolio that the result was given; the rest stays in cash.
    sold : buckets with a target of zero, because they are held and not in the result.
    warnings : what to know before it is applied, as codes and sentences.
    """

    targets: tuple[Target, ...]
    invested: Decimal
    sold: tuple[str, ...]
    warnings: tuple[tuple[str, str], ...]


def replacement(wanted: Wanted, portfolio: Portfolio, positions: Iterable[Position]) -> Replacement:
    """Return the targets that hold the portfolio to the result.

    Weights are given the part of the portfolio that is not to stay in cash, are rounded to `STEP`, and add up
    exactly. What is held and has no weight in the result gets a target of zero, so that it is sold.

    Raises
    ------
    Refused
        If a weight is negative, the weights add up to more than 1 or to nothing, or an asset's bucket is not known.
    """
    held = list(positions)
    wanted = _told_apart(wanted) if wanted.allocation_type == "security" else wanted
    shares = _shares(wanted, portfolio, held)
    _require_weights(shares, portfolio, wanted)
    invested = _invested(wanted, portfolio)
    total = _total(shares.values()) * invested
    exact = rounded(shares, total.quantize(STEP, ROUND_HALF_EVEN))
    if wanted.allocation_type == "asset_class" and sum(exact.values()) < 1:
        exact[CASH_BUCKET] = exact.get(CASH_BUCKET, ZERO) + ONE - sum(exact.values())
    weighted = [one for one in wanted.assets if wanted.weights.get(one.name)]
    there = buckets_held(weighted, wanted.allocation_type, portfolio, held)
    sold = sorted(there - exact.keys() - {CASH_BUCKET})
    return Replacement(
        targets=(
            *(_target(portfolio, wanted, bucket, weight) for bucket, weight in sorted(exact.items())),
            *(_zero(portfolio, wanted.allocation_type, bucket) for bucket in sold),
        ),
        invested=invested,
        sold=tuple(sold),
        warnings=tuple(_warnings(wanted, portfolio, held, invested)),
    )


def rounded(shares: Mapping[str, float], total: Decimal) -> dict[str, Decimal]:
    """Return shares of a total as multiples of `STEP` that add up to it exactly; what rounds to nothing is left out.

    Every share is rounded down, and what is missing goes to those that lost most, a step each.
    """
    whole = sum(map(Fraction, shares.values()), Fraction(0))
    exact = {bucket: Fraction(share) / whole * Fraction(total / STEP) for bucket, share in shares.items()}
    steps = {bucket: int(count) for bucket, count in exact.items()}
    missing = int(total / STEP) - sum(steps.values())
    for bucket in sorted(exact, key=lambda one: (steps[one] - exact[one], one))[:missing]:
        steps[bucket] += 1
    return {bucket: count * STEP for bucket, count in steps.items() if count}


def _told_apart(wanted: Wanted) -> Wanted:
    """Call assets that share a ticker by their ISIN: a target for a ticker means whatever has it."""
    often = Counter(_ticker(one) for one in wanted.assets if wanted.weights.get(one.name))
    alike = [one for one in wanted.assets if wanted.weights.get(one.name) and often[_ticker(one)] > 1]
    if nameless := [one.name for one in alike if one.isin is None]:
        detail = f"Others have the ticker of {_listed(nameless)}, and no ISIN is known to tell them apart."
        raise _refusal("allocation_type", "ambiguous_security", detail)
    called = {one.name: structs.replace(one, ticker=one.isin) for one in alike}
    return replace(wanted, assets=[called.get(one.name, one) for one in wanted.assets])


def _ticker(asset: AssetFacts) -> str:
    return (asset.ticker or asset.name).casefold()


def _total(shares: Iterable[float]) -> Decimal:
    return Decimal(float(sum(map(Fraction, shares)))).quantize(STEP, ROUND_HALF_EVEN)


def _shares(wanted: Wanted, portfolio: Portfolio, held: Sequence[Position]) -> dict[str, float]:
    """Add up the weights of each bucket, refusing assets whose bucket nobody knows."""
    known = {asset.name: asset for asset in wanted.assets}
    shares: dict[str, float] = {}
    unknown: list[str] = []
    for name, weight in wanted.weights.items():
        if weight == 0:
            continue
        asset = known.get(name, AssetFacts(name=name))
        bucket = bucket_of(asset, wanted.allocation_type, portfolio, held)
        if bucket is None:
            unknown.append(name)
        else:
            shares[bucket] = shares.get(bucket, 0.0) + weight
    if unknown:
        kind = wanted.allocation_type
        detail = f"The {kind} of {_listed(unknown)} is not known, so no {kind} targets can be made."
        raise _refusal("allocation_type", f"unknown_{kind}", detail)
    return shares


def _require_weights(shares: Mapping[str, float], portfolio: Portfolio, wanted: Wanted) -> None:
    short = [name for name, weight in wanted.weights.items() if weight < 0]
    below = sorted(bucket for bucket, share in shares.items() if share < 0)
    if short and portfolio.long_only:
        detail = f"The portfolio is long only, and the result sells {_listed(short)} short."
        raise _refusal("method", "short_weight", detail)
    if below:
        raise _refusal("method", "short_weight", f"A target cannot be negative: {_listed(below)}.")
    total = _total(shares.values())
    if total > 1:
        detail = f"The weights add up to {total}, over 1, and targets cannot."
        raise _refusal("method", "targets_over_one", detail)
    if total <= 0:
        raise _refusal("method", "no_weights", "The result invests nothing, so there are no targets to set.")


def _refusal(field: str, code: str, detail: str) -> Refused:
    return Refused(detail, violations=(Violation(field, code, detail),))


def _invested(wanted: Wanted, portfolio: Portfolio) -> Decimal:
    """Return what is left beside the cash that the portfolio's policy and its other targets keep."""
    cash = [portfolio.rebalance_policy.cash_buffer]
    if wanted.allocation_type != "asset_class":
        cash += [target.target_weight for target in portfolio.targets.values() if _is_cash(target)]
    return ONE - min(max(ZERO, *cash), ONE)


def _is_cash(target: Target) -> bool:
    return target.allocation_type == "asset_class" and target.bucket.casefold() == CASH_BUCKET


def _target(portfolio: Portfolio, wanted: Wanted, bucket: str, weight: Decimal) -> Target:
    return Target(
        allocation_id=portfolio.allocation_id(wanted.allocation_type, bucket),
        allocation_type=wanted.allocation_type,
        bucket=bucket,
        target_weight=weight,
        band_kind=wanted.band_kind,
        band=wanted.band,
    )


def _zero(portfolio: Portfolio, allocation_type: AllocationType, bucket: str) -> Target:
    """Return the target of what is to be sold: any of it is too much, however wide bands are."""
    return Target(
        allocation_id=portfolio.allocation_id(allocation_type, bucket),
        allocation_type=allocation_type,
        bucket=bucket,
        target_weight=ZERO,
        max_weight=ZERO,
    )


def _warnings(
    wanted: Wanted, portfolio: Portfolio, held: Sequence[Position], invested: Decimal
) -> Iterable[tuple[str, str]]:
    if invested < 1:
        yield (
            "cash_kept",
            f"{1 - invested} of the portfolio stays in cash, so weights were scaled by {invested}.",
        )
    others = sorted(
        {target.allocation_type for target in portfolio.targets.values()} - {wanted.allocation_type},
        key=ALLOCATION_TYPES.index,
    )
    if others:
        yield "other_targets", f"Targets of other types stay as they are and count, too: {', '.join(others)}."
    kind = wanted.allocation_type
    lost = [one.ticker for one in held if kind != "security" and not getattr(one, kind)]
    if lost:
        yield (
            "unclassified",
            f"The {kind} of {_listed(lost)}, which is held, is not known: no target counts it.",
        )


def _listed(names: Sequence[str]) -> str:
    """Return names in a sentence, the first few and how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more

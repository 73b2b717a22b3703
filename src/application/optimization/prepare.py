"""What a request is computed on: looked up, checked through and kept, before a job begins."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from importlib.metadata import version
from itertools import islice
from typing import Final

import msgspec
import numpy as np

from analytics.optimization.core import feasible
from analytics.optimization.fit import CannotFit, Infeasible
from application.history.past import History
from application.market.history import MarketHistory
from application.optimization import inline, market_figures, universe
from application.optimization.answer import MethodError, Prepared
from application.optimization.checks import Places, faults
from application.optimization.dataset import Dataset
from application.optimization.limit_rules import strangers
from application.optimization.naming import is_inline
from application.optimization.options import Method
from application.optimization.ports import Datasets
from application.optimization.request import Constraints, OptimizationRequest
from application.optimization.sampling import by_asset, limits_of, rate_of, sample_of
from application.optimization.universe import MarketCode, Universe, refused
from domain.errors import Refused, Violation, below, steps
from domain.sectors import sector_slug

VIOLATIONS_MAX: Final = 100
FIGURES: Final = frozenset({
    "stocks", "portfolio_id", "assets", "returns", "prices", "expected_returns", "covariance", "benchmark_returns",
    "window", "frequency", "periods_per_year",
})  # fmt: skip
"""Fields that say which figures are meant; where one of them is wrong, there are none to look at."""
FORMULAS: Final = "optimization 1"
"""Changes whenever the same inputs give other results."""
AT_MAX_SHARPE: Final[tuple[Method, ...]] = ("MVO", "CriticalLineAlgorithm", "SparseMarkowitzL1")
OTHERWISE: Final = {"SparseMarkowitzL1": "take another method"}
"""What to do where a method has no highest Sharpe ratio, and no `target` besides it."""


async def prepare(
    history: MarketHistory,
    events: History,
    datasets: Datasets,
    tenant: str,
    request: OptimizationRequest,
    *,
    market_code: MarketCode,
) -> Prepared:
    """Gather and check the figures of a request, and keep them.

    Raises
    ------
    Refused
        With everything that is wrong with the request and its figures, limits that cannot hold apart.
    """
    wrong = list(islice(request.violations(), VIOLATIONS_MAX))
    if any(one.field is None or steps(one.field)[0] in FIGURES for one in wrong):
        raise refused(wrong)
    try:
        dataset, places = await _gathered(history, events, tenant, request, market_code)
        wrong += _news(islice(_faults(dataset, request, places), VIOLATIONS_MAX), wrong)
    except Refused as refusal:
        wrong += _news(refusal.violations, wrong)
    if wrong or (wrong := list(_unfit(dataset, request))):
        raise refused(wrong)
    impossible = _impossible(dataset, request)
    await datasets.keep(tenant, dataset.hash, dataset.encoded())
    return _prepared(dataset, request, impossible)


def _news(violations: Iterable[Violation], said: list[Violation]) -> list[Violation]:
    """Leave out what was said of the same fields before."""
    known = {(one.field, one.code) for one in said}
    return [one for one in violations if (one.field, one.code) not in known]


async def _gathered(
    history: MarketHistory,
    events: History,
    tenant: str,
    request: OptimizationRequest,
    market_code: MarketCode,
) -> tuple[Dataset, Places]:
    if is_inline(request):
        dataset = inline.dataset_of(request)
        return dataset, _places(dataset, request.assets or [], "assets.{}")
    if request.portfolio_id is not None:
        found = await universe.portfolio(history, events, tenant, request)
    else:
        found = await universe.stocks(history, tenant, request, market_code)
    dataset = await market_figures.dataset_of(history, tenant, request, found)
    dataset = _as_stated(dataset, request)
    return dataset, _places_in(dataset, found)


def _places(dataset: Dataset, asked: list[str], field: str) -> Places:
    where = {name: field.format(at) for at, name in enumerate(asked)}
    return Places([where[name] for name in dataset.names], dataset.names)


def _places_in(dataset: Dataset, found: Universe) -> Places:
    where = {one.name: field for one, field in zip(found.assets, found.fields, strict=True)}
    return Places([where[name] for name in dataset.names], dataset.names)


def _as_stated(dataset: Dataset, request: OptimizationRequest) -> Dataset:
    """Take the current weights of stocks from the request."""
    stated = request.constraints.current_weights
    if stated is None:
        return dataset
    return msgspec.structs.replace(
        dataset, current_weights=tuple(float(weight) for weight in by_asset(stated, dataset))
    )


def _faults(dataset: Dataset, request: OptimizationRequest, places: Places) -> Iterator[Violation]:
    """Yield faults of figures, and where the request does not fit to them."""
    yield from _left_out(dataset, request)
    yield from _unknown_sectors(dataset, request)
    yield from _untracked(dataset, request)
    yield from faults(dataset, request, places)


def _left_out(dataset: Dataset, request: OptimizationRequest) -> Iterator[Violation]:
    """Names that the request knows and the figures do not."""
    if request.portfolio_id is not None or len(dataset.assets) < len(request.stocks or request.assets or ()):
        yield from strangers(request, dataset.names)


def _unknown_sectors(dataset: Dataset, request: OptimizationRequest) -> Iterator[Violation]:
    if is_inline(request):
        return
    known = {slug for one in dataset.assets if (slug := sector_slug(one.sector or ""))}
    for sector in request.constraints.sectors:
        if sector_slug(sector) not in known:
            told = ", ".join(sorted(known)) or "none is known"
            detail = f"No asset is in the sector {sector}; theirs are: {told}."
            yield Violation(below("constraints.sectors", sector), "unknown_sector", detail)


def _untracked(dataset: Dataset, request: OptimizationRequest) -> Iterator[Violation]:
    if dataset.benchmark_returns is None and "BenchmarkTracker" in request.methods:
        field = f"methods.{request.methods.index('BenchmarkTracker')}"
        why = next(
            (one.detail for one in dataset.warnings if "benchmark" in one.code), "The portfolio names none."
        )
        yield Violation(field, "needs_benchmark", f"BenchmarkTracker needs a benchmark to track. {why}")


def _unfit(dataset: Dataset, request: OptimizationRequest) -> Iterator[Violation]:
    """What keeps moments from being estimated, or limits from holding; asked where nothing else is wrong."""
    try:
        sample = sample_of(dataset, request.terms)
    except CannotFit as refusal:
        yield Violation(refusal.field or "estimators.expected_returns", refusal.code, str(refusal))
        return
    try:
        feasible.require(limits_of(dataset, request.terms), sample)
    except Infeasible as refusal:
        for key in _asked(refusal.conflict, request):
            yield Violation(key, "infeasible", str(refusal))


def _asked(conflict: tuple[str, ...], request: OptimizationRequest) -> list[str]:
    """The limits in a conflict that the request sent; all of them where it sent none."""
    sent = msgspec.to_builtins(request.constraints)
    usual = msgspec.to_builtins(Constraints())
    asked = [key for key in conflict if (name := steps(key)[1]) and sent[name] != usual[name]]
    return asked or list(conflict) or ["constraints"]


def _impossible(dataset: Dataset, request: OptimizationRequest) -> dict[str, MethodError]:
    """Return the methods that cannot be computed on these figures, and why.

    Raises Refused where that is all of them.
    """
    found: dict[str, MethodError] = {
        method: MethodError(code="no_excess_return", detail=detail)
        for method in request.methods
        if (detail := _no_excess(method, dataset, request)) is not None
    }
    if len(found) == len(request.methods):
        raise refused([
            Violation(f"methods.{at}", found[method].code, found[method].detail)
            for at, method in enumerate(request.methods)
        ])  # fmt: skip
    return found


def _no_excess(method: Method, dataset: Dataset, request: OptimizationRequest) -> str | None:
    """Say so where no asset earns more than the risk-free rate, and the method lives on those that do."""
    if method not in AT_MAX_SHARPE:
        return None
    rate = rate_of(method, dataset, request.terms)
    sample = sample_of(dataset, request.terms, risk_free=rate)
    if float(np.max(sample.mean)) > sample.risk_free or not _needs_excess(method, dataset, request):
        return None
    best = float(np.max(sample.mean)) * dataset.periods_per_year
    out = OTHERWISE.get(method, f"let {method}'s `target` be min_vol, or take another method")
    return (
        f"No asset is expected to return more than the risk-free rate of {rate:.4g}; the best returns {best:.4g}. "
        f"There is no highest Sharpe ratio; {out}."
    )


def _needs_excess(method: Method, dataset: Dataset, request: OptimizationRequest) -> bool:
    """Whether a method of the highest ratio has none where nothing earns enough: not if it may sell short instead."""
    options = request.options.of(method)
    if getattr(options, "target", None) == "min_vol":
        return False
    hurdled = getattr(options, "hurdle", None) is not None
    return hurdled or limits_of(dataset, request.terms).is_long_only


def _prepared(dataset: Dataset, request: OptimizationRequest, impossible: dict[str, MethodError]) -> Prepared:
    held = dataset.current_weights
    return Prepared(
        dataset_hash=dataset.hash,
        inputs_hash=inputs_hash(dataset, request),
        code_version=code_version(),
        source=dataset.source,
        assets=list(dataset.assets),
        periods=dataset.periods,
        periods_per_year=dataset.periods_per_year,
        first_day=dataset.since,
        last_day=dataset.days[-1] if dataset.days else None,
        currency=dataset.currency,
        benchmark=dataset.benchmark,
        risk_free=dataset.risk_free,
        dropped=list(dataset.dropped),
        warnings=list(dataset.warnings),
        current_weights=None if held is None else dict(zip(dataset.names, held, strict=True)),
        impossible=impossible,
    )


def inputs_hash(dataset: Dataset, request: OptimizationRequest) -> str:
    """Return the SHA-256 of a request as it was sent and of the figures it means."""
    said = msgspec.json.encode(request, order="deterministic")
    return sha256(said + dataset.hash.encode()).hexdigest()


def code_version() -> str:
    """Return the version of the code that computes; results of one version are the same for the same inputs."""
    return f"{version('trimtab')} {FORMULAS}"

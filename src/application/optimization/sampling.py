"""What a method sees and must keep to, from a dataset and the terms of a request; arrays begin here."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from analytics.optimization.estimators import estimator
from analytics.optimization.limits import Limits, Linear
from analytics.optimization.sample import Floats, Sample
from application.optimization.dataset import Dataset
from application.optimization.options import BlackLittermanOptions, Method
from application.optimization.request import Bound, Constraints, Terms
from domain.errors import below
from domain.sectors import sector_slug

FLOAT: Final = np.dtype("<f8")


def packed(values: Floats) -> bytes:
    """Return an array as a dataset keeps it."""
    return np.ascontiguousarray(values, dtype=FLOAT).tobytes()


def matrix(content: bytes | None, width: int) -> Floats | None:
    """Return rows of `width` numbers as they were kept."""
    return None if content is None else np.frombuffer(content, dtype=FLOAT).reshape(-1, width)


def vector(content: bytes | None) -> Floats | None:
    """Return numbers as they were kept."""
    return None if content is None else np.frombuffer(content, dtype=FLOAT)


def sample_of(dataset: Dataset, terms: Terms, *, risk_free: float | None = None) -> Sample:
    """Return the sample of a dataset, moments estimated where they were not sent.

    risk_free : annual rate that goes before the dataset's.

    Raises
    ------
    CannotFit
        Moments cannot be estimated from these returns.
    """
    annual = dataset.risk_free.value if risk_free is None else risk_free
    free = annual / dataset.periods_per_year
    size = len(dataset.assets)
    returns = matrix(dataset.returns, size)
    held = dataset.current_weights
    known: dict[str, Any] = {
        "assets": dataset.names,
        "risk_free": free,
        "periods_per_year": dataset.periods_per_year,
        "current": None if held is None else np.array(held),
        "seed": terms.seed,
    }
    if returns is None:
        mean, covariance = vector(dataset.expected_returns), matrix(dataset.covariance, size)
        assert mean is not None
        assert covariance is not None
        return Sample(mean=mean, covariance=covariance, **known)
    estimate = _estimator(dataset, terms, free)
    mean, covariance = estimate(returns)
    benchmark = vector(dataset.benchmark_returns)
    return Sample(
        mean=mean, covariance=covariance, returns=returns, benchmark=benchmark, estimator=estimate, **known
    )


def _estimator(dataset: Dataset, terms: Terms, free: float) -> Any:
    blended = terms.options.of("BlackLitterman")
    assert isinstance(blended, BlackLittermanOptions)
    weights = blended.market_weights
    return estimator(
        expected_returns=terms.estimators.expected_returns,
        covariance=terms.estimators.covariance,
        half_life=terms.estimators.half_life,
        shrinkage=terms.estimators.shrinkage,
        market_weights=None if weights is None else by_asset(weights, dataset),
        risk_aversion=blended.risk_aversion,
        risk_free=free,
    )


def by_asset(named: Mapping[str, float], dataset: Dataset, default: float = 0.0) -> Floats:
    """Return numbers by name as an array in the order of the assets."""
    spelled = {name_of(name, dataset): value for name, value in named.items()}
    return np.array([spelled.get(name, default) for name in dataset.names], dtype=np.float64)


def name_of(name: str, dataset: Dataset) -> str:
    """Return an asset's name as the dataset has it, whatever the case of a ticker."""
    return name.strip().upper() if dataset.source in ("stocks", "portfolio") else name


def limits_of(dataset: Dataset, terms: Terms) -> Limits:
    """Return the limits of a request, per period.

    Trading costs are spread over a year, so that they weigh as much as the return they are taken off.
    """
    asked, year = terms.constraints, dataset.periods_per_year
    size = len(dataset.assets)
    held = dataset.current_weights
    rate = terms.costs.rate
    current = np.array(held) if held is not None else np.zeros(size) if rate else None
    return Limits(
        lower=_bound(asked.min_weight, dataset, 0.0),
        upper=_bound(asked.max_weight, dataset, 1.0),
        budget=asked.budget,
        linear=tuple(_linear(asked, dataset)),
        target_return=None if asked.target_return is None else asked.target_return / year,
        target_volatility=None if asked.target_volatility is None else asked.target_volatility / year**0.5,
        max_names=None if asked.max_assets is None or asked.max_assets >= size else asked.max_assets,
        max_turnover=asked.max_turnover,
        max_gross=asked.max_gross,
        current=current,
        cost=np.full(size, rate / year) if rate else None,
    )


def _bound(bound: Bound | None, dataset: Dataset, default: float) -> Floats:
    if isinstance(bound, dict):
        return by_asset(bound, dataset, default)
    return np.full(len(dataset.assets), default if bound is None else bound)


def _linear(asked: Constraints, dataset: Dataset) -> Iterator[Linear]:
    for at, group in enumerate(asked.groups):
        members = {name_of(name, dataset) for name in group.assets}
        chosen = np.array([name in members for name in dataset.names], dtype=np.float64)
        yield from _rows(f"constraints.groups.{at}", f"the group {group.name}", chosen, group)
    for sector, limit in asked.sectors.items():
        wanted = sector_slug(sector)
        chosen = np.array([sector_slug(one.sector or "") == wanted for one in dataset.assets], dtype=float)
        yield from _rows(below("constraints.sectors", sector), f"the sector {sector}", chosen, limit)


def _rows(key: str, name: str, chosen: Floats, limit: Any) -> Iterator[Linear]:
    if limit.min_weight is not None:
        label = f"{name} at least {100 * limit.min_weight:.6g} %"
        yield Linear(key=f"{key}.min_weight", label=label, coefficients=chosen, lower=limit.min_weight)
    if limit.max_weight is not None:
        label = f"{name} at most {100 * limit.max_weight:.6g} %"
        yield Linear(key=f"{key}.max_weight", label=label, coefficients=chosen, upper=limit.max_weight)


def rate_of(method: Method, dataset: Dataset, terms: Terms) -> float:
    """Return the risk-free rate a method takes: its own option before that of the data."""
    own = terms.options.of(method).given().get("risk_free_rate")
    return dataset.risk_free.value if own is None else float(own)


def arguments(method: Method, dataset: Dataset, terms: Terms) -> dict[str, Any]:
    """Return the options of a method as the keyword arguments of its fit, per period and by the assets' names."""
    told = terms.options.of(method).given()
    told.pop("risk_free_rate", None)
    for name in ("risk_budget", "market_weights"):
        if told.get(name) is not None:
            told[name] = {name_of(asset, dataset): share for asset, share in told[name].items()}
    if told.get("views"):
        told["views"] = [_view(view, dataset) for view in told["views"]]
    if method in ("NCO", "StackingOptimization"):
        told["inner_options"] = _inside(method, dataset, terms, told)
    return told


def _view(view: Any, dataset: Dataset) -> dict[str, Any]:
    return {
        "assets": {name_of(asset, dataset): share for asset, share in view.assets.items()},
        "return": view.expected_return / dataset.periods_per_year,
        "confidence": view.confidence,
    }


def _inside(method: Method, dataset: Dataset, terms: Terms, told: Mapping[str, Any]) -> dict[str, Any]:
    """Options of the methods that this one combines, and the risk-free return of a period where one has its own."""
    inner = [told["inner"], told["outer"]] if method == "NCO" else [*told["methods"], told["final"]]
    return {
        name: weights_alone(name, arguments(name, dataset, terms)) | _own_rate(name, dataset, terms)
        for name in dict.fromkeys(inner)
    }


def _own_rate(method: Method, dataset: Dataset, terms: Terms) -> dict[str, float]:
    own = "risk_free_rate" in terms.options.of(method).given()
    return {"risk_free": rate_of(method, dataset, terms) / dataset.periods_per_year} if own else {}


def weights_alone(method: Method, told: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a fit whose weights are all that matters: no frontier is drawn beside them."""
    return told | {"points": 0} if method == "MVO" else told

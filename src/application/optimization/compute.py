"""One method computed on one dataset: weights, figures of them, and how they would have fared."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

import msgspec

from analytics.optimization.figures.weights import risk_contributions
from analytics.optimization.fit import CannotFit, Fit, Infeasible
from analytics.optimization.limits import Limits
from analytics.optimization.methods import fit as fitted
from analytics.optimization.sample import Floats, Sample
from application.optimization.annualised import fields_of
from application.optimization.answer import (
    MethodError,
    MethodOutcome,
    MethodResult,
    MethodWork,
    Noted,
    RelaxationSaid,
)
from application.optimization.dataset import Dataset
from application.optimization.metrics import in_sample, metrics_of
from application.optimization.options import Method
from application.optimization.request import Terms
from application.optimization.sampling import arguments, limits_of, rate_of, sample_of, weights_alone
from application.optimization.walk_forward import out_of_sample
from domain.unavailable import Missing

Clock = Callable[[], float]
"""Tells seconds from whatever start."""


def compute(request: MethodWork, *, clock: Clock = perf_counter) -> MethodOutcome:
    """Return what one method answers; one that cannot be computed says why."""
    started = clock()
    dataset = Dataset.decoded(request.dataset)
    result = result_of(request.method, dataset, request.terms)
    timed = msgspec.structs.replace(result, compute_seconds=clock() - started)
    return MethodOutcome(method=request.method, result=timed)


def result_of(method: Method, dataset: Dataset, terms: Terms) -> MethodResult:
    """Return what a method answers on a dataset: the same for the same input, bit for bit."""
    options = echoed(method, terms)
    told = arguments(method, dataset, terms)
    plain = weights_alone(method, told)

    def refit(sample: Sample, limits: Limits) -> Fit:
        return fitted(method, sample, limits, plain)

    try:
        sample = sample_of(dataset, terms, risk_free=rate_of(method, dataset, terms))
        limits = limits_of(dataset, terms)
        chosen = fitted(method, sample, limits, told)
    except CannotFit as refusal:
        return MethodResult(status="failed", options=options, error=error_of(refusal))
    walked = out_of_sample(dataset, sample, limits, refit, cost=terms.costs.rate)
    return _result(dataset, sample, chosen, walked, options)


def echoed(method: Method, terms: Terms) -> dict[str, Any]:
    """Return a method's options as they were sent, with the defaults of those that were not."""
    plain: dict[str, Any] = msgspec.to_builtins(terms.options.of(method))
    return plain


def error_of(refusal: CannotFit) -> MethodError:
    """Return why a method has no weights."""
    detail = sentence(str(refusal))
    if not isinstance(refusal, Infeasible):
        return MethodError(code=refusal.code, detail=detail, field=refusal.field)
    return MethodError(
        code=refusal.code,
        detail=detail,
        field=refusal.field,
        conflict=list(refusal.conflict),
        relaxations=[
            RelaxationSaid(key=one.key, label=one.label, asked=float(one.asked), needed=float(one.needed))
            for one in refusal.relaxations
        ],
    )


def sentence(text: str) -> str:
    """Return a reason as a sentence of its own."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith(".") else ".")


def _result(
    dataset: Dataset, sample: Sample, chosen: Fit, walked: Any, options: dict[str, Any]
) -> MethodResult:
    weights = chosen.weights
    metrics, unavailable = metrics_of(weights, sample)
    tested = None if isinstance(walked, Missing) else walked
    missing = {"out_of_sample": walked} if isinstance(walked, Missing) else {}
    return MethodResult(
        status="completed",
        weights=named(weights, dataset),
        metrics=metrics,
        unavailable=unavailable | missing,
        risk_contributions=_contributions(weights, sample, dataset),
        in_sample=in_sample(weights, sample),
        out_of_sample=tested,
        options=options,
        solver=chosen.solver,
        solver_status=chosen.status,
        fallbacks=list(chosen.fallbacks),
        notes=[Noted(code=note.code, detail=note.detail) for note in chosen.notes],
        **fields_of(chosen.extras, dataset.names, sample.periods_per_year),
    )


def named(weights: Floats, dataset: Dataset) -> dict[str, float]:
    """Return weights by asset, zeros without a sign."""
    return {name: weight + 0.0 for name, weight in zip(dataset.names, weights.tolist(), strict=True)}


def _contributions(weights: Floats, sample: Sample, dataset: Dataset) -> dict[str, float] | None:
    shares = risk_contributions(weights, sample.covariance)
    return None if shares is None else named(shares, dataset)

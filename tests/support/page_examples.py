"""Examples of pages: a request, as it stands there, and as much of its answer as the page likes to show."""

import doctest
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from tests.support.optimization_datasets import a_dataset, of_moments

from application.optimization.compute import result_of
from application.optimization.dataset import AssetFacts, RiskFree
from application.optimization.request import OptimizationRequest, Terms
from bootstrap.tasks import task_named

ENDPOINT: Final = (
    r"/v1/(?P<path>analytics/[a-z]+|optimize-portfolio|size-position|factor-score|stress-test|optimizations)"
)
CALLED: Final = re.compile(
    rf"```sh\n[^`]*?{ENDPOINT}\s[^`]*?-d '(?P<body>[^']*)'[^`]*```\s+```json\n(?P<answer>.*?)```", re.DOTALL
)
SESSION: Final = re.compile(r"```python\n(>>>.*?)```", re.DOTALL)
ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


def wrong_examples(page: Path) -> list[str]:
    """Return where what a page shows is not what is computed.

    AssertionError for a page without anything to be computed again.
    """
    text = page.read_text(encoding="utf-8")
    calls, sessions = list(CALLED.finditer(text)), SESSION.findall(text)
    assert calls or sessions, "nothing on the page can be recomputed"
    wrong = [difference for call in calls for difference in _wrong_call(call)]
    return wrong + _wrong_sessions(page.stem, sessions)


def calculators_shown(page: Path) -> set[str]:
    """Return the names of the calculators that a page has examples of."""
    return {name_of(call) for call in CALLED.finditer(page.read_text(encoding="utf-8"))} - {"optimizations"}


def name_of(call: re.Match[str]) -> str:
    """Return the last part of the address that is called."""
    return call["path"].rpartition("/")[2]


def _wrong_call(call: re.Match[str]) -> Iterator[str]:
    shown = json.loads(call["answer"], parse_float=Decimal)
    name = name_of(call)
    found = optimized(call["body"]) if name == "optimizations" else answered(name, call["body"])
    return differences(shown, json.loads(ENCODER.encode(found), parse_float=Decimal))


def _wrong_sessions(name: str, sessions: list[str]) -> list[str]:
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    report: list[str] = []
    runner.run(parser.get_doctest("".join(sessions), {}, name, name, 0), out=report.append)
    return report if runner.failures else []


def answered(calculator: str, body: str) -> Any:
    """Return what a calculator answers."""
    task = task_named(f"calculators.{calculator}")
    request = msgspec.json.decode(body.encode(), type=task.request)
    run: Any = task.run(None, "", request, b"")  # type: ignore[arg-type]  # a calculator needs no database
    try:
        run.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("a calculator waits for something")


def optimized(body: str) -> Any:
    """Return the results of an optimisation of returns or moments that were sent."""
    plain = json.loads(body)
    request = msgspec.convert(plain, OptimizationRequest)
    violations = list(request.violations())
    assert violations == [], violations
    assets = tuple(AssetFacts(name=name) for name in request.assets or ())
    if request.returns is not None:
        year = {} if request.periods_per_year is None else {"periods_per_year": request.periods_per_year}
        benchmark = None if request.benchmark_returns is None else np.array(request.benchmark_returns)
        dataset = a_dataset(np.array(request.returns), benchmark=benchmark, assets=assets, **year)
    else:
        dataset = of_moments(np.array(request.expected_returns), np.array(request.covariance), assets=assets)
    assert dataset.risk_free == RiskFree(value=0.0)
    terms = msgspec.convert(plain, Terms)
    return {"results": {method: result_of(method, dataset, terms) for method in request.methods}}


def differences(shown: Any, found: Any, at: str = "") -> Iterator[str]:
    """Yield where an answer is not what the page shows; a page may leave fields out and round."""
    if isinstance(shown, dict) and isinstance(found, dict):
        for name, value in shown.items():
            yield from differences(value, found.get(name, "nothing"), f"{at}.{name}")
    elif isinstance(shown, list) and isinstance(found, list) and len(shown) == len(found):
        for place, (left, right) in enumerate(zip(shown, found, strict=True)):
            yield from differences(left, right, f"{at}[{place}]")
    elif not same(shown, found):
        yield f"{at[1:]} is {found}, not {shown}"


def same(shown: Any, found: Any) -> bool:
    """Whether a value is what was shown, which may be rounded."""
    if isinstance(shown, Decimal) and isinstance(found, Decimal | int):
        digits = -int(shown.as_tuple().exponent)
        return abs(shown - found) <= Decimal(10) ** -digits * Decimal("0.5000001")
    return type(shown) is type(found) and bool(shown == found)

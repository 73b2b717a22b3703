"""What holds for every method, whichever it is."""

import sys
from dataclasses import replace
from importlib import import_module
from subprocess import run
from typing import Any, get_args

import numpy as np
import pytest
from tests.support.optimization_samples import a_sample
from tests.support.reference_libraries import sp500_index_returns, sp500_returns

from analytics.optimization import methods
from analytics.optimization.core.keeping import missed
from analytics.optimization.fit import CannotFit
from analytics.optimization.limits import SLACK, Limits, Linear
from application.optimization.options import OPTIONS, Method, MethodOptions

SAMPLE = a_sample(sp500_returns(), benchmark=sp500_index_returns(), risk_free=0.02 / 252)
NAMES = get_args(Method)
BOX_ONLY = {"CriticalLineAlgorithm"}
LIMITS: dict[str, Limits] = {
    "long-only": Limits.long_only(20),
    "caps": replace(Limits.long_only(20), lower=np.full(20, 0.01), upper=np.full(20, 0.15)),
    "a group": replace(
        Limits.long_only(20),
        linear=(Linear(key="g", label="g", coefficients=np.repeat([1.0, 0.0], 10), lower=0.3, upper=0.4),),
    ),
    "turnover": replace(Limits.long_only(20), current=np.full(20, 0.05), max_turnover=0.2),
    "volatility": replace(Limits.long_only(20), target_volatility=0.0125),
    "return": replace(Limits.long_only(20), target_return=0.0007),
    "names": replace(Limits.long_only(20), max_names=6),
}


def options_of(name: Method) -> dict[str, Any]:
    return MethodOptions().of(name).given()


def test_there_is_a_module_for_every_method() -> None:
    assert tuple(methods.FITS) == NAMES == tuple(OPTIONS)
    for module in methods.FITS.values():
        assert callable(import_module(f"analytics.optimization.{module}").fit)


@pytest.mark.parametrize("asked", LIMITS)
@pytest.mark.parametrize("name", NAMES)
def test_every_method_keeps_to_every_limit(name: Method, asked: str) -> None:
    limits = LIMITS[asked]
    if name in BOX_ONLY and not limits.is_box:
        with pytest.raises(CannotFit) as refusal:
            methods.fit(name, SAMPLE, limits, options_of(name))
        assert refusal.value.code == "unsupported_constraint"
        return

    found = methods.fit(name, SAMPLE, limits, options_of(name))

    assert found.weights.shape == (20,)
    assert missed(found.weights, limits, SAMPLE) <= SLACK
    tiny = np.abs(found.weights) < 1e-7 * np.abs(found.weights).max()
    assert not found.weights[tiny & (limits.lower == 0)].any()


@pytest.mark.parametrize("name", NAMES)
def test_the_same_figures_have_the_same_bytes(name: Method) -> None:
    first, second = (methods.fit(name, SAMPLE, LIMITS["long-only"], options_of(name)) for _ in range(2))

    assert first.weights.tobytes() == second.weights.tobytes()


def test_the_annual_rate_is_left_to_whoever_made_the_sample() -> None:
    plain = methods.fit("MVO", SAMPLE, LIMITS["long-only"], {})

    told = methods.fit("MVO", SAMPLE, LIMITS["long-only"], {"risk_free_rate": 0.5})

    assert told.weights.tobytes() == plain.weights.tobytes()


def test_a_method_brings_no_other_with_it() -> None:
    code = (
        "import sys; from analytics.optimization import methods; "
        "print(*sorted(name for name in sys.modules if name.startswith(('cvxcla', 'skfolio', 'cvxpy', 'sklearn'))))"
    )

    said = run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == ""

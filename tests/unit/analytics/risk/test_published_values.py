"""Against figures that PerformanceAnalytics (R) publishes with its tests and examples.

`edhec.csv` holds the 293 months of EDHEC hedge fund indices that the package ships as `data(edhec)`. The package's
baseline test gives six decimals; the outputs of its examples are cut after four, hence the tolerance.
"""

from pathlib import Path

import numpy as np
import pytest

from analytics.risk.arrays import Floats
from analytics.risk.components import components, marginals
from analytics.risk.tail import Method, tail_risk

CUT = 1.01e-4
EXAMPLES: list[tuple[Method, float, list[float], list[float]]] = [
    (
        "historical",
        0.95,
        [.0150, .0314, .0197, .0423, .0083, .0255, .0072, .0149, .0262, .0106, .0114, .0667, .0203],
        [.0387, .0406, .0413, .0754, .0175, .0444, .0290, .0210, .0448, .0233, .0271, .0948, .0356],
    ),
    (
        "parametric",
        0.95,
        [.0217, .0331, .0229, .0469, .0091, .0246, .0143, .0184, .0276, .0132, .0137, .0759, .0219],
        [.0287, .0426, .0305, .0606, .0125, .0325, .0191, .0245, .0363, .0180, .0187, .0949, .0286],
    ),
    (
        "cornish_fisher",
        0.95,
        [.0256, .0320, .0280, .0534, .0109, .0296, .0177, .0138, .0295, .0150, .0173, .0621, .0230],
        [.0894, .0403, .0673, .1157, .0367, .0811, .0530, .0169, .0485, .0513, .0475, .0675, .0459],
    ),
    (
        "cornish_fisher",
        0.99,
        [.0953, .0456, .0709, .1261, .0387, .0843, .0603, .0230, .0565, .0576, .0488, .1093, .0542],
        [.0953, .0520, .0709, .1261, .0387, .0843, .0603, .0230, .0658, .0576, .0488, .1941, .0542],
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def edhec() -> Floats:
    return np.loadtxt(Path(__file__).with_name("edhec.csv"), delimiter=",", skiprows=1)


@pytest.mark.parametrize(("method", "confidence", "var", "cvar"), EXAMPLES)
def test_one_series_has_the_published_tail(
    edhec: Floats, method: Method, confidence: float, var: list[float], cvar: list[float]
) -> None:
    found = [tail_risk(series, confidence, method, ddof=0) for series in edhec.T]

    assert [one.var for one in found] == pytest.approx(var, abs=CUT)
    assert [one.cvar for one in found] == pytest.approx(cvar, abs=CUT)


@pytest.mark.parametrize(
    ("method", "var"),
    [("parametric", 0.012133), ("cornish_fisher", 0.014674), ("historical", 0.014095)],
)
def test_the_first_hundred_months_agree_to_six_decimals(edhec: Floats, method: Method, var: float) -> None:
    assert tail_risk(edhec[:100, 0], 0.95, method, ddof=0).var == pytest.approx(var, abs=5e-7)


@pytest.mark.parametrize(("method", "cvar"), [("parametric", 0.017133), ("historical", 0.024080)])
def test_the_shortfall_of_the_first_hundred_months_agrees_to_six_decimals(
    edhec: Floats, method: Method, cvar: float
) -> None:
    assert tail_risk(edhec[:100, 0], 0.95, method, ddof=0).cvar == pytest.approx(cvar, abs=5e-7)


def test_component_value_at_risk_sums_to_the_published_total(edhec: Floats) -> None:
    weights = np.array([0.3, 0.4, 0.3])

    parts = components(weights, marginals(edhec[:100, :3], weights, 0.95, "parametric", ddof=1).var)

    assert parts.sum() == pytest.approx(0.012916, abs=5e-7)


def test_component_shortfall_has_the_published_parts(edhec: Floats) -> None:
    weights = np.full(13, 1 / 13)

    parts = components(weights, marginals(edhec, weights, 0.95, "cornish_fisher", ddof=1).cvar)

    assert parts.sum() == pytest.approx(0.0362, abs=CUT)
    assert parts == pytest.approx(
        [.0059, -.0028, .0052, .0062, .0009, .0058, .0034, .0001, .0036, .0034, .0037, -.0031, .0034], abs=CUT
    )  # fmt: skip
    assert parts / parts.sum() == pytest.approx(
        [.1648, -.0774, .1456, .1724, .0250, .1626, .0955, .0036, .1000, .0954, .1042, -.0869, .0948], abs=CUT
    )  # fmt: skip

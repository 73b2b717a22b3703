"""Draw one picture for each optimisation method, from the bundled data: `python docs/images/methods.py [NAME…]`.

A page shows `docs/images/methods/<name>.svg`. A method that has no drawing of its own in a `methods_*.py` beside this
file is drawn like any other: its weights against the risk they carry, and its place among the assets.
"""

import sys
from collections.abc import Iterable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final, get_args

import matplotlib as mpl
from matplotlib.figure import Figure

sys.path.insert(0, str(Path(__file__).parent))

from methods_style import Data, Drawing, bars, data, frontier, mark, named, plane

from application.optimization.options import Method
from infrastructure.report.drawing import STYLE, svg

FOLDER: Final = Path(__file__).with_name("methods")
SIZE: Final = (9.0, 4.0)
PAGES: Final[dict[str, str]] = {
    "MVO": "mvo",
    "MinVol": "min-vol",
    "MaxQuadraticUtility": "max-quadratic-utility",
    "EquiWeighted": "equi-weighted",
    "HRP": "hrp",
    "MinCVaR": "min-cvar",
    "MinCDaR": "min-cdar",
    "HERC": "herc",
    "NCO": "nco",
    "HERC2": "herc2",
    "CriticalLineAlgorithm": "critical-line-algorithm",
    "BenchmarkTracker": "benchmark-tracker",
    "MaximumDiversification": "maximum-diversification",
    "RiskBudgeting": "risk-budgeting",
    "DistributionallyRobustCVaR": "distributionally-robust-cvar",
    "StackingOptimization": "stacking-optimization",
    "InverseVolatility": "inverse-volatility",
    "SparseMarkowitzL1": "sparse-markowitz-l1",
    "HMMRegimeMVO": "hmm-regime-mvo",
    "BlackLitterman": "black-litterman",
}
"""The page of each method."""
assert tuple(PAGES) == get_args(Method)


def usual(method: Any, figure: Figure, shown: Data) -> str:
    """Draw weights beside the risk they carry, and the portfolio among its assets."""
    weights = shown.fit(method).weights
    left, right = figure.subplots(1, 2, width_ratios=(1.0, 1.25))
    bars(left, shown, {"weight": weights, "share of risk": shown.contributions(weights)})
    plane(right, shown)
    frontier(right, shown)
    mark(right, shown, weights, method)
    right.legend(loc="lower right", fontsize=8.5)
    return (
        f"{method}: largest weights {named(shown, weights)}; expected return {100 * shown.expected(weights):.1f} % and "
        f"volatility {100 * shown.volatility(weights):.1f} % a year."
    )


def drawings() -> dict[str, Drawing]:
    """Return what draws each page's picture."""
    known: dict[str, Drawing] = {page: partial(usual, method) for method, page in PAGES.items()}
    for file in sorted(Path(__file__).parent.glob("methods_*.py")):
        known |= getattr(import_module(file.stem), "DRAWINGS", {})
    return known


def drawn(name: str) -> str:
    """Return one picture as a file of its own."""
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]  # the stubs list every key as a literal
        figure = Figure(figsize=SIZE, layout="constrained")
        said = drawings()[name](figure, data())
        picture = str(svg(figure, name, said))
    return framed(picture)


def framed(picture: str) -> str:
    """Put a picture on white, so that it can be read on a dark page."""
    opening, rest = picture.split(">", 1)
    return f'{opening}><rect width="100%" height="100%" fill="#ffffff"/>{rest}\n'


def main(names: Iterable[str]) -> None:
    """Draw the pictures asked for, or all."""
    FOLDER.mkdir(exist_ok=True)
    for name in names or drawings():
        (FOLDER / f"{name}.svg").write_text(drawn(name), encoding="utf-8")
        sys.stdout.write(f"{name}.svg\n")


if __name__ == "__main__":
    main(sys.argv[1:])

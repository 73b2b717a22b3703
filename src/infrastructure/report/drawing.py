"""Matplotlib figures as inline SVG: the same bytes for the same content, text as text, named for screen readers."""

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from io import StringIO

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from infrastructure.report.markup import Markup

INK = "#1b2430"
MUTED = "#5b6675"
RULE = "#d9dee5"
PORTFOLIO = "#1d5fbf"
BENCHMARK = "#6b7280"
LOSS = "#b8430b"
BAND = "#dbe6f5"
ACCENT = "#0f766e"
WIDTH = 10.2
"""Inches; the drawing is scaled to the page's width."""

STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "trimtab",
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "text.color": INK,
    "text.parse_math": False,  # a bucket called $x$ is a name, not a formula
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.major.pad": 5,
    "ytick.major.pad": 6,
    "legend.frameon": False,
    "legend.fontsize": 9.5,
    "lines.linewidth": 1.6,
    "lines.solid_joinstyle": "round",
    "path.simplify": True,
    "path.simplify_threshold": 0.2,
}
_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
_ID = re.compile(r' id="([^"]*)"')
_USED = re.compile(r'(?:url\(#|href="#)([^)"]+)')
_OPENING = re.compile(r'<svg [^>]*?(viewBox="[^"]*")[^>]*>')


@contextmanager
def canvas(height: float, rows: Sequence[float] = (1.0,)) -> Iterator[tuple[Figure, Sequence[Axes]]]:
    """Lend a figure in the report's style, with axes one below the other; `height` in inches, rows are shares."""
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]  # the stubs list every key as a literal
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        yield figure, list(figure.subplots(len(rows), 1, squeeze=False, height_ratios=rows)[:, 0])


def svg(figure: Figure, name: str, alternative: str) -> Markup:
    """Return the drawing; `name` makes its ids unique in the page, `alternative` says what is to be seen."""
    written = StringIO()
    with mpl.rc_context({"svg.hashsalt": name}), warnings.catch_warnings():
        # The browser draws the text, in whatever script; here it is only measured.
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from font")
        figure.savefig(written, format="svg", metadata=_METADATA, transparent=True)
    drawing = written.getvalue()
    drawing = drawing[drawing.index("<svg") :].strip()
    used = set(_USED.findall(drawing))
    drawing = _ID.sub(lambda found: found.group(0) if found.group(1) in used else "", drawing)
    return Markup(_OPENING.sub(lambda found: _opening(found.group(1), alternative), drawing, count=1))


def _opening(view_box: str, alternative: str) -> str:
    """Return the first tag: as wide as the page lets it be, with its alternative."""
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f'<svg {spaces} {view_box} role="img" aria-label="{escape(alternative)}">'

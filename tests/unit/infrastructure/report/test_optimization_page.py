"""What a browser makes of the report of an optimisation: nothing runs, nothing is loaded, nothing is left unsaid."""

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest
from cvxcla import CLA
from tests.support.html_pages import read
from tests.support.optimization_reports import (
    METHODS,
    TICKERS,
    a_failure,
    a_result,
    an_optimization,
    some_results,
)

from application.optimization.answer import MethodError, MethodResult, Noted
from application.optimization.comparison import compared
from infrastructure.report import optimization_charts as charts
from infrastructure.report.optimization_page import render

HOSTILE = "<script>alert(1)</script>\"'&--><img src=x onerror=alert(1)> $x^$"
SECTIONS = ("comparison", "weights", "risk", "tested", "clusters", "computed", "conventions")


@pytest.fixture(scope="module")
def html() -> str:
    return render(an_optimization())


def test_nothing_runs_and_nothing_is_loaded(html: str) -> None:
    page = read(html)
    forbidden = {"script", "link", "iframe", "object", "embed", "img", "image", "base", "form"}
    assert forbidden & {tag for tag, _ in page.tags} == set()
    outside = [
        value
        for _, found in page.tags
        for name, value in found.items()
        if "//" in (value or "") and not name.startswith("xmlns")
    ]
    assert outside == []
    assert set(re.findall(r"url\((.)", html)) <= {"#"}


def test_every_section_is_there_with_its_heading(html: str) -> None:
    page = read(html)
    assert [one for one in SECTIONS if one not in page.attributes("id")] == []
    assert page.count("h1") == 1
    assert page.count("h2") == len(SECTIONS)
    assert page.count("table") == page.count("caption") == page.count("thead")
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))


def test_every_drawing_says_in_words_what_it_shows(html: str) -> None:
    drawings = [attributes for tag, attributes in read(html).tags if tag == "svg"]
    assert len(drawings) == 6
    assert all(one["role"] == "img" and one["aria-label"] for one in drawings)


def test_every_method_and_every_asset_is_named(html: str) -> None:
    text = read(html).text
    assert [name for name in (*METHODS, *TICKERS, "BenchmarkTracker") if name not in text] == []


def test_a_method_without_weights_says_why_and_what_would_help(html: str) -> None:
    text = read(html).text
    assert "At most 4 % each leaves at most 80 %" in text
    assert "0.0500 instead of 0.0400" in text


def test_the_hashes_and_the_rate_are_told(html: str) -> None:
    text = read(html).text
    assert "a" * 64 in text
    assert "3.85\N{NO-BREAK SPACE}% (bundled, 10Y, 2022-12-28)" in text


def test_what_methods_expect_is_told_where_they_say() -> None:
    regime = {
        "label": "calm",
        "states": [
            {"label": "calm", "mean": 0.12, "volatility": 0.1, "stay": 0.97},
            {"label": "turbulent", "mean": -0.2, "volatility": 0.3, "stay": 0.91},
        ],
        "probabilities": {"now": [0.83, 0.17], "next": [0.8, 0.2]},
        "series": "benchmark",
    }
    weights = {"A": 0.4, "B": 0.6, "C": 0.0}
    blended = a_result(
        4,
        weights=weights,
        equilibrium_returns={"A": 0.05, "B": 0.06, "C": 0.07},
        posterior_returns={"A": 0.04, "B": 0.08, "C": 0.07},
    )
    results = {
        "HMMRegimeMVO": a_result(2, weights=weights, regime=regime),
        "BlackLitterman": blended,
        "StackingOptimization": a_result(
            3, weights=weights, stack={"HRP": 0.25, "MinVol": 0.75, "InverseVolatility": 0.0}
        ),
    }
    page = read(render(an_optimization(results=results)))
    text = page.text.replace("\N{NO-BREAK SPACE}", " ")
    assert "forecasts" in page.attributes("id")
    assert "HMMRegimeMVO: the regime is calm" in text
    assert "turbulent−20.0 %30.0 %91 %17 %20 %" in re.sub(r"\s*\n\s*", "", text)
    assert "B60.0 %6.00 %8.00 %" in re.sub(r"\s*\n\s*", "", text)
    assert "Mixed of 75.0 % MinVol, 25.0 % HRP." in text


def test_without_a_regime_or_views_there_are_no_forecasts(html: str) -> None:
    assert "forecasts" not in read(html).attributes("id")


def test_the_same_content_is_the_same_page_in_another_process(tmp_path: Path) -> None:
    program = (
        "import hashlib; from tests.support.optimization_reports import an_optimization;"
        "from infrastructure.report.optimization_page import render;"
        "print(hashlib.sha256(render(an_optimization()).encode()).hexdigest())"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ".", "MPLCONFIGDIR": str(tmp_path), "PATH": ""},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1


def test_names_that_look_like_markup_stay_names() -> None:
    weights = {HOSTILE: 0.5, "$x^$": 0.5}
    result = a_result(1, weights=weights, risk_contributions=weights, notes=[Noted(code="x", detail=HOSTILE)])
    failed = MethodResult(status="failed", error=MethodError(code="x", detail=HOSTILE))
    page = read(render(an_optimization(name=HOSTILE, results={"MVO": result, "MinVol": failed})))
    assert {"script", "img"} & {tag for tag, _ in page.tags} == set()
    assert page.text.count("<script>alert(1)</script>") >= 4


def test_moments_alone_make_a_report_without_what_needs_returns() -> None:
    results = {
        name: msgspec.structs.replace(one, out_of_sample=None, frontier=msgspec.UNSET)
        for name, one in some_results().items()
    }
    page = read(render(an_optimization(results=results)))
    assert "tested" not in page.attributes("id")
    assert "weights" in page.attributes("id")


def test_a_job_without_any_weights_says_so() -> None:
    results = {"MVO": a_failure(), "MinVol": a_failure()}
    report = an_optimization(results=results, comparison=compared(results))
    page = read(render(report))
    assert "No method has weights" in page.text
    assert page.count("svg") == 0
    assert page.text.count("At most 4 % each") == 2


def test_one_method_alone_can_be_told() -> None:
    results = {"HRP": a_result(3)}
    assert "HRP" in read(render(an_optimization(results=results))).text


def test_weights_that_are_sold_short_are_drawn() -> None:
    short = a_result(1, weights={"A": 1.4, "B": -0.4}, risk_contributions={"A": 1.1, "B": -0.1})
    assert "\N{MINUS SIGN}40.0" in charts.weights({"MVO": short})


def test_a_thousand_assets_are_drawn_by_their_largest() -> None:
    weights = {f"S{at}": 1 / 1000 for at in range(1000)} | {"BIG": 0.5}
    drawn = charts.weights({"MinVol": a_result(1, weights=weights)})
    assert ">BIG<" in drawn
    assert drawn.count("<text") < 100


def test_the_frontier_between_turning_points_is_the_curve_that_it_is() -> None:
    rng = np.random.default_rng(3)
    mean = rng.uniform(0.02, 0.2, 8)
    factor = rng.normal(size=(8, 8))
    covariance = factor @ factor.T / 100
    corners = turning_points(mean, covariance)
    means, spreads = np.array([(mean @ one, np.sqrt(one @ covariance @ one)) for one in corners[::-1]]).T
    drawn_means, drawn_spreads = charts._between(means, spreads)
    for low, high in pairwise(corners[::-1]):
        for share in np.linspace(0, 1, 13):
            weights = low + share * (high - low)
            expected = np.sqrt(weights @ covariance @ weights)
            found = np.interp(mean @ weights, drawn_means, drawn_spreads)
            assert found == pytest.approx(expected, rel=1e-7)


def turning_points(mean: np.ndarray, covariance: np.ndarray) -> list[np.ndarray]:
    """Efficient portfolios where a weight comes or goes, by another library, the highest return first."""
    frontier = CLA.problem(mean, covariance).long_only().budget().trace().frontier
    return [np.asarray(one) for one in frontier.weights]


def test_turning_points_that_fit_no_curve_are_joined_by_lines() -> None:
    means, spreads = np.array([0.01, 0.02, 0.03]), np.array([0.1, 0.3, 0.31])
    assert charts._between(means, spreads)[0].tolist() == means.tolist()

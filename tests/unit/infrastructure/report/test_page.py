"""What a browser makes of the report: nothing runs, nothing is loaded, and names stay names."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.html_pages import read
from tests.support.reports import a_cover, a_report

from application.report.content import Drift, DriftRow, HoldingRow, Holdings, QualityFlag, Report
from domain.unavailable import Missing
from infrastructure.report.page import render

HOSTILE = "<script>alert(1)</script>\"'&--><img src=x onerror=alert(1)> $x^$"
SECTIONS = ("performance", "drift", "attribution", "risk", "regime", "factors", "holdings")


@pytest.fixture(scope="module")
def html() -> str:
    return render(a_report())


def test_nothing_runs_and_nothing_is_loaded(html: str) -> None:
    page = read(html)
    forbidden = {"script", "link", "iframe", "object", "embed", "img", "base", "form", "foreignobject"}
    assert forbidden & {tag for tag, _ in page.tags} == set()
    attributes = {(name, value) for _, found in page.tags for name, value in found.items()}
    assert [name for name, _ in attributes if name.startswith("on")] == []
    outside = [value for name, value in attributes if "//" in (value or "") and not name.startswith("xmlns")]
    assert outside == []
    assert set(re.findall(r"url\((.)", html)) <= {"#"}
    assert "@import" not in html


def test_ids_are_unique_and_what_refers_to_them_finds_them(html: str) -> None:
    page = read(html)
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))
    referred = set(re.findall(r"url\(#([^)]+)\)", html)) | {
        one[1:] for one in page.attributes("xlink:href") if one.startswith("#")
    }
    assert referred
    assert referred <= set(ids)


def test_every_drawing_says_in_words_what_it_shows(html: str) -> None:
    drawings = [attributes for tag, attributes in read(html).tags if tag == "svg"]
    assert len(drawings) == 6
    assert all(one["role"] == "img" and one["aria-label"] for one in drawings)
    assert "Outside their bands: Energy." in html


def test_headings_and_tables_have_their_structure(html: str) -> None:
    page = read(html)
    assert page.count("h1") == 1
    assert page.count("h2") == len(SECTIONS) + 2
    assert page.count("table") == page.count("caption") == page.count("thead")
    headings = [attributes.get("scope") for tag, attributes in page.tags if tag == "th"]
    assert set(headings) == {"col", "row"}


def test_the_same_content_is_the_same_page_in_another_process(tmp_path: Path) -> None:
    program = (
        "import hashlib; from tests.support.reports import a_report; from infrastructure.report.page import render;"
        "print(hashlib.sha256(render(a_report()).encode()).hexdigest())"
    )
    seeds = ("1", "2")
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ".", "MPLCONFIGDIR": str(tmp_path), "PATH": ""},
        ).stdout
        for seed in seeds
    }
    assert len(printed) == 1


def hostile() -> Report:
    row = DriftRow(
        allocation_type="security",
        bucket=HOSTILE,
        actual=0.3,
        target=0.2,
        lower=0.1,
        upper=0.25,
        breached=True,
    )
    holding = HoldingRow(
        ticker=HOSTILE,
        name=HOSTILE,
        account=HOSTILE,
        sector=HOSTILE,
        currency="USD",
        quantity=1.5,
        price=None,
        value=None,
        weight=None,
        gain=None,
    )
    return a_report(
        cover=a_cover(name=HOSTILE, description=HOSTILE, benchmark=HOSTILE, benchmark_note=HOSTILE),
        drift=Drift(threshold=0.05, rows=(row,)),
        holdings=Holdings(rows=(holding,), cash=(), total=0.0),
        factors=Missing(code="x", detail=HOSTILE),
        quality=(QualityFlag(ticker=HOSTILE, code="jump", detail=HOSTILE),),
    )


def test_names_that_look_like_markup_stay_names() -> None:
    html = render(hostile())
    page = read(html)
    assert {"script", "img"} & {tag for tag, _ in page.tags} == set()
    assert page.text.count("<script>alert(1)</script>") >= 8
    assert any(HOSTILE in label for label in page.attributes("aria-label"))


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_without_data_says_why(section: str) -> None:
    why = Missing(code="too_few_observations", detail=f"There is too little for {section}.")
    text = read(render(a_report(**{section: why}))).text
    assert f"Not available. There is too little for {section}." in text


def test_a_page_of_historical_data_says_so_and_others_do_not() -> None:
    assert "Historical data." in render(a_report())
    assert "Historical data." not in render(a_report(cover=a_cover(data_end=None)))


def test_the_figures_of_the_content_are_on_the_page(html: str) -> None:
    text = read(html).text.replace("\N{NO-BREAK SPACE}", " ")
    for shown in ("1,373,297 USD", "−7.12 %", "+2.14 %", "No risk-free rate is known.", "+55.2 bp", "93.1 %"):
        assert shown in text

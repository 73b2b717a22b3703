"""The pages about figures and methods: each has its parts, and each example gives what the page says it gives.

A request is computed from the page as it stands; of the answer, the page shows as much as it likes, and numbers to as
many digits as it likes. Python sessions are run.
"""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.support.page_examples import CALLED, ENDPOINT, calculators_shown, differences, wrong_examples

from bootstrap.tasks import CALCULATORS

DOCS = Path(__file__).resolve().parents[2] / "docs"
FIGURES = sorted(page for page in (DOCS / "figures").glob("*.md") if page.stem != "index")
METHODS = sorted(
    page for page in (DOCS / "methods").glob("*.md") if page.stem not in ("index", "inputs", "figures")
)
PARTS = ("Formula", "Convention", "Example", "Source")


def name_of(page: Path) -> str:
    return page.stem


@pytest.mark.parametrize("page", FIGURES, ids=name_of)
def test_a_page_about_a_figure_has_all_its_parts(page: Path) -> None:
    headings = re.findall(r"^## (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert [part for part in PARTS if part not in headings] == []


@pytest.mark.parametrize("page", [*FIGURES, *METHODS], ids=name_of)
def test_an_example_gives_what_the_page_says(page: Path) -> None:
    assert wrong_examples(page) == []


@pytest.mark.parametrize("page", [*FIGURES, *METHODS], ids=name_of)
def test_every_request_is_followed_by_its_answer(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    requests = [
        block for block in re.findall(r"```sh\n.*?```", text, re.DOTALL) if re.search(rf"{ENDPOINT}\s", block)
    ]
    assert len(requests) == len(list(CALLED.finditer(text)))


def test_every_calculator_has_an_example() -> None:
    shown = {name for page in [*FIGURES, *METHODS] for name in calculators_shown(page)}
    known = {name for name in CALCULATORS if name.startswith("calculators.")}
    assert known - {f"calculators.{name}" for name in shown} == set()


@pytest.mark.parametrize(
    ("shown", "found"),
    [
        ({"a": Decimal("0.21")}, {"a": Decimal("0.2157")}),
        ({"a": [1, 2]}, {"a": [1, 2, 3]}),
        ({"a": None}, {"a": Decimal("0.1")}),
        ({"a": "x"}, {}),
    ],
)
def test_a_wrong_answer_would_be_noticed(shown: Any, found: Any) -> None:
    assert list(differences(shown, found))

"""The pages about figures: each has its parts, and each example gives what the page says it gives.

A request to a calculator is computed from the page as it stands; of the answer, the page shows as much as it likes,
and numbers to as many digits as it likes. Python sessions are run.
"""

import doctest
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bootstrap.tasks import CALCULATORS, task_named

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(page for page in (ROOT / "docs" / "figures").glob("*.md") if page.stem != "index")
PARTS = ("Formula", "Convention", "Example", "Source")
CALLED = re.compile(
    r"```sh\n[^`]*?/v1/analytics/(?P<name>[a-z]+)[^`]*?-d '(?P<body>[^']*)'[^`]*```\s+```json\n(?P<answer>.*?)```",
    re.DOTALL,
)
ENCODER = msgspec.json.Encoder(decimal_format="number")
SESSION = re.compile(r"```python\n(>>>.*?)```", re.DOTALL)


def name_of(page: Path) -> str:
    return page.stem


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def answered(calculator: str, body: str) -> Any:
    """What the endpoint answers, its numbers exact."""
    task = task_named(f"calculators.{calculator}")
    request = msgspec.json.decode(body.encode(), type=task.request)
    run: Any = task.run(None, "", request, b"")  # type: ignore[arg-type]  # a calculator needs no database
    try:
        run.send(None)
    except StopIteration as done:
        return json.loads(ENCODER.encode(done.value), parse_float=Decimal)
    raise AssertionError("a calculator waits for something")


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
    if isinstance(shown, Decimal) and isinstance(found, Decimal | int):
        digits = -int(shown.as_tuple().exponent)
        return abs(shown - found) <= Decimal(10) ** -digits * Decimal("0.5000001")
    return type(shown) is type(found) and bool(shown == found)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_about_a_figure_has_all_its_parts(page: Path) -> None:
    headings = re.findall(r"^## (.*)$", text_of(page), re.MULTILINE)
    assert [part for part in PARTS if part not in headings] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_an_example_gives_what_the_page_says(page: Path) -> None:
    text = text_of(page)
    calls, sessions = list(CALLED.finditer(text)), SESSION.findall(text)
    assert calls or sessions, "nothing on the page can be recomputed"
    wrong = [
        difference
        for call in calls
        for difference in differences(
            json.loads(call["answer"], parse_float=Decimal), answered(call["name"], call["body"])
        )
    ]
    assert wrong == []
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    report: list[str] = []
    test = parser.get_doctest("".join(sessions), {}, page.stem, str(page), 0)
    runner.run(test, out=report.append)
    assert runner.failures == 0, "".join(report)


def test_every_request_to_a_calculator_is_followed_by_its_answer() -> None:
    for page in PAGES:
        text = text_of(page)
        assert len(re.findall(r"/v1/analytics/[a-z]+ ", text)) == len(list(CALLED.finditer(text))), page.stem


def test_every_calculator_has_an_example() -> None:
    shown = {call["name"] for page in PAGES for call in CALLED.finditer(text_of(page))}
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

"""What the pages of the optimisation methods print is what the methods answer."""

import doctest
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from application.optimization import inline
from application.optimization.compute import result_of
from application.optimization.request import OptimizationRequest

PAGES = Path(__file__).resolve().parents[2] / "docs" / "methods"
EXAMPLE = re.compile(r"\$URL/v1/optimizations -d '\n(.*?)'\n```\n+```json\n(.*?)\n```", re.DOTALL)
BLOCK = re.compile(r"```python\n(>>>.*?\n)```", re.DOTALL)


def examples() -> Iterator[Any]:
    for page in sorted(PAGES.glob("*.md")):
        for at, (request, answer) in enumerate(EXAMPLE.findall(page.read_text(encoding="utf-8"))):
            yield pytest.param(request, answer, id=f"{page.stem}-{at}")


def printed(answer: str) -> Any:
    """Return an answer whose numbers are equal to those that they are the rounded form of."""

    def rounded(text: str) -> Any:
        places = len(text.partition(".")[2])
        return pytest.approx(float(text), abs=0.5000001 * 10.0**-places)

    return json.loads(answer, parse_float=rounded)


def differences(shown: Any, found: Any, where: str = "") -> Iterator[str]:
    """Yield where an answer is not what is shown of it; what is not shown does not count."""
    if isinstance(shown, dict):
        for key, value in shown.items():
            if key not in found:
                yield f"{where}.{key} is not there"
            else:
                yield from differences(value, found[key], f"{where}.{key}")
    elif isinstance(shown, list):
        if len(shown) != len(found):
            yield f"{where} has {len(found)} entries"
        for at, (one, other) in enumerate(zip(shown, found, strict=False)):
            yield from differences(one, other, f"{where}.{at}")
    elif shown != found:
        yield f"{where} is {found}"


@pytest.mark.parametrize(("request_", "answer"), list(examples()))
def test_an_answer_that_a_page_prints_is_what_is_answered(request_: str, answer: str) -> None:
    asked = msgspec.json.decode(request_.strip(), type=OptimizationRequest)
    assert list(asked.violations()) == []
    dataset = inline.dataset_of(asked)
    shown = printed(answer)["results"]

    found = {method: msgspec.to_builtins(result_of(method, dataset, asked.terms)) for method in asked.methods}

    assert list(differences(shown, found)) == []


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.stem)
def test_what_a_page_computes_by_hand_comes_out(page: Path) -> None:
    blocks = "\n".join(BLOCK.findall(page.read_text(encoding="utf-8")))
    example = doctest.DocTestParser().get_doctest(blocks, {}, page.stem, str(page), 0)

    assert doctest.DocTestRunner(verbose=False).run(example).failed == 0


def test_a_figure_that_changed_is_noticed() -> None:
    shown = printed('{"weights": {"A": 0.25, "B": 0.75}, "names": ["A"]}')

    assert list(differences(shown, {"weights": {"A": 0.254, "B": 0.751}, "names": ["A"]})) == []
    assert list(differences(shown, {"weights": {"A": 0.26, "B": 0.75}, "names": ["A"]})) == [
        ".weights.A is 0.26"
    ]
    assert list(differences(shown, {"weights": {"A": 0.25}, "names": ["A", "B"]})) == [
        ".weights.B is not there", ".names has 2 entries",
    ]  # fmt: skip

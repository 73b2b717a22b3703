"""The pictures of the optimisation methods show what the methods answer now."""

import re
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest

from application.optimization.options import Method

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "docs" / "images"
PAGES = sorted(page.stem for page in (IMAGES / "methods").glob("*.svg"))
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
REFERENCE = re.compile(r'(?<=id=")[^"]+|(?<=url\(#)[^)]+|(?<=href="#)[^"]+')
POINTS = 0.6
"""By how much a line may lie elsewhere, in points: solvers differ in their last digits from machine to machine."""


@pytest.fixture(scope="module")
def script() -> ModuleType:
    sys.path.insert(0, str(IMAGES))
    return import_module("methods")


def structure(picture: str) -> str:
    """Return a picture without its numbers, and without names made from them."""
    return NUMBER.sub("#", REFERENCE.sub("", picture))


def numbers(picture: str) -> list[float]:
    return [float(one) for one in NUMBER.findall(REFERENCE.sub("", picture))]


def differences(kept: str, drawn: str) -> list[tuple[float, float]]:
    return [
        (old, new) for old, new in zip(numbers(kept), numbers(drawn), strict=True) if abs(old - new) > POINTS
    ]


@pytest.mark.parametrize("name", PAGES)
def test_a_picture_is_current(script: ModuleType, name: str) -> None:
    kept = (IMAGES / "methods" / f"{name}.svg").read_text(encoding="utf-8")
    drawn = script.drawn(name)
    assert structure(drawn) == structure(kept), f"run `python docs/images/methods.py {name}`"
    assert differences(kept, drawn) == []


def test_every_method_has_a_picture_and_a_line_in_the_table(script: ModuleType) -> None:
    assert tuple(script.PAGES) == get_args(Method)
    assert set(script.drawings()) == set(PAGES)
    index = (ROOT / "docs" / "methods" / "index.md").read_text(encoding="utf-8")
    lines = [f"| [`{method}`]({page}.md) |" for method, page in script.PAGES.items()]
    assert [line for line in lines if line not in index] == []


def test_pictures_load_nothing_and_say_what_they_show() -> None:
    for name in PAGES:
        picture = (IMAGES / "methods" / f"{name}.svg").read_text(encoding="utf-8")
        assert 'role="img"' in picture
        assert re.search(r'aria-label="[^"]{20,}"', picture), name
        outside = re.findall(r'(?:href|src)="(?!#)[^"]*"|url\((?!#)', picture)
        assert outside == [], name


def test_a_picture_of_other_weights_would_be_noticed(script: ModuleType) -> None:
    kept = (IMAGES / "methods" / "hrp.svg").read_text(encoding="utf-8")
    other = re.sub(r"(L )(\d+)", lambda found: f"{found[1]}{int(found[2]) + 3}", kept)
    assert differences(kept, other)

"""The `Accept` header (RFC 9110, 12.5.1): which form of an answer a client takes best."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_QUALITY: Final = re.compile(r"q\s*=\s*([01](?:\.\d{0,3})?)")


@dataclass(frozen=True, slots=True)
class _Range:
    """A media range of the header: `text/csv`, `text/*` or `*/*`, and how much it is liked, from 0 to 1."""

    words: str
    quality: float

    @property
    def specificity(self) -> int:
        return 2 - self.words.count("*")

    def covers(self, form: str) -> bool:
        return self.words in (form, f"{form.partition('/')[0]}/*", "*/*")


def best_form(header: str | None, *forms: str) -> str:
    """Return the media type that a client likes best; the first where the header says nothing of use.

    A form of quality 0 is not taken, also where `*/*` would take it. At the same quality the form that is named goes
    before one that only fits a wildcard, then the order of the header decides, then ours.
    """
    return _best(header, forms) if header else forms[0]


@lru_cache(256)
def _best(header: str, forms: tuple[str, ...]) -> str:
    ranges = _ranges(header)
    likings = {form: _liking(form, ranges) for form in forms}
    best = max(likings, key=likings.__getitem__)
    return best if likings[best] > (0.0,) else forms[0]


def _liking(form: str, ranges: list[_Range]) -> tuple[float, ...]:
    """Quality of the most specific range that covers a form, how specific that is, and how early it comes."""
    covering = [(one.specificity, -place, one) for place, one in enumerate(ranges) if one.covers(form)]
    if not covering:
        return (0.0,)
    specificity, place, one = max(covering, key=lambda found: found[:2])
    return (one.quality, specificity, place) if one.quality else (0.0,)


def _ranges(header: str) -> list[_Range]:
    """Read the ranges; parameters other than the quality do not matter here, and a malformed quality is 1."""
    found = []
    for sent in header.lower().split(","):
        words, *parameters = (part.strip() for part in sent.split(";"))
        qualities = [match[1] for match in map(_QUALITY.fullmatch, parameters) if match]
        found.append(_Range("*/*" if words == "*" else words, float(qualities[0]) if qualities else 1.0))
    return found

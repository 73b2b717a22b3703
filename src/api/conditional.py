"""Conditional requests (RFC 9110 §13): entity tags that are versions."""

import re
from dataclasses import dataclass
from typing import Final

from api.problems import ParameterViolation, Problem, invalid

_TAG_LIST: Final = re.compile(r'\s*(?:W/)?"[^"]*"\s*(?:,\s*(?:W/)?"[^"]*"\s*)*')
_TAG: Final = re.compile(r'(W/)?"([^"]*)"')
_VERSIONED: Final = re.compile(r"(\d{1,18})(?:\.\d{1,18})?", re.ASCII)


def etag(version: int, read_position: int | None = None) -> str:
    """Return the strong tag of a resource at `version`.

    `read_position` belongs in it where the answer also holds computed or projected figures; with the
    version alone a 304 would hide new prices.
    """
    return f'"{version}"' if read_position is None else f'"{version}.{read_position}"'


@dataclass(frozen=True, slots=True)
class IfMatch:
    """The versions a writer accepts as current; `versions` None accepts any that exists (`*`)."""

    versions: frozenset[int] | None

    def allows(self, version: int) -> bool:
        """Say whether `version` is among those the client saw."""
        return self.versions is None or version in self.versions

    def check(self, version: int, *, read_position: int | None = None) -> None:
        """Raise the 412 that carries the current tag unless `version` is allowed."""
        if not self.allows(version):
            raise stale(etag(version, read_position))


def stale(current: str | None) -> Problem:
    """Return the 412, with the current tag where it is known."""
    detail = "The resource has changed since the version that If-Match names; read it again."
    return Problem("precondition_failed", detail, headers={"ETag": current} if current else None)


def if_match(header: str | None) -> IfMatch | None:
    """Read an If-Match header; only the version counts, and weak tags match nothing.

    Raises Problem (422) when the header is no list of quoted tags.
    """
    if header is None:
        return None
    if header == "*":
        return IfMatch(None)
    if not _TAG_LIST.fullmatch(header):
        detail = 'If-Match takes `*` or quoted tags such as "7".'
        raise invalid([ParameterViolation("If-Match", "malformed", detail)])
    strong = (_VERSIONED.fullmatch(tag) for weak, tag in _TAG.findall(header) if not weak)
    return IfMatch(frozenset(int(match[1]) for match in strong if match))


def is_current(if_none_match: str, tag: str) -> bool:
    """Say whether If-None-Match names `tag` (weak comparison), so that 304 is the answer."""
    if if_none_match == "*":
        return True
    return tag.removeprefix("W/").strip('"') in {sent for _, sent in _TAG.findall(if_none_match)}

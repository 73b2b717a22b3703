"""What `trimtab doctor` says about one thing it looked at."""

from enum import StrEnum

import msgspec


class Verdict(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at."""

    check: str
    verdict: Verdict
    detail: str


def ok(check: str, detail: str) -> Finding:
    """All is well."""
    return Finding(check=check, verdict=Verdict.OK, detail=detail)


def warning(check: str, detail: str) -> Finding:
    """It runs, but somebody should know."""
    return Finding(check=check, verdict=Verdict.WARNING, detail=detail)


def problem(check: str, detail: str) -> Finding:
    """It does not run."""
    return Finding(check=check, verdict=Verdict.PROBLEM, detail=detail)

"""The whole report as one page."""

from functools import lru_cache
from importlib.resources import files
from string import Template

from application.report.content import Report
from infrastructure.report import sections
from infrastructure.report.markup import joined, tag


def render(report: Report) -> str:
    """Return the report as HTML: the same bytes for the same content."""
    currency = report.cover.currency
    body = joined(
        sections.cover(report.cover),
        sections.performance(report.performance, currency),
        sections.drift(report.drift),
        sections.attribution(report.attribution),
        sections.risk(report.risk, report.regime, currency),
        sections.factors(report.factors),
        sections.holdings(report.holdings, currency),
        sections.quality(report.quality),
        sections.footnotes(report.footnotes),
    )
    title = tag("title", f"{report.cover.name}, {report.cover.as_of}: portfolio report")
    return Template(template()).substitute(title=title, body=body)


@lru_cache
def template() -> str:
    """Return the frame of every report: `$title` and `$body` are to be put in."""
    return (files(__package__) / "page.html").read_text(encoding="utf-8")

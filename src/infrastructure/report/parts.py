"""What every section is made of."""

from infrastructure.report.markup import Markup, tag


def section(name: str, heading: str, *content: object) -> Markup:
    """Return a section under its heading; `name` is its anchor."""
    return tag(
        "section",
        tag("h2", heading, id=f"{name}-heading"),
        *content,
        id=name,
        aria_labelledby=f"{name}-heading",
    )


def drawing(drawn: Markup, caption: str) -> Markup:
    """Return a drawing with what it shows below it."""
    return tag("figure", drawn, tag("figcaption", caption))

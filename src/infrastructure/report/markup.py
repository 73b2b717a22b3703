"""HTML by construction: what is not markup already is escaped, so no name of anything can become a tag."""

from html import escape

VOID = frozenset({"br", "col", "hr", "meta", "wbr"})


class Markup(str):
    """Text that is HTML and stays as it is."""

    __slots__ = ()


def tag(name: str, *children: object, **attributes: object) -> Markup:
    """Return an element; children that are no `Markup` are text, None is left out.

    Attributes lose a trailing underscore and get hyphens for the others: `class_="x"`, `aria_label="y"`.
    """
    opening = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Markup(f"<{name}{opening}>")
    return Markup(f"<{name}{opening}>{joined(*children)}</{name}>")


def joined(*children: object) -> Markup:
    """Return children one after the other."""
    return Markup("".join(_safe(child) for child in children if child is not None))


def _safe(child: object) -> str:
    return child if isinstance(child, Markup) else escape(str(child))

"""Where an active return comes from: effects of allocation and selection, and how periods add up."""

from analytics.attribution.effects import (
    Effects,
    NotLinkable,
    Segments,
    bhb,
    brinson_fachler,
    geometric,
)
from analytics.attribution.linking import Linked, Linking, link, link_geometric

__all__ = [
    "Effects",
    "Linked",
    "Linking",
    "NotLinkable",
    "Segments",
    "bhb",
    "brinson_fachler",
    "geometric",
    "link",
    "link_geometric",
]

"""One spelling for every sector."""

import pytest

from domain.sectors import sector_slug, slug


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Information Technology", "technology"),
        ("technology", "technology"),
        ("Consumer Cyclical", "consumer_discretionary"),
        ("Gesundheitswesen", "health_care"),
        ("Space Mining & Ore", "space_mining_ore"),
        ("Unknown", None),
    ],
)
def test_sectors_become_slugs(text: str, slug: str | None) -> None:
    assert sector_slug(text) == slug


def test_a_slug_has_one_underscore_between_words() -> None:
    assert slug(" Fixed - Income_& more ") == "fixed_income_more"

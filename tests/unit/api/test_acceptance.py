import pytest

from api.acceptance import best_form

JSON, CSV = "application/json", "text/csv"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("*", JSON),
        (CSV, CSV),
        ("Text/CSV; charset=utf-8", CSV),
        ("text/*", CSV),
        (f"{CSV}, */*", CSV),
        (f"*/*, {CSV}", CSV),
        (f"{JSON}, {CSV}", JSON),
        (f"{CSV}, {JSON}", CSV),
        (f"{JSON};q=0.4, {CSV};q=0.5", CSV),
        (f"{JSON}, {CSV};q=0.5", JSON),
        ("text/html,application/xhtml+xml,*/*;q=0.8", JSON),
        ("text/html", JSON),
        (f"{CSV};q=often", CSV),
        (",;,", JSON),
    ],
)
def test_a_client_gets_the_form_it_likes_best(header: str | None, expected: str) -> None:
    assert best_form(header, JSON, CSV) == expected


@pytest.mark.parametrize("header", [f"{CSV};q=0", f"{CSV}; Q=0.000", f"*/*, {CSV};q=0", f"text/*, {CSV};q=0"])
def test_a_form_of_quality_0_is_not_sent(header: str) -> None:
    assert best_form(header, JSON, CSV) == JSON


def test_json_may_be_ruled_out_as_well() -> None:
    assert best_form(f"*/*, {JSON};q=0", JSON, CSV) == CSV

import pytest

from api.preferences import Preferences, preferences


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, Preferences()),
        ("respond-async", Preferences(respond_async=True)),
        ("Respond-Async; foo=bar", Preferences(respond_async=True)),
        ("wait=10", Preferences(wait=10)),
        ('respond-async, wait="5", wait=9', Preferences(respond_async=True, wait=5)),
        ("wait=soon, return=minimal", Preferences()),
        ("wait=-1", Preferences()),
    ],
)
def test_known_preferences_are_read_and_all_others_ignored(header: str | None, expected: Preferences) -> None:
    assert preferences(header) == expected

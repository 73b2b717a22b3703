import pytest

from api.conditional import etag, if_match, is_current
from api.problems import Problem


def test_a_tag_is_the_version_and_the_read_position_where_figures_are_computed() -> None:
    assert etag(7) == '"7"'
    assert etag(7, 41) == '"7.41"'


@pytest.mark.parametrize(
    ("header", "allowed"), [('"7"', True), ('"7.41"', True), ('"6"', False), ("*", True)]
)
def test_if_match_compares_the_version_only(header: str, allowed: bool) -> None:
    condition = if_match(header)
    assert condition is not None
    assert condition.allows(7) is allowed


def test_one_of_several_tags_is_enough() -> None:
    condition = if_match('"3", "7.2"')
    assert condition is not None
    assert condition.versions == frozenset({3, 7})


def test_weak_and_foreign_tags_match_nothing() -> None:
    condition = if_match('W/"7", "abc"')
    assert condition is not None
    assert not condition.allows(7)


def test_a_stale_version_is_refused_with_the_current_tag() -> None:
    condition = if_match('"6"')
    assert condition is not None
    with pytest.raises(Problem) as refusal:
        condition.check(7, read_position=41)
    assert refusal.value.status == 412
    assert refusal.value.headers == {"ETag": '"7.41"'}


@pytest.mark.parametrize("header", ["7", '"7', '"7" "8"', ""])
def test_what_is_no_list_of_tags_is_refused(header: str) -> None:
    with pytest.raises(Problem) as refusal:
        if_match(header)
    assert refusal.value.status == 422
    assert refusal.value.violations[0].field == "If-Match"


def test_without_the_header_there_is_no_condition() -> None:
    assert if_match(None) is None


@pytest.mark.parametrize(
    ("sent", "current"),
    [
        ('"7.41"', True),
        ('W/"7.41"', True),
        ('"1", "7.41"', True),
        ("*", True),
        ('"7"', False),
        ("7.41", False),
    ],
)
def test_if_none_match_compares_the_whole_tag_weakly(sent: str, current: bool) -> None:
    assert is_current(sent, '"7.41"') is current

import re

from projections.published.catalogue import CATALOGUE, MARKET_IMPORTED, REBALANCE_RECOMMENDED, of_type
from projections.published.subscriptions import GROUPS, NAMES, STREAMS_READ, TYPES, names_of


def test_each_short_name_stands_for_published_types_and_none_is_in_two() -> None:
    assert set(GROUPS) == {"recommendation.made", "import.done", "job.finished"}
    told = [event_type for types in GROUPS.values() for event_type in types]
    assert all(of_type(event_type) for event_type in told)
    assert len(told) == len(set(told))


def test_every_import_is_an_import() -> None:
    on_the_stream = {kind.event_type for kind in CATALOGUE if kind.stream == MARKET_IMPORTED}
    assert set(GROUPS["import.done"]) == on_the_stream | {"pm.holdings.positions-imported.v1"}


def test_a_type_is_asked_for_by_its_own_name_and_by_those_of_its_groups() -> None:
    assert names_of("pm.rebalance.recommended.v1") == ("pm.rebalance.recommended.v1", "recommendation.made")
    assert names_of("pm.rebalance.declined.v1") == ("pm.rebalance.declined.v1",)


def test_what_is_not_sent_is_asked_for_by_nobody() -> None:
    assert names_of("pm.portfolio.target-set.v1") == ()
    assert names_of("pm.never.heard-of.v1") == ()


def test_names_are_such_as_the_streams_have() -> None:
    assert all(re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", name) for name in NAMES)


def test_all_streams_of_the_types_are_read() -> None:
    assert REBALANCE_RECOMMENDED in STREAMS_READ
    assert {kind.stream for kind in CATALOGUE if kind.event_type in TYPES} == set(STREAMS_READ)

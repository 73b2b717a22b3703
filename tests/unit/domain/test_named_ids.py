from uuid import NAMESPACE_DNS, uuid5

from hypothesis import given
from hypothesis import strategies as st

from domain.named_ids import NamedIds


@given(st.uuids(), st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_an_id_is_the_one_the_standard_library_gives(namespace, name) -> None:  # type: ignore[no-untyped-def]
    assert NamedIds(namespace)(name) == uuid5(namespace, name)


def test_one_namespace_names_many() -> None:
    named = NamedIds(NAMESPACE_DNS)
    assert [named(name) for name in ("a", "b", "a")] == [uuid5(NAMESPACE_DNS, name) for name in "aba"]
    assert named("a").version == 5

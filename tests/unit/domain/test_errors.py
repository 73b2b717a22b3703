import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import below, steps


@given(st.lists(st.text(alphabet="ab.\\/~ \n", min_size=1), min_size=1, max_size=4))
def test_a_path_says_which_names_it_was_put_together_of(names: list[str]) -> None:
    path = ""
    for name in names:
        path = below(path, name)
    assert steps(path) == names


@pytest.mark.parametrize(
    ("path", "names"),
    [("trades.0.quantity", ["trades", "0", "quantity"]), ("cash", ["cash"]), ("weights.", ["weights", ""])],
)
def test_a_path_of_plain_names_is_written_with_points(path: str, names: list[str]) -> None:
    assert steps(path) == names

import pytest

from api.idempotency import canonical_json


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b'{"a": 1, "b": [1, 2]}', b'{"b":[1,2],"a":1}'),
        (b'{"a": {"x": 1, "y": 2}}', b'{ "a" : { "y":2, "x":1 } }'),
        (b'"\\u0041"', b'"A"'),
    ],
)
def test_key_order_and_white_space_make_no_other_payload(one: bytes, other: bytes) -> None:
    assert canonical_json(one) == canonical_json(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"[1, 2]", b"[2, 1]"),
        (b"1.000000000000000000001", b"1.000000000000000000002"),
        (b'"1.5"', b"1.5"),
        (b"null", b""),
    ],
)
def test_another_value_makes_another_payload(one: bytes, other: bytes) -> None:
    assert canonical_json(one) != canonical_json(other)

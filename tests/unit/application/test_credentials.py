import pytest

from application.credentials import address_of


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_a_peer_is_an_address(peer: str, address: str) -> None:
    assert str(address_of(peer)) == address


@pytest.mark.parametrize("peer", [None, "", "unix:", "a name", "1.2.3", "%eth0"])
def test_what_is_no_address_is_none(peer: str | None) -> None:
    assert address_of(peer) is None

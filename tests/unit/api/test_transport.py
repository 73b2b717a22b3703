from typing import Any

import pytest

from api.transport import Transport

PROXY = "10.0.0.7"


def a_scope(peer: str | None = PROXY, scheme: str = "http") -> dict[str, Any]:
    return {"client": (peer, 1) if peer else None, "scheme": scheme}


def test_a_trusted_proxy_says_whether_the_client_came_over_https() -> None:
    transport = Transport(["10.0.0.0/8"])
    assert transport.is_https(a_scope(), {b"x-forwarded-proto": b"https"})
    assert not transport.is_https(a_scope(), {b"x-forwarded-proto": b"http"})


def test_anybody_else_is_not_believed() -> None:
    transport = Transport(["10.0.0.0/8"])
    assert not transport.is_https(a_scope("203.0.113.9"), {b"x-forwarded-proto": b"https"})


def test_a_client_cannot_add_https_before_the_proxys_own_word() -> None:
    assert not Transport([PROXY]).is_https(a_scope(), {b"x-forwarded-proto": b"https, http"})


def test_the_socket_counts_where_no_proxy_speaks() -> None:
    assert Transport([]).is_https(a_scope(scheme="https"), {})


def test_the_peer_is_the_nearest_hop_no_trusted_proxy_added() -> None:
    headers = {b"x-forwarded-for": b"198.51.100.1, 203.0.113.9, 10.0.0.8"}
    assert Transport(["10.0.0.0/8"]).peer(a_scope(), headers) == "203.0.113.9"
    assert Transport([]).peer(a_scope(), headers) == PROXY


@pytest.mark.parametrize(
    ("sent", "peer"),
    [
        ("198.51.100.1:4711", "198.51.100.1"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("2001:DB8::7", "2001:db8::7"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("unknown", PROXY),
        ("198.51.100.1, nobody\n", PROXY),
        ("1.2.3.4:", PROXY),
    ],
)
def test_a_peer_is_an_address_and_nothing_else(sent: str, peer: str) -> None:
    assert Transport([PROXY]).peer(a_scope(), {b"x-forwarded-for": sent.encode()}) == peer


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "::ffff:127.0.0.1", None])
def test_this_machine_without_a_proxy_is_direct_loopback(peer: str | None) -> None:
    assert Transport([]).is_direct_loopback(a_scope(peer), {})


def test_a_proxy_on_this_machine_is_no_direct_loopback() -> None:
    assert not Transport([]).is_direct_loopback(a_scope("127.0.0.1"), {b"x-forwarded-for": b"203.0.113.9"})


def test_another_machine_is_no_loopback() -> None:
    assert not Transport([]).is_direct_loopback(a_scope("203.0.113.9"), {})

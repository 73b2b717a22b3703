"""HTTPS and addresses: what a proxy says counts only when the proxy is one of ours."""

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final

Network = IPv4Network | IPv6Network
_WITH_PORT: Final = re.compile(r"\[([0-9a-fA-F:.]+)\](?::\d{1,5})?|([0-9.]+):\d{1,5}")


class Transport:
    """Tells the client's address and whether it came over HTTPS."""

    def __init__(self, trusted_proxies: Iterable[str | Network]) -> None:
        self._trusted: tuple[Network, ...] = tuple(
            ip_network(str(proxy), strict=False) for proxy in trusted_proxies
        )
        self._is_trusted = lru_cache(1024)(self._look_up)

    def peer(self, scope: Any, headers: dict[bytes, bytes]) -> str | None:
        """Return the client's address: the nearest that no trusted proxy added, or the socket's peer."""
        peer = _socket_peer(scope)
        if self._trusted and peer and self._is_trusted(peer):
            forwarded = headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",")
            for hop in reversed([hop.strip() for hop in forwarded if hop.strip()]):
                address = _hop(hop)
                if address is None:
                    break  # what is no address is nobody's: it counts against the proxy that passed it on
                peer = address
                if not self._is_trusted(peer):
                    break
        return peer

    def is_https(self, scope: Any, headers: dict[bytes, bytes]) -> bool:
        """Say whether the client came over HTTPS, by X-Forwarded-Proto of a trusted proxy or the socket."""
        peer = _socket_peer(scope)
        if self._trusted and peer and self._is_trusted(peer) and (sent := headers.get(b"x-forwarded-proto")):
            return sent.split(b",")[-1].strip().lower() == b"https"
        return bool(scope.get("scheme") == "https")

    def is_direct_loopback(self, scope: Any, headers: dict[bytes, bytes]) -> bool:
        """Say whether somebody on this machine asks with no proxy in between, who needs no HTTPS."""
        if b"x-forwarded-proto" in headers or b"x-forwarded-for" in headers or b"forwarded" in headers:
            return False
        peer = _socket_peer(scope)
        address = _address(peer) if peer else None
        return address is None or address.is_loopback

    def _look_up(self, peer: str) -> bool:
        address = _address(peer)
        return address is not None and any(address in network for network in self._trusted)


def _socket_peer(scope: Any) -> str | None:
    client = scope.get("client")
    return client[0] if client else None


def _hop(text: str) -> str | None:
    """Return the address of a hop without the port that some proxies add; None where it is none."""
    found = _WITH_PORT.fullmatch(text)
    address = _address((found[1] or found[2]) if found else text)
    return None if address is None else str(address)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address

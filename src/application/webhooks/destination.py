"""Where a webhook may go: an address that is read strictly, and resolved only to where the public internet is.

The URL is taken apart here and never read again by anything else, so that no second reader can find another host in it.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, Literal
from urllib.parse import urlsplit

from application.webhooks.addresses import Address, as_address, is_loopback, is_public
from domain.errors import Refused, Violation

URL_LENGTH_MAX: Final = 2048
HTTPS_PORT: Final = 443
FREE_PORTS_FROM: Final = 1024
_VISIBLE: Final = re.compile(r"[^\x00-\x20\x7f-\xa0\\]+")
_ASCII: Final = re.compile(r"[\x21-\x7e]*")
_NUMERIC_LABEL: Final = re.compile(r"(?:[0-9]+|0[xX][0-9A-Fa-f]*)")
_NAME: Final = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
)

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""All addresses of a name, as text; none where there are none."""


class DestinationRefused(Refused):
    """An address that webhooks are not sent to; `reason` is the code of the rule that it breaks."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        super().__init__(detail, violations=[Violation("url", reason, detail)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A URL in its parts; `host` is an ASCII name or an address without brackets, `path` holds the query as well."""

    scheme: Literal["http", "https"]
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = HTTPS_PORT if self.scheme == "https" else 80
        return host if self.port == usual else f"{host}:{self.port}"


class Destinations:
    """Reads URLs, and finds the addresses they lead to; both raise DestinationRefused.

    allow_loopback : this machine may be told as well, and without TLS.
    """

    def __init__(self, resolve: Resolve, *, allow_loopback: bool = False) -> None:
        self._resolve, self._allow_loopback = resolve, allow_loopback

    def read(self, url: str) -> Destination:
        """Return the parts of a URL that webhooks may be sent to, as far as can be told without asking anybody."""
        if len(url) > URL_LENGTH_MAX or not _VISIBLE.fullmatch(url):
            raise _malformed(
                f"At most {URL_LENGTH_MAX} characters, none of them blank, control or backslash."
            )
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise _malformed("This is not a URL.") from None
        if "@" in parts.netloc:
            raise DestinationRefused("user_info", "A URL with a user name or a password is not taken.")
        if parts.fragment or "#" in url:
            raise _malformed("A fragment is never sent; leave it out.")
        if parts.scheme not in ("https", "http") or (parts.scheme == "http" and not self._allow_loopback):
            raise DestinationRefused("https_required", "Webhooks go to https addresses only.")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if not _ASCII.fullmatch(path):
            raise _malformed("Path and query are to be percent-encoded.")
        scheme: Literal["http", "https"] = "https" if parts.scheme == "https" else "http"
        destination = Destination(
            scheme=scheme,
            host=_host(parts.hostname or ""),
            port=(HTTPS_PORT if scheme == "https" else 80) if port is None else port,
            path=path,
        )
        if (literal := as_address(destination.host)) is not None:
            self._require_open(destination, [literal])
        self._require_port(destination)
        return destination

    async def addresses(self, destination: Destination) -> list[Address]:
        """Return where the host is now; none where its name has no address.

        One address that is not open to webhooks refuses all: which one a connection takes is not to be left to chance.
        """
        if (literal := as_address(destination.host)) is not None:
            found = [literal]
        else:
            found = [ip_address(text.partition("%")[0]) for text in await self._resolve(destination.host)]
        self._require_open(destination, found)
        return found

    def _require_open(self, destination: Destination, found: Sequence[Address]) -> None:
        here = [self._allow_loopback and is_loopback(address) for address in found]
        if not all(local or is_public(address) for local, address in zip(here, found, strict=True)):
            raise DestinationRefused("not_public", "Webhooks go to public addresses only.")
        if destination.scheme == "http" and not all(here):
            raise DestinationRefused("https_required", "Only this machine itself is told without TLS.")

    def _require_port(self, destination: Destination) -> None:
        if destination.port == HTTPS_PORT or destination.port >= FREE_PORTS_FROM:
            return
        if self._allow_loopback and destination.scheme == "http" and destination.port:
            return
        detail = f"Port {HTTPS_PORT}, or one from {FREE_PORTS_FROM} on."
        raise DestinationRefused("port_not_allowed", detail)


def _host(text: str) -> str:
    """Return a host as it is resolved, named in TLS, and sent; raises DestinationRefused."""
    if ":" in text:
        if as_address(text) is None:
            raise _malformed("The host is not an address.")
        return text
    name = _ascii(text.removesuffix("."))
    if _NUMERIC_LABEL.fullmatch(name.rpartition(".")[2]):  # an address then, in whatever spelling
        if as_address(name) is None:
            raise _malformed("An IPv4 address is written as four decimal numbers.")
        return name
    if not _NAME.fullmatch(name):
        raise _malformed("The host is not a name.")
    return name


def _ascii(name: str) -> str:
    if name.isascii():
        return name.lower()
    import idna  # its tables take longer to load than most processes ever need them

    try:
        return idna.encode(name, uts46=True).decode("ascii").removesuffix(".")
    except (idna.IDNAError, UnicodeError):
        raise _malformed("The host is not a name.") from None


def _malformed(detail: str) -> DestinationRefused:
    return DestinationRefused("malformed", detail)

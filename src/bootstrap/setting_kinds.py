"""The kinds of values that settings have, each with the sentence that says what is expected."""

import re
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bootstrap.setting import Kind, ValueNamed

if TYPE_CHECKING:
    from infrastructure.identity.issuer_settings import ExternalIssuer


class LogLevel(StrEnum):
    """The least important message that is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How a message is written; `auto` is text at a terminal and JSON elsewhere."""

    AUTO = "auto"
    JSON = "json"
    TEXT = "text"


Network = IPv4Network | IPv6Network

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_BYTES = {"": 1, "B": 1, "KB": 1000, "MB": 1000**2, "GB": 1000**3}
SHORTEST_SECRET = 32


def choice(options: type[StrEnum]) -> Kind:
    """One of the words of `options`, in any case."""
    return Kind(lambda text: options(text.strip().lower()), f"one of {', '.join(options)}")


def word(*options: str) -> Kind:
    """One of a few words, in any case."""

    def read(text: str) -> str:
        if (found := text.strip().lower()) not in options:
            raise ValueError(text)
        return found

    return Kind(read, f"one of {', '.join(options)}")


def whole(lowest: int, highest: int) -> Kind:
    """A whole number from `lowest` to `highest`."""

    def read(text: str) -> int:
        value = int(text)
        if not lowest <= value <= highest:
            raise ValueError(text)
        return value

    return Kind(read, f"a whole number from {lowest} to {highest}")


def url(*schemes: str) -> Kind:
    """An address with one of `schemes` and a host or a path."""

    def read(text: str) -> str:
        parts = urlsplit(text)
        parts.port  # noqa: B018 raises ValueError for a port that is none
        if parts.scheme not in schemes or not (parts.netloc or parts.path):
            raise ValueError(text)
        return text

    return Kind(read, f"an address such as {schemes[0]}://user:password@host:port/name")


def _protected_url(text: str) -> str:
    parts = urlsplit(text)
    parts.port  # noqa: B018 raises ValueError for a port that is none
    local = parts.hostname in ("127.0.0.1", "::1", "localhost")
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and local)):
        raise ValueError(text)
    return text


def _bool(text: str) -> bool:
    word = text.strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError(text)
    return word in _TRUE


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < 3600:
        raise ValueError(text)
    return value


def _patience(text: str) -> float:
    if not (value := _seconds(text)):
        raise ValueError(text)
    return value


def _duration(text: str) -> timedelta:
    found = re.fullmatch(r"\s*(\d{1,9})\s*([smhd])\s*", text)
    if not found:
        raise ValueError(text)
    return timedelta(seconds=int(found[1]) * _SECONDS[found[2]])


def _durations(text: str) -> tuple[timedelta, ...]:
    return tuple(_duration(part) for part in text.split(","))


def _byte_count(text: str) -> int:
    found = re.fullmatch(r"\s*(\d{1,15})\s*([KMG]?B)?\s*", text.upper())
    if not found or int(found[1]) == 0:
        raise ValueError(text)
    return int(found[1]) * _BYTES[found[2] or ""]


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def _host_names(text: str) -> frozenset[str]:
    names = frozenset(part.strip().lower().strip("[]") for part in text.split(",") if part.strip())
    if not all(re.fullmatch(r"[a-z0-9._-]+|[0-9a-f:.]+", name) for name in names):
        raise ValueError(text)
    return names


def _origins(text: str) -> frozenset[str]:
    origins = frozenset(part.strip() for part in text.split(",") if part.strip())
    for origin in origins:
        parts = urlsplit(origin)
        port = "" if parts.port is None else f":{parts.port}"
        written = f"{parts.scheme}://{parts.hostname}{port}"  # as a browser writes it, which compares letter by letter
        if parts.scheme not in ("http", "https") or origin != written or "*" in origin:
            raise ValueError(text)
    return origins


def _secret(text: str) -> str:
    if len(text.encode()) < SHORTEST_SECRET:
        raise ValueError
    return text


def _public_key(text: str) -> str:
    if not text.lstrip().startswith("-----BEGIN"):
        text = _contents(Path(text).expanduser())
    from infrastructure.identity.public_keys import algorithm_of  # slow to load, and seldom needed

    algorithm_of(text)
    return text


def _signing_key(text: str) -> str:
    if not text.lstrip().startswith("-----BEGIN"):
        text = _contents(Path(text).expanduser())
    from infrastructure.eventstore.checkpoints import LogKey  # slow to load, and seldom needed

    LogKey(text)
    return text


def _issuers(text: str) -> tuple["ExternalIssuer", ...]:
    from infrastructure.identity.issuer_settings import external_issuers  # slow to load, and seldom needed

    try:
        return external_issuers(text)
    except ValueError as refusal:
        raise ValueNamed(str(refusal)) from refusal


def _contents(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii")
    except OSError as failure:
        raise ValueError(str(failure)) from failure


def _text(text: str) -> str:
    if not text.strip():
        raise ValueError(text)
    return text.strip()


TEXT = Kind(_text, "some text")
PROTECTED_URL = Kind(_protected_url, "an address that begins with https://, or with http:// on this machine")
FOLDER = Kind(lambda text: Path(_text(text)).expanduser(), "a folder")
FLAG = Kind(_bool, "true or false")
PORT = whole(1, 65535)
PATIENCE = Kind(_patience, "seconds above 0 and below 3600, such as 30")
SECONDS = Kind(_seconds, "seconds from 0 to 3600, such as 2 or 0.5")
DURATION = Kind(_duration, "a duration such as 90s, 15m, 12h or 30d")
DURATIONS = Kind(_durations, "durations with commas between, such as 5s,30s,2m")
BYTES = Kind(_byte_count, "a size such as 500KB, 20MB or 1GB")
NETWORKS = Kind(_networks, "addresses or networks with commas between, such as 10.0.0.7,192.168.0.0/16")
HOST_NAMES = Kind(_host_names, "host names without ports, with commas between, such as trimtab.example.com")
ORIGINS = Kind(
    _origins,
    "origins as browsers send them, with commas between, such as https://app.example.com; there is no wildcard",
)
SECRET = Kind(_secret, f"at least {SHORTEST_SECRET} characters")
ISSUERS = Kind(_issuers, "a JSON list of issuers, or the path of a file that holds one")
PUBLIC_KEY = Kind(
    _public_key,
    "a public key in PEM form (RSA, P-256 or Ed25519), or the path of a readable file that holds one",
)
SIGNING_KEY = Kind(
    _signing_key,
    "a private Ed25519 key in PEM form without a password, or the path of a readable file that holds one",
)

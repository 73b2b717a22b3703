"""External issuers as they are configured: what is wrong with the configuration is said in one sentence."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import msgspec

OWN_ISSUER: Final = "trimtab"
Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]


class ExternalIssuer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody else whose tokens count, for tenants that begin with `<name>:`.

    audience : what `aud` has to be, or hold.
    algorithm : the one that its tokens are signed with.
    jwks, public_key, jwks_uri : its keys, or where they are; without any of these the issuer's discovery document says.
    tenant_claim : the claim that names the tenant; without it `tenant_id`, and where a token has none, `sub`.
    """

    name: Annotated[str, msgspec.Meta(pattern="^[a-z0-9-]{1,32}(?!\n)$")]
    issuer: Line
    audience: Line
    algorithm: Algorithm
    jwks: dict[str, Any] | None = None
    public_key: Line | None = None
    jwks_uri: Line | None = None
    tenant_claim: Line | None = None


def external_issuers(text: str) -> tuple[ExternalIssuer, ...]:
    """Return the issuers of a JSON list, or of a file that holds one; raises ValueError with what is wrong."""
    if not text.lstrip().startswith("["):
        text = _contents(Path(text.strip()).expanduser())
    try:
        issuers = msgspec.json.decode(text, type=tuple[ExternalIssuer, ...])
    except msgspec.DecodeError as error:
        raise ValueError(f"it is no list of issuers: {error}") from None
    for issuer in issuers:
        _check(issuer)
    _refuse_twice("name", [issuer.name for issuer in issuers])
    _refuse_twice("issuer", [issuer.issuer for issuer in issuers])
    return issuers


def is_safe(address: str) -> bool:
    """Say whether keys may be fetched from an address: over https, or from this machine."""
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 raises ValueError for a port that is none
    except ValueError:
        return False
    if not parts.hostname or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check(issuer: ExternalIssuer) -> None:
    from infrastructure.identity.issuer_keys import key_of_pem, usable_keys

    sources = [one for one in ("jwks", "public_key", "jwks_uri") if getattr(issuer, one) is not None]
    who = f"issuer {issuer.name!r}"
    if len(sources) > 1:
        raise ValueError(f"{who} has {' and '.join(sources)}; one of them is enough")
    if issuer.issuer == OWN_ISSUER:
        raise ValueError(f"{who} calls itself {OWN_ISSUER!r}, which is this service")
    if issuer.jwks_uri is not None and not is_safe(issuer.jwks_uri):
        raise ValueError(f"{who} has a jwks_uri that is neither https nor on this machine")
    if not sources and not is_safe(issuer.issuer):
        raise ValueError(f"{who} has no keys, and its issuer is no https address to ask for them")
    if issuer.jwks is not None and not usable_keys(issuer.jwks, issuer.algorithm):
        raise ValueError(f"{who} has no key for {issuer.algorithm} in its jwks")
    if issuer.public_key is not None:
        key_of_pem(issuer.public_key, issuer.algorithm)


def _refuse_twice(what: str, values: list[str]) -> None:
    if twice := sorted({value for value in values if values.count(value) > 1}):
        raise ValueError(f"the {what} {twice[0]!r} is there twice")


def _contents(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as failure:
        raise ValueError(f"the file {str(file)!r} cannot be read") from failure

"""Fetching what issuers publish: small JSON documents, from where they say and nowhere else."""

import asyncio
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from infrastructure.identity.issuer_keys import Keys, KeysNotLoaded, usable_keys
from infrastructure.identity.issuer_settings import ExternalIssuer, is_loopback, is_safe

BYTES_MAX: Final = 262_144
SECONDS_MAX: Final = 10.0
DISCOVERY: Final = "/.well-known/openid-configuration"


async def published_keys(issuer: ExternalIssuer) -> Keys:
    """Return the keys that an issuer publishes; raises KeysNotLoaded."""
    address = issuer.jwks_uri or await _discovered(issuer)
    keys = usable_keys(await document_at(address), issuer.algorithm)
    if not keys:
        raise KeysNotLoaded(f"{address} has no key for {issuer.algorithm}")
    return keys


async def document_at(address: str) -> dict[str, Any]:
    """Return the JSON object at an address; raises KeysNotLoaded.

    Redirects are not followed: they would lead away from the address that was trusted.
    """
    import httpx  # slow to load, and needed by installations with external issuers alone

    own_machine = is_loopback(urlsplit(address).hostname or "")
    try:
        async with asyncio.timeout(SECONDS_MAX):
            async with (
                httpx.AsyncClient(follow_redirects=False, trust_env=not own_machine) as client,
                client.stream("GET", address, headers={"Accept": "application/json"}) as answer,
            ):
                if answer.status_code != 200:
                    raise KeysNotLoaded(f"{address} answered {answer.status_code}")
                content = await _small(answer, address)
        return msgspec.json.decode(content, type=dict[str, Any])
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as failure:
        raise KeysNotLoaded(f"{address} did not answer: {type(failure).__name__}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise KeysNotLoaded(f"{address} is no JSON object") from None


async def _small(answer: Any, address: str) -> bytes:
    content = bytearray()
    async for part in answer.aiter_bytes():
        content += part
        if len(content) > BYTES_MAX:
            raise KeysNotLoaded(f"{address} is larger than {BYTES_MAX} bytes")
    return bytes(content)


async def _discovered(issuer: ExternalIssuer) -> str:
    address = issuer.issuer.rstrip("/") + DISCOVERY
    document = await document_at(address)
    if document.get("issuer") != issuer.issuer:
        raise KeysNotLoaded(f"{address} is about another issuer: {document.get('issuer')!r}")
    where = document.get("jwks_uri")
    if not isinstance(where, str) or not is_safe(where):
        raise KeysNotLoaded(f"{address} names no jwks_uri that is https or on this machine")
    return where

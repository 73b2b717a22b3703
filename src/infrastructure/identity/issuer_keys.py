"""The public keys of an issuer: given once, or fetched and kept."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from time import monotonic
from typing import Any, Final

import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from domain.errors import Unavailable
from infrastructure.identity.issuer_settings import Algorithm

RELOAD_SECONDS: Final = 30.0
"""How often an unknown key makes us look for new ones, at most."""
FIRST_RELOAD_SECONDS: Final = 2.0
"""The same while there are no keys at all."""
FRESH_SECONDS: Final = 3600.0
"""After this long keys are looked at again, since the issuer may have withdrawn one."""
KEYS_MAX: Final = 100
RSA_BITS_MIN: Final = 2048
_CURVES: Final = {"ES256": "secp256r1", "ES384": "secp384r1", "ES512": "secp521r1"}
Keys = Mapping[str | None, Any]
_log = structlog.get_logger("trimtab.identity")


def usable_keys(document: Mapping[str, Any], algorithm: Algorithm) -> dict[str | None, Any]:
    """Return the keys of a JSON Web Key Set that verify signatures of one algorithm, by their ids.

    Others are passed over: keys for encryption, of other algorithms, too weak, secret, or unreadable.
    """
    found: dict[str | None, Any] = {}
    listed = document.get("keys")
    for entry in listed[:KEYS_MAX] if isinstance(listed, list) else []:
        key = _key(entry, algorithm) if isinstance(entry, dict) else None
        if key is not None:
            kid = entry.get("kid")
            found.setdefault(kid if isinstance(kid, str) else None, key)
    return found


def key_of_pem(text: str, algorithm: Algorithm) -> Any:
    """Return the public key of a PEM text, or of the file that holds it; raises ValueError where it does not fit."""
    if not text.lstrip().startswith("-----BEGIN"):
        try:
            text = Path(text).expanduser().read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            raise ValueError(f"the file {text!r} holds no public key") from None
    try:
        key = load_pem_public_key(text.encode())
    except ValueError:
        raise ValueError("a public_key is not in PEM form") from None
    if not _fits(key, algorithm):
        raise ValueError(f"a public_key is no key for {algorithm}")
    return key


def _key(entry: dict[str, Any], algorithm: Algorithm) -> Any:
    if entry.get("use", "sig") != "sig" or entry.get("alg", algorithm) != algorithm or "d" in entry:
        return None
    if entry.get("kty") not in ("RSA", "EC", "OKP"):
        return None
    try:
        key = jwt.PyJWK(entry, algorithm=algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    return key if _fits(key, algorithm) else None


def _fits(key: Any, algorithm: Algorithm) -> bool:
    if algorithm == "EdDSA":
        return isinstance(key, Ed25519PublicKey)
    if algorithm in _CURVES:
        return isinstance(key, EllipticCurvePublicKey) and key.curve.name == _CURVES[algorithm]
    return isinstance(key, RSAPublicKey) and key.key_size >= RSA_BITS_MIN


def chosen(keys: Keys, kid: str | None) -> Any:
    """Return the key a token names; where it names none, the only one there is; else None."""
    if kid is None and len(keys) == 1:
        return next(iter(keys.values()))
    return keys.get(kid)


class GivenKeys:
    """Keys that are known from the start."""

    generation = 0

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    async def key(self, kid: str | None) -> Any:
        """Return a key, or None."""
        # A single key without an id is the key, whatever a token calls it.
        return self._keys[None] if [*self._keys] == [None] else chosen(self._keys, kid)


class FetchedKeys:
    """Keys that are fetched when first needed, and again when a token names an unknown one.

    `load` fetches them and raises KeysNotLoaded. While the issuer is away the keys known stay. `generation` changes
    with the keys, so that whoever remembers what they verified can verify again. `clock` gives monotonic seconds.
    """

    def __init__(
        self, name: str, load: Callable[[], Awaitable[Keys]], *, clock: Callable[[], float] = monotonic
    ) -> None:
        self._name, self._load, self._clock = name, load, clock
        self._keys: Keys | None = None
        self._tried_at: float | None = None
        self._loaded_at = 0.0
        self._turn = asyncio.Lock()
        self._renewal: asyncio.Task[None] | None = None
        self.generation = 0

    async def key(self, kid: str | None) -> Any:
        """Return a key, or None; raises Unavailable while no keys could be had.

        Nobody waits for keys that are only to be looked at again.
        """
        if self._is_missing(kid):
            async with self._turn:  # whoever waited finds what the first one fetched
                if self._is_missing(kid):
                    await self._reload()
        elif self._is_old() and not self._turn.locked():
            self._renewal = asyncio.create_task(self._renew())
        if self._keys is None:
            raise Unavailable(
                f"The keys of the issuer {self._name!r} cannot be had at the moment.", retry_after=2
            )
        return chosen(self._keys, kid)

    def _is_missing(self, kid: str | None) -> bool:
        if self._keys is None:
            return self._pause_is_over(FIRST_RELOAD_SECONDS)
        return chosen(self._keys, kid) is None and self._pause_is_over(RELOAD_SECONDS)

    def _is_old(self) -> bool:
        return self._clock() - self._loaded_at >= FRESH_SECONDS and self._pause_is_over(RELOAD_SECONDS)

    def _pause_is_over(self, seconds: float) -> bool:
        return self._tried_at is None or self._clock() - self._tried_at >= seconds

    async def _renew(self) -> None:
        async with self._turn:
            if self._is_old():
                await self._reload()

    async def _reload(self) -> None:
        try:
            keys = await self._load()
        except KeysNotLoaded as failure:
            _log.warning("issuer_keys_not_loaded", issuer=self._name, reason=str(failure))
        else:
            self._loaded_at = self._clock()
            if keys != self._keys:
                self._keys = keys
                self.generation += 1
        self._tried_at = self._clock()


class KeysNotLoaded(Exception):
    """The issuer did not give keys; the message says why."""

"""The keys that access tokens are signed with: made by whoever needs one first, kept in PostgreSQL, read by all."""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe
from time import monotonic
from typing import Any, Final, LiteralString
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Json
from psycopg_pool import AsyncConnectionPool

from application.identity.roles import ROLE_SCOPES, Role
from application.identity.signed_in import ACCESS_SECONDS
from domain.errors import Unavailable
from infrastructure.identity.sealing import Seal, SealBroken
from infrastructure.postgres.away import said_as_unavailable

ISSUER: Final = "trimtab"
ALGORITHM: Final = "ES256"
KID_BYTES: Final = 12
RELOADED_SECONDS: Final = 60.0
"""After that long a process looks whether the keys have changed."""
RELOADS_APART_SECONDS: Final = 1.0
"""Tokens with made-up key ids must not send a process to the database each time."""
OVERLAP: Final = timedelta(seconds=ACCESS_SECONDS + 5 * RELOADED_SECONDS)
"""How long a key verifies after the next one came: other processes sign with it until they look, and then an hour."""
_READ: LiteralString = """select kid, public_jwk, private_sealed, retires_at is null as newest,
    clock_timestamp() - created_at as age from identity.signing_key
    where retires_at is null or retires_at > clock_timestamp() order by created_at desc"""
OFFER: LiteralString = "select identity.offer_signing_key(%s, %s, %s, %s, %s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """A key as it lies in the database."""

    kid: str
    public_jwk: dict[str, str]
    private_sealed: bytes
    newest: bool
    age: timedelta


class KeySigner:
    """Signs access tokens with one private key."""

    def __init__(self, kid: str, key: ec.EllipticCurvePrivateKey) -> None:
        self.kid = kid
        self._key = key

    def access_token(self, *, person: UUID, session: UUID, tenant: str, role: Role, now: datetime) -> str:
        """Return a token that is valid for an hour from `now` on."""
        claims = {
            "iss": ISSUER,
            "sub": str(person),
            "tenant_id": tenant,
            "sid": str(session),
            "scope": " ".join(sorted(ROLE_SCOPES[role])),
            "iat": int(now.timestamp()),
            "exp": int(now.timestamp()) + ACCESS_SECONDS,
            "jti": token_urlsafe(KID_BYTES),
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": self.kid})


class PostgresSigningKeys:
    """The ring of keys: the newest signs, all that are in it verify. `clock` gives monotonic seconds.

    Of several processes that find no key, or one that is too old, one makes the next; the others read it. A key that
    was sealed under another secret of the installation cannot be opened, so the next one takes its place.
    """

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[Any]],
        secret: str,
        *,
        rotate_after: timedelta,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._pool = pool
        self._seal = signing_seal(secret)
        self._rotate_after = rotate_after
        self._clock = clock
        self._keys: dict[str, StoredKey] = {}
        self._public: dict[str, ec.EllipticCurvePublicKey] = {}
        self._signer: KeySigner | None = None
        self._loaded_at: float | None = None
        self._loading = asyncio.Lock()

    async def signer(self) -> KeySigner:
        """Return what signs, making a key where there is none or it is too old; raises Unavailable."""
        await self._look(at_least_every=RELOADED_SECONDS)
        newest = next((key for key in self._keys.values() if key.newest), None)
        if self._signer is None or newest is None or newest.age >= self._rotate_after:
            await self._offer(newest.kid if newest else None)
            await self._load()
        if self._signer is None:
            raise Unavailable("The key that signs tokens was made under another secret of this service.")
        return self._signer

    async def public_key(self, kid: str) -> ec.EllipticCurvePublicKey | None:
        """Return the key that verifies tokens with this id, None where none does; raises Unavailable."""
        await self._look(at_least_every=RELOADED_SECONDS)
        if kid not in self._public:
            await self._look(at_least_every=RELOADS_APART_SECONDS)
        return self._public.get(kid)

    async def public_keys(self) -> list[dict[str, str]]:
        """Return the public halves, as JSON Web Keys, of all keys that verify."""
        await self._look(at_least_every=RELOADS_APART_SECONDS)
        return [key.public_jwk for key in self._keys.values()]

    async def _look(self, *, at_least_every: float) -> None:
        async with self._loading:
            if self._loaded_at is None or self._clock() - self._loaded_at >= at_least_every:
                await self._load()

    async def _load(self) -> None:
        with said_as_unavailable():
            async with self._pool.connection() as connection:
                cursor = connection.cursor(row_factory=class_row(StoredKey))
                found = await (await cursor.execute(_READ)).fetchall()
        self._public = {key.kid: self._public.get(key.kid) or public_of(key.public_jwk) for key in found}
        self._keys = {key.kid: key for key in found}
        self._signer = self._signer_of(next((key for key in found if key.newest), None))
        self._loaded_at = self._clock()

    def _signer_of(self, newest: StoredKey | None) -> KeySigner | None:
        if newest is None:
            return None
        if self._signer is not None and self._signer.kid == newest.kid:
            return self._signer
        try:
            return KeySigner(newest.kid, opened(self._seal, newest.kid, newest.private_sealed))
        except SealBroken:
            return None

    async def _offer(self, replaces: str | None) -> None:
        kid, jwk, sealed = new_key(self._seal)
        with said_as_unavailable():
            async with self._pool.connection() as connection:
                await connection.execute(OFFER, (kid, Json(jwk), sealed, replaces, OVERLAP))


def signing_seal(secret: str) -> Seal:
    """Return what private halves are sealed with."""
    return Seal(secret, b"signing keys")


def new_key(seal: Seal) -> tuple[str, dict[str, str], bytes]:
    """Return a new key: its id, its public half as a JSON Web Key, its private half sealed."""
    kid, key = token_urlsafe(KID_BYTES), ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return kid, public_jwk(kid, key.public_key()), seal.seal(private, bound_to=kid.encode())


def opened(seal: Seal, kid: str, sealed: bytes) -> ec.EllipticCurvePrivateKey:
    """Return a private half; raises SealBroken."""
    key = load_der_private_key(seal.open(sealed, bound_to=kid.encode()), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def public_jwk(kid: str, key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    """Return a key as RFC 7517 and RFC 7518 write it."""
    point = key.public_numbers()
    return {
        "kty": "EC",
        "crv": "P-256",
        "alg": ALGORITHM,
        "use": "sig",
        "kid": kid,
        "x": _coordinate(point.x),
        "y": _coordinate(point.y),
    }


def public_of(jwk: Mapping[str, str]) -> ec.EllipticCurvePublicKey:
    """Return the key that a JSON Web Key writes down."""
    key = jwt.PyJWK.from_dict(dict(jwk)).key
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


def _coordinate(number: int) -> str:
    return urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()

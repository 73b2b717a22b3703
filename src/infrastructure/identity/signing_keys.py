"""The keys that access tokens are signed with: made by whoever needs one first, kept in PostgreSQL, read by all."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any, Final, LiteralString

import structlog
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from psycopg import AsyncConnection, Connection
from psycopg.rows import class_row
from psycopg.types.json import Json
from psycopg_pool import AsyncConnectionPool

from application.identity.signed_in import ACCESS_SECONDS
from domain.errors import Unavailable
from infrastructure.identity.sealing import SealBroken
from infrastructure.identity.signing_key import (
    KeySigner,
    SealedKey,
    new_key,
    public_key_of,
    signer_of,
    signing_seal,
)
from infrastructure.postgres.away import said_as_unavailable

RELOADED_SECONDS: Final = 60.0
"""After that long a process looks whether the keys have changed."""
RELOADS_APART_SECONDS: Final = 1.0
"""Tokens with made-up key ids must not send a process to the database each time."""
OVERLAP: Final = timedelta(seconds=ACCESS_SECONDS + 5 * RELOADED_SECONDS)
"""How long a key verifies after the next one came: other processes sign with it until they look, and then an hour."""
_log = structlog.get_logger("trimtab.identity")
_READ: LiteralString = """select kid, public_jwk, private_sealed, retires_at is null as newest,
    clock_timestamp() - created_at as age from identity.signing_key
    where retires_at is null or retires_at > clock_timestamp() order by created_at desc"""
_NEWEST: LiteralString = "select kid from identity.signing_key where retires_at is null"
_OFFER: LiteralString = "select identity.offer_signing_key(%s, %s, %s, %s, %s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey(SealedKey):
    """A key of the ring."""

    newest: bool
    age: timedelta


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
        self._public: dict[str, EllipticCurvePublicKey] = {}
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

    async def public_key(self, kid: str) -> EllipticCurvePublicKey | None:
        """Return the key that verifies tokens with this id, None where none does; raises Unavailable."""
        await self._look(at_least_every=RELOADED_SECONDS)
        if kid not in self._public:
            await self._look(at_least_every=RELOADS_APART_SECONDS)
        return self._public.get(kid)

    async def public_keys(self) -> list[dict[str, str]]:
        """Return the public halves, as JSON Web Keys, of all keys that verify, the newest first."""
        await self._look(at_least_every=RELOADS_APART_SECONDS)
        return [key.public_jwk for key in self._keys.values()]

    async def _look(self, *, at_least_every: float) -> None:
        if self._is_known_since(at_least_every):
            return
        async with self._loading:
            if not self._is_known_since(at_least_every):
                await self._load()

    def _is_known_since(self, seconds: float) -> bool:
        return self._loaded_at is not None and self._clock() - self._loaded_at < seconds

    async def _load(self) -> None:
        with said_as_unavailable():
            async with self._pool.connection() as connection:
                cursor = connection.cursor(row_factory=class_row(StoredKey))
                found = await (await cursor.execute(_READ)).fetchall()
        self._public = {key.kid: self._public.get(key.kid) or public_key_of(key.public_jwk) for key in found}
        self._keys = {key.kid: key for key in found}
        self._signer = self._signer_of(next((key for key in found if key.newest), None))
        self._loaded_at = self._clock()

    def _signer_of(self, newest: StoredKey | None) -> KeySigner | None:
        if newest is None:
            return None
        if self._signer is not None and self._signer.kid == newest.kid:
            return self._signer
        try:
            return signer_of(self._seal, newest.kid, newest.private_sealed)
        except SealBroken:
            # Once after the secret has changed; again and again where processes do not have the same one.
            _log.warning("signing_key_of_another_secret", kid=newest.kid)
            return None

    async def _offer(self, replaces: str | None) -> None:
        with said_as_unavailable():
            async with self._pool.connection() as connection:
                await connection.execute(_OFFER, _offered(new_key(self._seal), replaces, OVERLAP))


def rotate(connection: Connection[Any], secret: str, *, overlap: timedelta) -> str:
    """Make the next key and return its id; the former one verifies for `overlap` more. The caller commits."""
    made, taken = new_key(signing_seal(secret)), False
    while not taken:  # a process of the API may have been faster
        newest = connection.execute(_NEWEST).fetchone()
        values = _offered(made, newest[0] if newest else None, overlap)
        row = connection.execute(_OFFER, values).fetchone()
        taken = row is not None and row[0]
    return made.kid


def _offered(key: SealedKey, replaces: str | None, overlap: timedelta) -> tuple[object, ...]:
    return (key.kid, Json(key.public_jwk), key.private_sealed, replaces, overlap)

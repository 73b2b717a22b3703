"""Proves the event log of the home, or of the database that the settings name."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import psycopg

from bootstrap.home import NotRunning, lock, running
from bootstrap.leftovers import end_leftovers
from bootstrap.settings import Settings
from infrastructure.embedded.postgres_server import EmbeddedPostgres
from infrastructure.embedded.server import running as served
from infrastructure.eventstore.checkpoint_file import CheckpointFile
from infrastructure.eventstore.checkpoints import TrustedKeys, pems_in
from infrastructure.eventstore.log_home import LogHome
from infrastructure.eventstore.proof import Evidence, Proof, proven

NO_LOG: Final = "There is no event log in that database, or an old one: run `trimtab migrate`."
NOT_OWNER: Final = (
    "That role does not see every tenant's events: connect as the owner, with TRIMTAB_DATABASE_URL."
)


class CannotVerify(Exception):
    """There is nothing to look at, or not enough of it may be seen; the message is a sentence."""


class LogReport(msgspec.Struct, frozen=True, kw_only=True):
    """What `trimtab verify --json` prints.

    events : how many were looked at. head_hash : the hash of the last one. checkpoints : how many signatures were
    proven; unproven_checkpoints : how many were not, for want of a public key. public_key : the one that signs now.
    """

    ok: bool
    events: int
    last_position: int
    head_hash: str
    checkpoints: int
    unproven_checkpoints: int
    first_broken_position: int | None
    reason: str | None
    public_key: str | None


def verify(
    settings: Settings, *, first: int = 1, public_key: Path | None = None, checkpoints: Path | None = None
) -> LogReport:
    """Return what the log says about itself, and what was signed about it.

    public_key : a file with the public keys to trust instead of those of the home. checkpoints : a copy of the
    checkpoints instead of the home's.

    Raises CannotVerify, CheckpointFileUnreadable, EmbeddedServerError, HomeInUse, NotRunning, and the driver's errors.
    """
    home = LogHome(settings.home, pem=settings.log_signing_key)
    pems = _keys_of(home) if public_key is None else _keys_in(public_key)
    copy = home.checkpoints if checkpoints is None else CheckpointFile(checkpoints)
    evidence = Evidence(keys=TrustedKeys(pems), kept=copy.checkpoints())
    with _database(settings) as url, psycopg.connect(url, application_name="trimtab-verify") as connection:
        try:
            proof = proven(connection, evidence, first=first)
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
            raise CannotVerify(NO_LOG) from None
        except psycopg.errors.InsufficientPrivilege:
            raise CannotVerify(NOT_OWNER) from None
    return _report(proof, pems[0] if pems else None)


def _report(proof: Proof, public_key: str | None) -> LogReport:
    broken = proof.broken
    return LogReport(
        ok=broken is None,
        events=proof.events,
        last_position=proof.last_position,
        head_hash=proof.head,
        checkpoints=proof.checkpoints,
        unproven_checkpoints=proof.unproven,
        first_broken_position=broken.position if broken else None,
        reason=broken.reason if broken else None,
        public_key=public_key,
    )


def _keys_of(home: LogHome) -> list[str]:
    try:
        return home.public_keys()
    except (OSError, ValueError) as failure:
        raise CannotVerify(f"The keys in the home folder cannot be read: {failure}.") from failure


def _keys_in(file: Path) -> list[str]:
    try:
        return pems_in(file.read_text(encoding="ascii"))
    except (OSError, ValueError) as failure:
        raise CannotVerify(f"{file} holds no public Ed25519 key in PEM form that can be read.") from failure


@contextmanager
def _database(settings: Settings) -> Iterator[str]:
    """Lend the owner's address; the embedded server of a home that is at rest runs just for this."""
    found = running(settings.home)
    if settings.database_url or found:
        yield settings.database_url or (found.database_url if found else "")
        return
    home = settings.home.absolute()
    if not (home / "postgres" / "data").is_dir():
        raise NotRunning(f"There is no database in {home}: set TRIMTAB_HOME or TRIMTAB_DATABASE_URL.")
    with lock(home):
        end_leftovers(home)
        with served(EmbeddedPostgres(home / "postgres")) as url:
            yield url

"""Whether a database is of this version already, found out without loading what migrates it."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bootstrap.bundled import is_loaded
from bootstrap.settings import Settings

if TYPE_CHECKING:
    from psycopg import Connection

ANSWER_SECONDS = 5
_VERSIONS = Path(__file__).resolve().parents[1] / "infrastructure" / "postgres" / "migrations" / "versions"
_REVISION = re.compile(r'^revision = "(\w+)"$', re.MULTILINE)
_BEFORE = re.compile(r'^down_revision = "(\w+)"$', re.MULTILINE)


def is_current(settings: Settings) -> bool:
    """Whether migrating would change nothing: revision and bundled data are there, and the API's role can log in.

    It is only a short cut: whatever cannot be found out is left to the migration.
    """
    import psycopg

    try:
        with psycopg.connect(settings.database_url or "", connect_timeout=ANSWER_SECONDS) as owner:
            current = _applied(owner) == last_revisions() and is_loaded(owner)
        if current:
            psycopg.connect(settings.api_database_url or "", connect_timeout=ANSWER_SECONDS).close()
    except psycopg.Error:
        return False
    return current


def last_revisions(folder: Path = _VERSIONS) -> set[str]:
    """The revisions that no other one builds on: one, unless somebody forgot to merge."""
    texts = [file.read_text(encoding="utf-8") for file in folder.glob("m*.py")]
    revisions = {found for text in texts for found in _REVISION.findall(text)}
    return revisions - {found for text in texts for found in _BEFORE.findall(text)}


def _applied(connection: "Connection[Any]") -> set[str]:
    if connection.execute("SELECT to_regclass('public.schema_version')").fetchone() == (None,):
        return set()
    return {revision for (revision,) in connection.execute("SELECT version_num FROM public.schema_version")}

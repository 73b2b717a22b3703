"""PostgreSQL being away, said in the language of the application."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import InterfaceError, OperationalError
from psycopg_pool import PoolClosed, PoolTimeout

from domain.errors import Unavailable

AWAY = (OperationalError, InterfaceError, PoolTimeout, PoolClosed)


def unavailable() -> Unavailable:
    """Return the refusal of whatever needs the database."""
    return Unavailable("The database does not answer; the same request may succeed in a moment.")


@contextmanager
def said_as_unavailable() -> Iterator[None]:
    """Turn a lost or missing connection into a refusal that says when to come back."""
    try:
        yield
    except AWAY as failure:
        raise unavailable() from failure

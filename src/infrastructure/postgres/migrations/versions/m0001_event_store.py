"""Lay the event store, the API's role and its rights."""

from importlib.resources import files

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the schemas and everything in them that is not a read model."""
    statements = files(__package__ or "infrastructure.postgres.migrations.versions")
    connection = op.get_bind()
    connection.exec_driver_sql(statements.joinpath("0001_event_store.sql").read_text(encoding="utf-8"))

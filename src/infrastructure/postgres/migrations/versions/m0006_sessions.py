"""Lay the tables of sessions, signing keys, password resets and mail."""

from importlib.resources import files

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Run the statements beside this module."""
    statements = files(__package__ or "infrastructure.postgres.migrations.versions")
    sql = statements.joinpath("0006_sessions.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(sql)

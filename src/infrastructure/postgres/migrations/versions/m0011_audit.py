"""Lay the signed checkpoints of the event log, and how a person is erased."""

from importlib.resources import files

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Run the statements beside this module."""
    statements = files(__package__ or "infrastructure.postgres.migrations.versions")
    sql = statements.joinpath("0011_audit.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(sql)

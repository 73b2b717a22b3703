"""Lay the tables of monthly usage."""

from importlib.resources import files

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Run the statements beside this module."""
    statements = files(__package__ or "infrastructure.postgres.migrations.versions")
    sql = statements.joinpath("0008_usage.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(sql)

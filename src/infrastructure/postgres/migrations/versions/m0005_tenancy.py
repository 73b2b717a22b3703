"""Lay the tables of tenants, persons, members and the audit trail."""

from importlib.resources import files

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Run the statements beside this module."""
    statements = files(__package__ or "infrastructure.postgres.migrations.versions")
    sql = statements.joinpath("0005_tenancy.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(sql)

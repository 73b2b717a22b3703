"""Lay the tables of subscriptions and the payment events seen."""

from importlib.resources import files

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Run the statements beside this module."""
    statements = files(__package__ or "infrastructure.postgres.migrations.versions")
    sql = statements.joinpath("0009_billing.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(sql)

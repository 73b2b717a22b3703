"""Lay the tables of webhook endpoints and their deliveries."""

from importlib.resources import files

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Run the statements beside this module."""
    statements = files(__package__ or "infrastructure.postgres.migrations.versions")
    sql = statements.joinpath("0010_webhooks.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(sql)

"""Lay the market data: bars, rates, benchmarks and factors, each with its owner and its revisions."""

from importlib.resources import files

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the schema `market` and everything in it."""
    statements = files(__package__ or "infrastructure.postgres.migrations.versions")
    connection = op.get_bind()
    connection.exec_driver_sql(statements.joinpath("0003_market.sql").read_text(encoding="utf-8"))

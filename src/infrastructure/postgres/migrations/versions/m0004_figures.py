"""Create the read models of figures, and show the market's prices beside those that files state."""

from importlib.resources import files

from alembic import op

from infrastructure.postgres.tables import LIVE, create_tables, metadata

revision = "0004"
down_revision = "0003"
TABLES = ("risk_snapshot", "factor_snapshot", "attribution_snapshot")


def upgrade() -> None:
    """Create the live tables, and give the older ones their new columns."""
    connection = op.get_bind()
    create_tables(connection, LIVE, [metadata.tables[name] for name in TABLES])
    statements = files(__package__ or "infrastructure.postgres.migrations.versions")
    connection.exec_driver_sql(statements.joinpath("0004_prices.sql").read_text(encoding="utf-8"))

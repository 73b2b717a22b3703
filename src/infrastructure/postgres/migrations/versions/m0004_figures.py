"""Create the read models of figures, and show the market's prices beside those that files state."""

from alembic import op

from infrastructure.postgres.tables import LIVE, create_tables, metadata

revision = "0004"
down_revision = "0003"
TABLES = ("risk_snapshot", "factor_snapshot", "attribution_snapshot")


def upgrade() -> None:
    """Create the live tables."""
    create_tables(op.get_bind(), LIVE, [metadata.tables[name] for name in TABLES])

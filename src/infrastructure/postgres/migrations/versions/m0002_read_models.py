"""Create the read models of the core."""

from alembic import op

from infrastructure.postgres.tables import LIVE, create_tables, metadata

revision = "0002"
down_revision = "0001"
TABLES = (
    "portfolio", "portfolio_count", "position", "cash_fact", "exchange_rate", "allocation", "position_import",
    "recommendation",
)  # fmt: skip


def upgrade() -> None:
    """Create the live tables; those of a rebuild are made beside them when one runs."""
    create_tables(op.get_bind(), LIVE, [metadata.tables[name] for name in TABLES])

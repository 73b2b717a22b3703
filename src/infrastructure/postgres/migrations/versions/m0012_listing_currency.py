"""Let a listing be told its currency later."""

from importlib.resources import files

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Run the statements beside this module."""
    statements = files(__package__ or "infrastructure.postgres.migrations.versions")
    sql = statements.joinpath("0012_listing_currency.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(sql)

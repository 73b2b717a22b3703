"""Give API keys their limits, and tenants their invitations."""

from importlib.resources import files

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Run the statements beside this module."""
    statements = files(__package__ or "infrastructure.postgres.migrations.versions")
    sql = statements.joinpath("0007_keys.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(sql)

"""Create the read models of optimisations, and the table of what they are computed on."""

from importlib.resources import files

from alembic import op

from infrastructure.postgres.tables import LIVE, create_tables, metadata

revision = "0013"
down_revision = "0012"
TABLES = ("optimization", "optimization_result")


def upgrade() -> None:
    """Create the live tables, and run the statements beside this module."""
    connection = op.get_bind()
    create_tables(connection, LIVE, [metadata.tables[name] for name in TABLES])
    statements = files(__package__ or "infrastructure.postgres.migrations.versions")
    sql = statements.joinpath("0013_optimizations.sql").read_text(encoding="utf-8")
    connection.exec_driver_sql(sql)

"""The read models' tables, and the row-level security each is born with."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSON

LIVE, NEXT, PREVIOUS = "read", "read_next", "read_previous"
API_ROLE = "trimtab_api"

metadata = sa.MetaData()
amount = sa.Numeric
moment = sa.DateTime(timezone=True)


def _table(name: str, *columns: sa.Column[object] | sa.schema.SchemaItem) -> sa.Table:
    tenant = sa.Column("tenant_id", sa.Text, nullable=False)
    return sa.Table(name, metadata, tenant, *columns)


portfolio = _table(
    "portfolio",
    sa.Column("portfolio_id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("portfolio_type", sa.Text, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("benchmark_ticker", sa.Text),
    sa.Column("inception_date", sa.Date, nullable=False),
    sa.Column("rebalance_threshold", amount, nullable=False),
    sa.Column("metadata", JSON, nullable=False),
    sa.Column("rebalance_policy", JSON, nullable=False),
    sa.Column("policy_version", sa.BigInteger, nullable=False),
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.Column("created_at", moment, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("projected_at", moment, nullable=False),
    sa.Column("total_value", amount),
    sa.Column("cash_balance", amount),
    sa.Column("aum_usd_mm", amount),
    sa.Column("position_count", sa.BigInteger, nullable=False),
    sa.Column("max_drift_pct", amount),
    sa.Column("rebalance_needed", sa.Boolean, nullable=False),
    sa.Column("prices_as_of", sa.Date),
    sa.Column("valued_on", sa.Date),
    sa.Index("portfolio_by_aum", "tenant_id", sa.text("aum_usd_mm desc nulls last"), "portfolio_id"),
)

# How many portfolios a tenant has, so that a page of the list need not count them.
portfolio_count = _table(
    "portfolio_count",
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.Column("portfolios", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("tenant_id", "is_active"),
)

position = _table(
    "position",
    sa.Column("position_id", sa.Uuid, primary_key=True),
    sa.Column("portfolio_id", sa.Uuid, nullable=False),
    sa.Column("instrument_id", sa.Uuid, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("ticker", sa.Text, nullable=False),
    sa.Column("security_name", sa.Text),
    sa.Column("asset_class", sa.Text, nullable=False),
    sa.Column("sector", sa.Text),
    sa.Column("geography", sa.Text),
    sa.Column("isin", sa.Text),
    sa.Column("cusip", sa.Text),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("quantity", amount, nullable=False),
    sa.Column("avg_cost_price", amount),
    sa.Column("current_price", amount),
    sa.Column("price_date", sa.Date),
    sa.Column("effective_day", sa.Date, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("projected_at", moment, nullable=False),
    # What is said above is as it was stated. Below is what the market makes of it: splits since, and the newest price.
    sa.Column("listing_id", sa.BigInteger),
    sa.Column("split_factor", amount, nullable=False, server_default="1"),
    sa.Column("price", amount),
    sa.Column("priced_on", sa.Date),
    sa.Column("price_source", sa.Text),
    sa.Index("position_by_portfolio", "portfolio_id", "position_id"),
    sa.Index("position_by_listing", "listing_id", postgresql_where=sa.text("listing_id is not null")),
)

cash_fact = _table(
    "cash_fact",
    sa.Column("portfolio_id", sa.Uuid, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("effective_day", sa.Date, nullable=False),
    sa.Column("amount", amount, nullable=False),
    sa.Column("is_level", sa.Boolean, nullable=False),
    sa.PrimaryKeyConstraint("portfolio_id", "position", "account", "currency"),
)

exchange_rate = _table(
    "exchange_rate",
    sa.Column("portfolio_id", sa.Uuid, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("rate", amount, nullable=False),
    sa.Column("fixed_on", sa.Date, nullable=False),
    sa.PrimaryKeyConstraint("portfolio_id", "currency"),
)

allocation = _table(
    "allocation",
    sa.Column("allocation_id", sa.Uuid, primary_key=True),
    sa.Column("portfolio_id", sa.Uuid, nullable=False),
    sa.Column("allocation_type", sa.Text, nullable=False),
    sa.Column("bucket", sa.Text, nullable=False),
    sa.Column("target_weight", amount, nullable=False),
    sa.Column("min_weight", amount, nullable=False),
    sa.Column("max_weight", amount, nullable=False),
    sa.Column("band_kind", sa.Text),
    sa.Column("band", amount),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("projected_at", moment, nullable=False),
    sa.Index("allocation_by_portfolio", "portfolio_id", "allocation_type", "bucket"),
)

position_import = _table(
    "position_import",
    sa.Column("import_id", sa.Uuid, primary_key=True),
    sa.Column("portfolio_id", sa.Uuid, nullable=False),
    sa.Column("report", JSON, nullable=False),
    sa.Column("imported_at", moment, nullable=False),
    sa.Column("reverted_at", moment),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("projected_at", moment, nullable=False),
    sa.Index("position_import_by_portfolio", "portfolio_id", sa.text("position desc")),
)

recommendation = _table(
    "recommendation",
    sa.Column("recommendation_id", sa.Uuid, primary_key=True),
    sa.Column("portfolio_id", sa.Uuid, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("content", JSON, nullable=False),
    sa.Column("created_at", moment, nullable=False),
    sa.Column("expires_at", moment, nullable=False),
    sa.Column("decided_at", moment),
    sa.Column("decided_by", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("supersedes", sa.Uuid),
    sa.Column("superseded_by", sa.Uuid),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("projected_at", moment, nullable=False),
    sa.Index("recommendation_newest_first", "tenant_id", sa.text("created_at desc"), "recommendation_id"),
    sa.Index("recommendation_by_portfolio", "portfolio_id", sa.text("created_at desc")),
)


def _figures(name: str, key: tuple[str, ...], *columns: sa.Column[object]) -> sa.Table:
    """A table of the newest figures of one kind; `content` is their JSON as it was computed."""
    return _table(
        name,
        sa.Column("portfolio_id", sa.Uuid, nullable=False),
        *columns,
        sa.Column("content", JSON),
        sa.Column("refusal", JSON),
        sa.Column("computed_at", moment, nullable=False),
        sa.Column("source_position", sa.BigInteger, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint(*key),
    )


# What lists show of it stands in columns of its own, so that no list ever reads `content`.
risk_snapshot = _figures(
    "risk_snapshot",
    ("portfolio_id",),
    sa.Column("as_of", sa.Date),
    sa.Column("day_change", amount),
    sa.Column("day_change_percent", amount),
    sa.Column("ytd_return", amount),
    sa.Column("active_return_ytd", amount),
    sa.Column("var_95_1d", amount),
    sa.Column("sharpe_ratio", amount),
    sa.Column("macro_regime", sa.Text),
    sa.Column("unavailable", JSON, nullable=False),
)

factor_snapshot = _figures("factor_snapshot", ("portfolio_id",))

attribution_snapshot = _figures(
    "attribution_snapshot",
    ("portfolio_id", "period", "by", "linking"),
    sa.Column("period", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("linking", sa.Text, nullable=False),
)


optimization = _table(
    "optimization",
    sa.Column("optimization_id", sa.Uuid, primary_key=True),
    sa.Column("portfolio_id", sa.Uuid),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("progress", amount, nullable=False),
    sa.Column("methods", JSON, nullable=False),
    sa.Column("request", JSON, nullable=False),
    sa.Column("facts", JSON, nullable=False),
    sa.Column("dataset_hash", sa.Text, nullable=False),
    sa.Column("inputs_hash", sa.Text, nullable=False),
    sa.Column("code_version", sa.Text, nullable=False),
    sa.Column("comparison", JSON),
    sa.Column("error", JSON),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", moment, nullable=False),
    sa.Column("started_at", moment),
    sa.Column("finished_at", moment),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("projected_at", moment, nullable=False),
    sa.Index("optimization_newest_first", "tenant_id", sa.text("created_at desc"), "optimization_id"),
)

# Apart from the job, so that no list ever reads what came out.
optimization_result = _table(
    "optimization_result",
    sa.Column("optimization_id", sa.Uuid, nullable=False),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("content", JSON, nullable=False),
    sa.Column("recorded_at", moment, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("optimization_id", "method"),
)


def create_tables(connection: sa.Connection, schema: str, tables: list[sa.Table]) -> None:
    """Create tables in a schema, readable by the API within its tenant only."""
    copies = sa.MetaData(schema=schema)
    for table in tables:
        table.to_metadata(copies, schema=schema)
    copies.create_all(connection, checkfirst=False)
    for table in copies.sorted_tables:
        for statement in row_level_security(f'{schema}."{table.name}"'):
            connection.exec_driver_sql(statement)


def row_level_security(table: str) -> tuple[str, ...]:
    """Return the statements that open a table to the API's role for one tenant at a time; unset reads nothing."""
    return (
        f"alter table {table} enable row level security",
        f"create policy tenant on {table} for select to {API_ROLE} "
        "using (tenant_id = current_setting('trimtab.tenant', true))",
        f"grant select on {table} to {API_ROLE}",
    )

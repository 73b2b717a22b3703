"""Importing market data, in a calculator process."""

from application.market.imports import ImportMarketData, MarketImported
from bootstrap.ledger import AGGREGATES
from bootstrap.toolbox import Toolbox
from infrastructure.eventstore.codec import register_aggregates
from infrastructure.marketdata.importing.imports import PostgresMarketImports


async def import_market_data(
    toolbox: Toolbox, tenant: str, request: ImportMarketData, attachment: bytes
) -> MarketImported:
    """Import a file of market data for its owner."""
    register_aggregates(*AGGREGATES)
    return await PostgresMarketImports(toolbox.connections).run(request, attachment)

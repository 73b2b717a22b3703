"""What a calculator process does before an optimisation begins."""

from application.optimization.answer import Prepared
from application.optimization.prepare import prepare as gather
from application.optimization.request import OptimizationRequest
from bootstrap.toolbox import Toolbox
from infrastructure.imports.vocabulary import market_code


async def prepare(toolbox: Toolbox, tenant: str, request: OptimizationRequest, attachment: bytes) -> Prepared:
    """Gather, check and keep the figures of a request."""
    market = await toolbox.market(tenant)
    return await gather(market, toolbox.events, toolbox.datasets, tenant, request, market_code=market_code)

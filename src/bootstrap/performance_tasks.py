"""Performance and explanations as tasks of a calculator process."""

from application.explain.answer import Explanation
from application.explain.explain import explain as bridge
from application.explain.request import ExplainQuestion
from application.performance.answer import PortfolioPerformance
from application.performance.measure import portfolio_performance
from application.performance.request import PerformanceQuestion
from bootstrap.toolbox import Toolbox


async def performance(
    toolbox: Toolbox, tenant: str, request: PerformanceQuestion, attachment: bytes
) -> PortfolioPerformance:
    """Return the performance of a portfolio over a period."""
    return await portfolio_performance(await toolbox.market(tenant), toolbox.events, tenant, request)


async def explain(toolbox: Toolbox, tenant: str, request: ExplainQuestion, attachment: bytes) -> Explanation:
    """Return why a figure of a portfolio changed."""
    return await bridge(await toolbox.market(tenant), toolbox.events, tenant, request)

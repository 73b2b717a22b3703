"""Attribution and factor exposures as tasks of a calculator process."""

from application.attribution.of_portfolio import attribution_of
from application.attribution.question import AttributionQuestion
from application.factors.of_portfolio import factors_of
from application.factors.question import FactorsQuestion
from bootstrap.toolbox import Toolbox
from domain.attribution import AttributionSnapshot
from domain.factors import FactorSnapshot


async def attribution(
    toolbox: Toolbox, tenant: str, request: AttributionQuestion, attachment: bytes
) -> AttributionSnapshot:
    """Return where a portfolio's active return over a period came from."""
    return await attribution_of(await toolbox.market(tenant), toolbox.events, tenant, request)


async def factors(
    toolbox: Toolbox, tenant: str, request: FactorsQuestion, attachment: bytes
) -> FactorSnapshot:
    """Return what a portfolio's returns owe to factors."""
    return await factors_of(await toolbox.market(tenant), toolbox.events, tenant, request)

"""Accept or decline a recommendation."""

from dataclasses import dataclass
from uuid import UUID

from application.caller import Caller
from application.ledger import Done, Ledger, Remember, forget, retried


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRecommendation:
    """Take a recommendation, or refuse it with a reason."""

    caller: Caller
    portfolio_id: UUID
    recommendation_id: UUID
    accept: bool
    reason: str | None = None


@retried
async def answer_recommendation(
    command: AnswerRecommendation, *, ledger: Ledger, remember: Remember[int] = forget
) -> Done[int]:
    """Record the answer and return the version of the portfolio's recommendations.

    Raises
    ------
    RecommendationNotFound
        If the portfolio has no such recommendation.
    RecommendationClosed
        If it is not open any more.
    """
    async with ledger.unit(command.caller) as unit:
        portfolio = await unit.portfolio(command.portfolio_id)
        portfolio.require_active()
        rebalancing = await unit.rebalancing(command.portfolio_id)
        if command.accept:
            rebalancing.accept(command.recommendation_id, note=command.reason, at=unit.now)
        else:
            rebalancing.decline(command.recommendation_id, reason=command.reason or "", at=unit.now)
        return await unit.commit(rebalancing.version, remember)

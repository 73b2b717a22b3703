"""The agent that watches the drift of every portfolio and recommends trades."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from agents.acting import acting
from agents.rebalance.decision import Decision, Hold, Lapse, Recommend, decide, doubted
from agents.rebalance.state import state_of
from agents.rebalance.triggers import question_of
from application.inbox import Message
from application.ledger import Ledger, Unit, retried
from application.rebalancing.sight import Lookout, Sight
from domain.rebalancing import Rebalancing

ACTOR = "RebalanceAgent"


class RebalanceAgent:
    """Looks at a portfolio whenever its holdings, its prices, its targets or its policy change, or when asked.

    A recommendation notes the position it answers to, so a message that comes again changes nothing; what came
    between is part of the state that is looked at, which is always the newest.
    """

    name = "rebalance"

    def __init__(
        self, ledger: Ledger, lookout: Lookout, *, recommendation_ttl: timedelta, hold_back_days: int
    ) -> None:
        self._ledger, self._lookout = ledger, lookout
        self._ttl, self._hold_back_days = recommendation_ttl, hold_back_days

    async def handle(self, messages: Sequence[Message]) -> None:
        """Look at one portfolio after some of its events, and record what follows."""
        question = question_of(messages)
        if question is not None:
            [cause] = [one for one in messages if one.position == question.source_position]
            await self._look(messages, cause)

    @retried
    async def _look(self, messages: Sequence[Message], cause: Message) -> None:
        async with self._ledger.unit(acting(ACTOR, cause)) as unit:
            portfolio_id = messages[0].portfolio_id
            portfolio = await unit.portfolio(portfolio_id)
            holdings = await unit.holdings(portfolio_id)
            rebalancing = await unit.rebalancing(portfolio_id)
            question = question_of([one for one in messages if not rebalancing.answers(one.position)])
            if question is None:
                return
            sight = await self._lookout.look(portfolio, holdings, unit)

            def decided() -> Decision:
                state = state_of(portfolio, holdings, rebalancing, sight=sight)
                return decide(
                    state, question, expires_at=unit.now + self._ttl, hold_back_days=self._hold_back_days
                )

            # A thread, since it may take a while and the messages must be kept alive meanwhile.
            decision = await self._doubted(await asyncio.to_thread(decided), sight, unit)
            carry_out(decision, rebalancing, unit)
            await unit.commit(None)

    async def _doubted(self, decision: Decision, sight: Sight, unit: Unit) -> Decision:
        if not isinstance(decision, Recommend):
            return decision
        flags = await self._lookout.doubts(unit.caller.tenant, sight)
        return Recommend(doubted(decision.recommendation, flags)) if flags else decision


def carry_out(decision: Decision, rebalancing: Rebalancing, unit: Unit) -> None:
    """Turn a decision into facts; none is made where there is nothing to say."""
    if isinstance(decision, Recommend):
        rebalancing.recommend(decision.recommendation, at=unit.now)
    elif isinstance(decision, Hold):
        rebalancing.hold_back(decision.hold_back, at=unit.now)
    elif isinstance(decision, Lapse):
        rebalancing.lapse(decision.why, at=unit.now)

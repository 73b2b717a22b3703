"""The agent that watches the drift of every portfolio and recommends trades."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from agents.rebalance.decision import Decision, Lapse, Recommend, decide
from agents.rebalance.state import state_of
from agents.rebalance.triggers import question_of
from application.caller import Caller
from application.inbox import Message
from application.ledger import Ledger, Unit, retried
from domain.rebalancing import Rebalancing
from domain.valuation import Rates

ACTOR = "RebalanceAgent"


class RebalanceAgent:
    """Looks at a portfolio whenever its holdings, its targets or its policy change, or when asked.

    A recommendation notes the position it answers to, so a message that comes again changes nothing; what came
    between is part of the state that is looked at, which is always the newest.
    """

    name = "rebalance"

    def __init__(self, ledger: Ledger, rates: Rates, *, recommendation_ttl: timedelta) -> None:
        self._ledger, self._rates, self._ttl = ledger, rates, recommendation_ttl

    async def handle(self, messages: Sequence[Message]) -> None:
        """Look at one portfolio after some of its events, and record what follows."""
        if question_of(messages) is not None:
            await self._look(messages)

    @retried
    async def _look(self, messages: Sequence[Message]) -> None:
        async with self._ledger.unit(caller_of(messages[-1])) as unit:
            portfolio_id = messages[0].portfolio_id
            portfolio = await unit.portfolio(portfolio_id)
            holdings = await unit.holdings(portfolio_id)
            rebalancing = await unit.rebalancing(portfolio_id)
            question = question_of([one for one in messages if not rebalancing.answers(one.position)])
            if question is None:
                return

            def decided() -> Decision:
                state = state_of(portfolio, holdings, rebalancing, rates=self._rates, on=unit.now.date())
                return decide(state, question, expires_at=unit.now + self._ttl)

            # A thread, since it may take a while and the messages must be kept alive meanwhile.
            carry_out(await asyncio.to_thread(decided), rebalancing, unit)
            await unit.commit(None)


def carry_out(decision: Decision, rebalancing: Rebalancing, unit: Unit) -> None:
    """Turn a decision into facts; none is made where there is nothing to say."""
    if isinstance(decision, Recommend):
        rebalancing.recommend(decision.recommendation, at=unit.now)
    elif isinstance(decision, Lapse):
        rebalancing.lapse(decision.why, at=unit.now)


def caller_of(message: Message) -> Caller:
    """Return the agent acting for a tenant because of a message."""
    return Caller(
        tenant=message.tenant,
        actor=ACTOR,
        scopes=frozenset(),
        correlation_id=message.correlation_id,
        causation_id=message.event_id,
        traceparent=message.traceparent,
    )

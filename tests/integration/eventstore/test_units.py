"""A command at work on the real store."""

import asyncio

import pytest
from tests.support.callers import a_caller
from tests.support.service import Service

from application.portfolios.register import RegisterPortfolio, register_portfolio


@pytest.mark.parametrize("known", [False, True])
async def test_a_stream_that_is_loaded_twice_in_one_command_is_the_same(
    service: Service, known: bool
) -> None:
    command = RegisterPortfolio(caller=a_caller("acme"), name="Growth")
    portfolio_id = (await register_portfolio(command, ledger=service.ledger)).result.id
    async with asyncio.timeout(10), service.ledger.unit(a_caller("acme")) as unit:
        if known:
            first, again = await unit.portfolio(portfolio_id), await unit.portfolio(portfolio_id)
            assert first is again
        else:
            assert await unit.instruments() is await unit.instruments()

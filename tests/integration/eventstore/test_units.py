"""A command at work on the real store."""

import asyncio

import pytest
from tests.support.callers import a_caller
from tests.support.service import Service

from application.portfolios.register import RegisterPortfolio, register_portfolio
from domain.analysis import RiskStudy
from domain.portfolio import Portfolio, PortfolioNotFound


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


async def test_streams_taken_together_are_those_that_are_loaded_afterwards(service: Service) -> None:
    command = RegisterPortfolio(caller=a_caller("acme"), name="Growth")
    portfolio_id = (await register_portfolio(command, ledger=service.ledger)).result.id
    wanted = ((Portfolio, portfolio_id), (RiskStudy, RiskStudy.of(portfolio_id)))
    for _ in range(2):  # the first time from the log, then from what is kept
        async with asyncio.timeout(10), service.ledger.unit(a_caller("acme")) as unit:
            await unit.take(*wanted)
            assert (await unit.portfolio(portfolio_id)).name == "Growth"
            study = await unit.study(RiskStudy, portfolio_id)
            assert not study.has_figures
            assert await unit.study(RiskStudy, portfolio_id) is study


async def test_somebody_elses_streams_are_not_taken(service: Service) -> None:
    command = RegisterPortfolio(caller=a_caller("acme"), name="Growth")
    portfolio_id = (await register_portfolio(command, ledger=service.ledger)).result.id
    async with service.ledger.unit(a_caller("rival")) as unit:
        await unit.take((Portfolio, portfolio_id))
        with pytest.raises(PortfolioNotFound):
            await unit.portfolio(portfolio_id)
    async with service.ledger.unit(a_caller("acme")) as unit:
        assert (await unit.portfolio(portfolio_id)).name == "Growth"

"""What the read models show after commands, on the real projector."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from structlog.testing import capture_logs
from tests.support.callers import a_caller
from tests.support.files import a_csv
from tests.support.service import Service

from application.allocations.set_target import SetTarget, set_target
from application.portfolios.register import RegisterPortfolio, register_portfolio
from application.portfolios.revise import RevisePortfolio, revise_portfolio
from application.positions.import_positions import ImportPositions, import_positions
from application.positions.move_cash import MoveCash, move_cash
from application.positions.revert_import import RevertImport, revert_import
from bootstrap.projector import projections
from infrastructure.postgres.connect import connector
from infrastructure.postgres.rebuild import rebuild


async def a_portfolio(service: Service, **given: object) -> UUID:
    command = RegisterPortfolio(caller=a_caller(), name="Global Equity", **given)  # type: ignore[arg-type]
    done = await register_portfolio(command, ledger=service.ledger)
    await service.shows(done.position)
    return done.result.id


async def imported(  # type: ignore[no-untyped-def]
    service: Service, portfolio_id: UUID, *lines: str, header: str | None = None, **options: object
):
    content = a_csv(*lines, header=header) if header else a_csv(*lines)
    command = ImportPositions(
        caller=a_caller(), portfolio_id=portfolio_id, content=content, filename="p.csv", **options
    )  # type: ignore[arg-type]
    done = await import_positions(command, ledger=service.ledger, files=service.files, rates=service.rates)
    await service.shows(done.position)
    return done.result


async def test_a_new_portfolio_is_in_the_list_at_once(service: Service) -> None:
    portfolio_id = await a_portfolio(service, initial_cash=Decimal("1000"))
    rows, total = await service.portfolios.page("acme", limit=50, offset=0, include_archived=False)
    assert [(row.portfolio_id, row.name, row.cash_balance, row.total_value) for row in rows] == [
        (portfolio_id, "Global Equity", Decimal(1000), Decimal(1000))
    ]
    assert total == 1


async def test_another_tenant_sees_nothing(service: Service) -> None:
    portfolio_id = await a_portfolio(service)
    assert await service.portfolios.portfolio("rival", portfolio_id) is None
    assert await service.portfolios.page("rival", limit=50, offset=0, include_archived=True) == ([], 0)


async def test_an_import_shows_positions_with_value_weight_and_profit(service: Service) -> None:
    portfolio_id = await a_portfolio(service, initial_cash=Decimal("1000"))
    await imported(service, portfolio_id, "AAPL,10,80,100,technology", "XOM,20,50,40,energy")
    rows, total = await service.portfolios.positions(
        "acme", portfolio_id, asset_class=None, sector=None, limit=100, offset=0
    )
    assert total == 2
    assert [
        (row.ticker, row.market_value, row.unrealized_pnl, row.unrealized_pnl_percent) for row in rows
    ] == [
        ("AAPL", 1000, 200, 25),
        ("XOM", 800, -200, -20),
    ]
    assert [round(row.weight or 0, 12) for row in rows] == [round(Decimal(n) / 2800, 12) for n in (1000, 800)]


async def test_the_same_file_twice_changes_nothing(service: Service) -> None:
    portfolio_id = await a_portfolio(service)
    first = await imported(service, portfolio_id, "AAPL,10,80,100,technology")
    second = await imported(service, portfolio_id, "AAPL,10,80,100,technology")
    assert (first.report.created, first.report.rows_unchanged) == (1, 0)
    assert (second.report.created, second.report.updated, second.report.rows_unchanged) == (0, 0, 1)
    assert second.agents_fired == []


async def test_a_snapshot_closes_what_the_file_does_not_name(service: Service) -> None:
    portfolio_id = await a_portfolio(service)
    await imported(service, portfolio_id, "AAPL,10,80,100,technology", "XOM,20,50,40,energy")
    result = await imported(service, portfolio_id, "AAPL,10,80,100,technology", mode="snapshot")
    assert result.report.closed_positions == ["XOM"]
    row = await service.portfolios.portfolio("acme", portfolio_id)
    assert row is not None
    assert (row.position_count, row.total_value) == (1, 1000)


async def test_a_back_dated_import_leaves_what_a_later_date_says(service: Service) -> None:
    portfolio_id = await a_portfolio(service, inception_date=date(2024, 1, 2))
    await imported(service, portfolio_id, "AAPL,10,80,100,technology", as_of=date(2024, 6, 3))
    await imported(service, portfolio_id, "AAPL,7,80,90,technology", as_of=date(2024, 3, 1))
    rows, _ = await service.portfolios.positions(
        "acme", portfolio_id, asset_class=None, sector=None, limit=100, offset=0
    )
    assert [row.quantity for row in rows] == [10]
    april = await service.history.portfolio_at("acme", portfolio_id, as_of=date(2024, 4, 1), known_at=None)
    assert [held.quantity for held in april.positions] == [7]
    january = await service.history.portfolio_at("acme", portfolio_id, as_of=date(2024, 1, 2), known_at=None)
    assert january.positions == []


async def test_a_reverted_import_leaves_what_was_there_before(service: Service) -> None:
    portfolio_id = await a_portfolio(service)
    await imported(service, portfolio_id, "AAPL,10,80,100,technology")
    wrong = await imported(service, portfolio_id, "AAPL,99,80,100,technology", "XOM,20,50,40,energy")
    done = await revert_import(
        RevertImport(caller=a_caller(), portfolio_id=portfolio_id, import_id=wrong.report.import_id),
        ledger=service.ledger,
    )
    await service.shows(done.position)
    rows, _ = await service.portfolios.positions(
        "acme", portfolio_id, asset_class=None, sector=None, limit=100, offset=0
    )
    assert [(row.ticker, row.quantity) for row in rows] == [("AAPL", 10)]
    report = await service.imports.one("acme", wrong.report.import_id)
    assert report is not None
    assert report.reverted_at is not None


async def test_drift_shows_in_the_list(service: Service) -> None:
    portfolio_id = await a_portfolio(service)
    await imported(service, portfolio_id, "AAPL,10,80,100,technology", "XOM,25,50,40,energy")
    done = await set_target(
        SetTarget(
            caller=a_caller(),
            portfolio_id=portfolio_id,
            allocation_type="sector",
            bucket="Technology",
            target_weight=Decimal("0.4"),
        ),
        ledger=service.ledger,
    )
    await service.shows(done.position)
    row = await service.portfolios.portfolio("acme", portfolio_id)
    assert row is not None
    assert (row.max_drift_pct, row.rebalance_needed, row.policy_version) == (10, True, 2)


async def test_positions_in_another_currency_count_at_the_rate_of_the_day(service: Service) -> None:
    portfolio_id = await a_portfolio(service, currency="USD")
    header = "ticker,quantity,current_price,currency\n"
    command = ImportPositions(
        caller=a_caller(),
        portfolio_id=portfolio_id,
        content=(header + "SAP,10,100,EUR\nVOD,5,10,XXX\nAAPL,1,100,USD").encode(),
        filename="p.csv",
    )
    done = await import_positions(command, ledger=service.ledger, files=service.files, rates=service.rates)
    await service.shows(done.position)
    rate = service.rates.rate("EUR", "USD", date.today())  # noqa: DTZ011 the projector values on the recorded day
    row = await service.portfolios.portfolio("acme", portfolio_id)
    assert row is not None
    assert rate is not None
    assert row.total_value == 1000 * rate.value + 100


async def test_the_rate_of_a_currency_goes_with_the_last_position_in_it(service: Service) -> None:
    portfolio_id = await a_portfolio(service, currency="USD")
    for quantity, rates in ((10, {"EUR"}), (0, set())):
        await imported(
            service, portfolio_id, f"SAP,{quantity},100,EUR", header="ticker,quantity,current_price,currency"
        )
        async with service.connections.connection() as connection, connection.transaction():
            await connection.execute("select set_config('trimtab.tenant', 'acme', true)")
            cursor = await connection.execute("select currency from read.exchange_rate")
            assert {row[0] for row in await cursor.fetchall()} == rates


async def test_an_archived_portfolio_leaves_the_list_and_can_come_back(service: Service) -> None:
    portfolio_id = await a_portfolio(service)
    for is_active, shown in ((False, 0), (True, 1)):
        command = RevisePortfolio(
            caller=a_caller(), portfolio_id=portfolio_id, changes={}, is_active=is_active
        )
        done = await revise_portfolio(command, ledger=service.ledger)
        await service.shows(done.position)
        assert (await service.portfolios.page("acme", limit=50, offset=0, include_archived=False))[1] == shown
        assert (await service.portfolios.page("acme", limit=50, offset=0, include_archived=True))[1] == 1


async def test_a_rebuild_counts_as_the_live_projection_did(service: Service) -> None:
    portfolio_id = await a_portfolio(service)
    for is_active in (False, True):
        command = RevisePortfolio(
            caller=a_caller(), portfolio_id=portfolio_id, changes={}, is_active=is_active
        )
        await service.shows((await revise_portfolio(command, ledger=service.ledger)).position)
    async with await connector(service.database_url, "rebuild")() as connection:
        different = await rebuild(
            connection, service.database_url, projections()[0], lambda done, total: None
        )
    assert set(different.values()) == {0}


async def test_all_that_portfolios_do_is_projected_without_a_second_try(service: Service) -> None:
    with capture_logs() as entries:
        portfolio_id = await a_portfolio(service, initial_cash=Decimal("1000"))
        target = SetTarget(
            caller=a_caller(),
            portfolio_id=portfolio_id,
            allocation_type="sector",
            bucket="technology",
            target_weight=Decimal("0.5"),
        )
        await service.shows((await set_target(target, ledger=service.ledger)).position)
        await imported(service, portfolio_id, "AAPL,10,80,100,technology", "XOM,20,50,40,energy")
    assert [entry for entry in entries if entry["log_level"] != "info"] == []


async def test_cash_moves_the_total(service: Service) -> None:
    portfolio_id = await a_portfolio(service, initial_cash=Decimal(100))
    done = await move_cash(
        MoveCash(caller=a_caller(), portfolio_id=portfolio_id, amount=Decimal("-40.5")), ledger=service.ledger
    )
    await service.shows(done.position)
    row = await service.portfolios.portfolio("acme", portfolio_id)
    assert row is not None
    assert (row.cash_balance, row.total_value) == (Decimal("59.5"), Decimal("59.5"))

"""A report without the API, computed in this process."""

from datetime import UTC, date, datetime
from uuid import UUID

import psycopg

from application.report.request import ReportTask
from bootstrap.report_tasks import report
from bootstrap.settings import Settings
from bootstrap.toolbox import Toolbox
from domain.portfolio import PortfolioNotFound

OWNER = "select tenant_id from events.event where originator_id = %s and originator_version = 1"


class NoSuchPortfolio(Exception):
    """There is no portfolio of that id, or not with that tenant."""

    def __init__(self, portfolio_id: UUID, tenant: str | None) -> None:
        whose = "" if tenant is None else f" of tenant {tenant}"
        super().__init__(f"There is no portfolio {portfolio_id}{whose}.")


async def page_of(settings: Settings, portfolio_id: UUID, *, tenant: str | None, as_of: date | None) -> str:
    """Return the report of a portfolio as HTML; without a tenant, of whoever has it.

    Raises NoSuchPortfolio.
    """
    owner = tenant or _owner(settings, portfolio_id)
    if owner is None:
        raise NoSuchPortfolio(portfolio_id, tenant)
    toolbox = Toolbox(settings)
    await toolbox.ready()
    task = ReportTask(portfolio_id=portfolio_id, today=datetime.now(UTC).date(), as_of=as_of)
    try:
        page = await report(toolbox, owner, task, b"")
    except PortfolioNotFound:
        raise NoSuchPortfolio(portfolio_id, tenant) from None
    finally:
        await toolbox.connections.close()
    return page.html


def _owner(settings: Settings, portfolio_id: UUID) -> str | None:
    """Return whose stream it is; the operator's own connection sees every tenant."""
    assert settings.database_url is not None
    with psycopg.connect(settings.database_url) as connection:
        row = connection.execute(OWNER, (portfolio_id,)).fetchone()
    return None if row is None else str(row[0])

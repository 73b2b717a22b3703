"""The report as a task of a calculator process: gathered, drawn and rendered there."""

import os

from application.report.compose import Subject, report_of
from application.report.request import ReportPage, ReportTask
from application.risk.regimes import RegimeCache
from bootstrap.toolbox import Toolbox
from infrastructure.embedded.private_files import control_folder

_REGIMES = RegimeCache()


async def report(toolbox: Toolbox, tenant: str, request: ReportTask, attachment: bytes) -> ReportPage:
    """Return the report of a portfolio as a page."""
    past = await toolbox.events.portfolio_at(
        tenant, request.portfolio_id, as_of=request.as_of, known_at=request.known_at
    )
    subject = Subject(
        portfolio=past.portfolio,
        holdings=past.holdings,
        history=await toolbox.market(tenant),
        tenant=tenant,
        known_at=request.known_at,
    )
    content = await report_of(subject, today=request.today, as_of=request.as_of, regimes=_REGIMES)
    keep_fonts(toolbox)
    from infrastructure.report.page import render

    return ReportPage(html=render(content))


def keep_fonts(toolbox: Toolbox) -> None:
    """Tell matplotlib where its cache of fonts goes: a service has no home folder of its own to put it in."""
    os.environ.setdefault("MPLCONFIGDIR", str(control_folder(toolbox.settings.home) / "matplotlib"))

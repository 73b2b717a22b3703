"""Registering, listing, reading, revising and archiving portfolios."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody, QueryParameter

from api.answers import Answer, ApiResponse, reply
from api.bodies import require_rules
from api.idempotency import idempotent
from api.operation import operation
from api.request import ApiRequest
from api.resources import portfolio_examples as examples
from api.resources.fields import Offset, PageOf200
from api.resources.moments import AsOf, KnownAt, moments
from api.resources.past import past_rows
from api.resources.portfolio_bodies import (
    PortfolioDetail,
    PortfolioPage,
    RegisteredPortfolio,
    RegisterPortfolio,
    RenamePortfolio,
    RevisePortfolio,
)
from api.resources.portfolio_rendering import (
    detail,
    newest_position,
    registered,
    row_of,
    said_by,
    summary,
)
from api.resources.recording import recorded
from api.services import Service
from api.settling import settle, settled
from application.history.past import History
from application.ledger import Expected, Ledger
from application.market.quotes import Quotes
from application.market.rates import TenantRates
from application.portfolios import register, revise
from domain.policy import RebalanceOptions
from domain.portfolio import Portfolio, PortfolioNotFound
from projections.analyses import AnalysisView
from projections.portfolio_rows import PortfolioRow
from projections.portfolios import PortfolioView


class PortfolioController(Controller):
    """Portfolios."""

    path = "/v1/portfolios"
    tags = ("Portfolios",)

    @post(
        status_code=201,
        opt=operation(
            scope="portfolios:write",
            settles=True,
            headers=("Location", "ETag"),
            examples=examples.REGISTRATIONS,
            example=examples.REGISTERED,
        ),
    )
    @idempotent()
    async def register_portfolio(
        self, request: ApiRequest, data: JSONBody[RegisterPortfolio], ledger: Service[Ledger]
    ) -> ApiResponse[RegisteredPortfolio]:
        """Register a portfolio.

        Its line in the list is there when the answer comes. `initial_cash` is deposited on the day of inception.
        """
        require_rules(data)
        command = register.RegisterPortfolio(
            caller=request.caller,
            **{name: getattr(data, name) for name in data.__struct_fields__ if name != "rebalance_policy"},
            rebalance_policy=_options(data.rebalance_policy),
        )

        def shape(portfolio: Portfolio) -> Answer[RegisteredPortfolio]:
            return Answer(
                registered(portfolio, data.initial_cash),
                status=201,
                location=f"/v1/portfolios/{portfolio.id}",
                version=portfolio.version,
            )

        return await recorded(
            request,
            lambda remember: register.register_portfolio(command, ledger=ledger, remember=remember),
            shape,
        )

    @get(opt=operation(scope="portfolios:read", example=examples.PORTFOLIO_PAGE, table="portfolios"))
    async def list_portfolios(
        self,
        request: ApiRequest,
        portfolios: Service[PortfolioView],
        limit: PageOf200 = 50,
        offset: Offset = 0,
        include_archived: Annotated[
            bool, QueryParameter(description="List archived portfolios as well.")
        ] = False,
    ) -> PortfolioPage:
        """List portfolios, the largest first."""
        rows, total = await portfolios.page(
            request.caller.tenant, limit=limit, offset=offset, include_archived=include_archived
        )
        return PortfolioPage(
            portfolios=[summary(row) for row in rows], total=total, limit=limit, offset=offset
        )

    @get(
        "/{portfolio_id:uuid}",
        opt=operation(scope="portfolios:read", headers=("ETag",), example=examples.PORTFOLIO_DETAIL),
    )
    async def read_portfolio(
        self,
        request: ApiRequest,
        portfolio_id: FromPath[UUID],
        portfolios: Service[PortfolioView],
        history: Service[History],
        analyses: Service[AnalysisView],
        quotes: Service[Quotes],
        rates: Service[TenantRates],
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> ApiResponse[PortfolioDetail]:
        """Read a portfolio, now or as of another moment."""
        tenant = request.caller.tenant
        if asked := moments(as_of, known_at):
            past = await history.portfolio_at(
                tenant, portfolio_id, as_of=asked.as_of, known_at=asked.known_at
            )
            return reply(detail((await past_rows(past, quotes, rates)).portfolio, None, past=True))
        row = await portfolios.portfolio(tenant, portfolio_id)
        if row is None:
            raise PortfolioNotFound(portfolio_id)
        figures = await analyses.figures(tenant, portfolio_id)
        return reply(detail(row, figures), version=row.version, read_position=newest_position(row, figures))

    @patch(
        "/{portfolio_id:uuid}",
        opt=operation(
            scope="portfolios:write",
            if_match=True,
            settles=True,
            errors=(409,),
            headers=("ETag",),
            examples=examples.REVISIONS,
            example=examples.PORTFOLIO_DETAIL,
        ),
    )
    async def revise_portfolio(
        self,
        request: ApiRequest,
        portfolio_id: FromPath[UUID],
        data: JSONBody[RevisePortfolio],
        ledger: Service[Ledger],
        portfolios: Service[PortfolioView],
        analyses: Service[AnalysisView],
    ) -> ApiResponse[PortfolioDetail]:
        """Change fields of a portfolio.

        What is left out stays; `metadata` and `rebalance_policy` are replaced as a whole. An archived portfolio
        takes no change but `is_active: true`.
        """
        require_rules(data)
        changes = _said(data)
        is_active = changes.pop("is_active", None)
        if "rebalance_policy" in changes:
            changes["rebalance_policy"] = _options(changes["rebalance_policy"])
        command = revise.RevisePortfolio(
            caller=request.caller,
            portfolio_id=portfolio_id,
            changes=changes,
            is_active=is_active,
            expected=_expected(request),
        )
        return await _revised(request, command, ledger, portfolios, analyses)

    @put(
        "/{portfolio_id:uuid}",
        opt=operation(
            scope="portfolios:write",
            if_match=True,
            settles=True,
            errors=(409,),
            headers=("ETag",),
            examples=examples.RENAMINGS,
            example=examples.PORTFOLIO_DETAIL,
        ),
    )
    async def rename_portfolio(
        self,
        request: ApiRequest,
        portfolio_id: FromPath[UUID],
        data: JSONBody[RenamePortfolio],
        ledger: Service[Ledger],
        portfolios: Service[PortfolioView],
        analyses: Service[AnalysisView],
    ) -> ApiResponse[PortfolioDetail]:
        """Change the name and description of a portfolio."""
        command = revise.RevisePortfolio(
            caller=request.caller,
            portfolio_id=portfolio_id,
            changes=_said(data),
            expected=_expected(request),
        )
        return await _revised(request, command, ledger, portfolios, analyses)

    @delete(
        "/{portfolio_id:uuid}",
        opt=operation(scope="portfolios:write", if_match=True, settles=True, errors=(409,)),
    )
    async def archive_portfolio(
        self, request: ApiRequest, portfolio_id: FromPath[UUID], ledger: Service[Ledger]
    ) -> ApiResponse[None]:
        """Archive a portfolio.

        It leaves the lists and keeps its history; `PATCH {"is_active": true}` brings it back. Archiving twice is
        the same as once.
        """
        command = revise.RevisePortfolio(
            caller=request.caller,
            portfolio_id=portfolio_id,
            changes={},
            is_active=False,
            expected=_expected(request),
        )
        done = await revise.revise_portfolio(command, ledger=ledger)
        return await settled(request, Answer(None, status=204), done.position)


async def _revised(
    request: ApiRequest,
    command: revise.RevisePortfolio,
    ledger: Ledger,
    portfolios: PortfolioView,
    analyses: AnalysisView,
) -> ApiResponse[PortfolioDetail]:
    """Revise and answer the portfolio: what it says of itself as just written, its figures as projected."""
    done = await revise.revise_portfolio(command, ledger=ledger)
    portfolio = done.result
    said = said_by(portfolio)
    fresh = row_of(portfolio, position=0, created_at=portfolio.created_on, projected_at=portfolio.modified_on)
    await settle(request, done.position)
    row = await portfolios.portfolio(request.caller.tenant, command.portfolio_id) or fresh
    shown: PortfolioRow = msgspec.structs.replace(row, **said)
    figures = await analyses.figures(request.caller.tenant, command.portfolio_id)
    read_position = newest_position(row, figures) if row.version == shown.version else None
    body = detail(shown, figures)
    return reply(body, version=shown.version, read_position=read_position, position=done.position)


def _said(data: msgspec.Struct) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(data).items() if value is not msgspec.UNSET}


def _expected(request: ApiRequest) -> Expected | None:
    return request.if_match.allows if request.if_match is not None else None


def _options(policy: msgspec.Struct) -> RebalanceOptions:
    return RebalanceOptions.from_plain(msgspec.to_builtins(policy))

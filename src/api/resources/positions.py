"""Listing, recording, revising and closing positions."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter

from api.answers import Answer, ApiResponse, reply
from api.idempotency import idempotent
from api.operation import operation
from api.request import ApiRequest
from api.resources import position_examples as examples
from api.resources.fields import Offset, PageOf500
from api.resources.late import look_twice
from api.resources.moments import AsOf, KnownAt, Moments, moments
from api.resources.past import past_rows
from api.resources.position_attributes import purchase, revision
from api.resources.position_bodies import (
    PositionBody,
    PositionPage,
    RecordedPosition,
    RecordPosition,
    RevisePosition,
)
from api.resources.position_rendering import position_body, recorded_position
from api.resources.recording import recorded
from api.resources.rounding import money
from api.services import Service
from api.settling import settled
from application.history.past import History
from application.ledger import Expected, Ledger
from application.market.quotes import Quotes
from application.market.rates import TenantRates
from application.positions import single
from application.positions.file import AssetClass
from domain.holding_facts import position_version
from domain.holding_refusals import PositionNotFound
from domain.portfolio import PortfolioNotFound
from domain.price_age import PriceLimits
from domain.sectors import sector_slug
from projections.portfolio_rows import PortfolioRow, PositionRow
from projections.portfolios import PortfolioView
from projections.progress import Progress


class PositionsOfPortfolioController(Controller):
    """Positions of one portfolio."""

    path = "/v1/portfolios/{portfolio_id:uuid}"
    tags = ("Positions",)

    @get(
        "/positions",
        opt=operation(
            scope="portfolios:read", headers=("ETag",), example=examples.POSITION_PAGE, table="positions"
        ),
    )
    async def list_positions(
        self,
        request: ApiRequest,
        portfolio_id: FromPath[UUID],
        portfolios: Service[PortfolioView],
        history: Service[History],
        quotes: Service[Quotes],
        rates: Service[TenantRates],
        price_limits: Service[PriceLimits],
        asset_class: Annotated[
            AssetClass | None, QueryParameter(description="Only this asset class.")
        ] = None,
        sector: Annotated[
            str | None,
            QueryParameter(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$", description="Only this sector."),
        ] = None,
        limit: PageOf500 = 100,
        offset: Offset = 0,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> ApiResponse[PositionPage]:
        """List positions by value, now or as of another moment.

        A position without a price or exchange rate is flagged and in no total.
        """
        tenant, asked = request.caller.tenant, moments(as_of, known_at)
        sector = None if sector is None else sector_slug(sector) or sector
        if asked:
            row, found = await _past(history, quotes, rates, tenant, portfolio_id, asked)
            fitting = [one for one in found if _fits(one, asset_class, sector)]
            shown = fitting[offset : offset + limit]
            day = row.valued_on or await quotes.clock(tenant)
            return reply(_page(row, shown, len(fitting), limit, offset, clock=day, limits=price_limits))
        now = await portfolios.portfolio(tenant, portfolio_id)
        if now is None:
            raise PortfolioNotFound(portfolio_id)
        rows, total = await portfolios.positions(
            tenant, portfolio_id, asset_class=asset_class, sector=sector, limit=limit, offset=offset
        )
        clock = await quotes.clock(tenant)
        page = _page(now, rows, total, limit, offset, clock=clock, limits=price_limits)
        return reply(page, version=now.version, read_position=now.position)

    @post(
        "/positions",
        status_code=201,
        opt=operation(
            scope="portfolios:write",
            settles=True,
            headers=("Location", "ETag"),
            also={200: RecordedPosition},
            examples=examples.PURCHASES,
            example=examples.RECORDED_POSITION,
        ),
    )
    @idempotent()
    async def record_position(
        self,
        request: ApiRequest,
        portfolio_id: FromPath[UUID],
        data: JSONBody[RecordPosition],
        ledger: Service[Ledger],
        quotes: Service[Quotes],
    ) -> ApiResponse[RecordedPosition]:
        """Record a holding; no cash moves.

        201 where nothing of the instrument was held in the account. A second purchase is 200: it adds to the
        quantity and averages the cost.
        """
        ticker, cost, attributes = purchase(data)
        command = single.RecordPosition(
            caller=request.caller,
            portfolio_id=portfolio_id,
            symbol=ticker,
            quantity=data.quantity,
            price=cost,
            account=data.account,
            currency=data.currency,
            attributes=attributes,
        )

        def shape(held: single.Held) -> Answer[RecordedPosition]:
            location = f"/v1/positions/{held.position.position_id}"
            status = 201 if held.created else 200
            version = position_version(held.position)
            return Answer(recorded_position(held), status=status, location=location, version=version)

        return await recorded(
            request,
            lambda remember: single.record_position(command, ledger=ledger, quotes=quotes, remember=remember),
            shape,
        )


class PositionController(Controller):
    """Single positions."""

    path = "/v1/positions/{position_id:uuid}"
    tags = ("Positions",)

    @get(opt=operation(scope="portfolios:read", headers=("ETag",), example=examples.POSITION))
    async def read_position(
        self,
        request: ApiRequest,
        position_id: FromPath[UUID],
        portfolios: Service[PortfolioView],
        quotes: Service[Quotes],
        price_limits: Service[PriceLimits],
    ) -> ApiResponse[PositionBody]:
        """Read a position."""
        row = await _position(portfolios, request.caller.tenant, position_id)
        portfolio = await portfolios.portfolio(request.caller.tenant, row.portfolio_id)
        if portfolio is None:
            raise PositionNotFound(position_id)
        clock = await quotes.clock(request.caller.tenant)
        body = position_body(row, portfolio.currency, clock=clock, limits=price_limits)
        return reply(body, version=position_version(row.stated()), read_position=portfolio.position)

    @patch(
        opt=operation(
            scope="portfolios:write",
            if_match=True,
            settles=True,
            headers=("ETag",),
            errors=(409,),
            examples=examples.POSITION_REVISIONS,
            example=examples.RECORDED_POSITION,
        )
    )
    async def revise_position(
        self,
        request: ApiRequest,
        position_id: FromPath[UUID],
        data: JSONBody[RevisePosition],
        ledger: Service[Ledger],
        quotes: Service[Quotes],
        portfolios: Service[PortfolioView],
        progress: Service[Progress],
    ) -> ApiResponse[RecordedPosition]:
        """Change attributes of a position; what is left out stays."""
        changes = revision(data)
        row = await _position_to_change(request, portfolios, progress, position_id)
        command = single.RevisePosition(
            caller=request.caller,
            portfolio_id=row.portfolio_id,
            position_id=position_id,
            changes=changes,
            expected=_expected(request),
        )
        done = await single.revise_position(command, ledger=ledger, quotes=quotes)
        version = position_version(done.result.position)
        return await settled(request, Answer(recorded_position(done.result), version=version), done.position)

    @delete(opt=operation(scope="portfolios:write", if_match=True, settles=True, errors=(409,)))
    async def close_position(
        self,
        request: ApiRequest,
        position_id: FromPath[UUID],
        ledger: Service[Ledger],
        portfolios: Service[PortfolioView],
        progress: Service[Progress],
    ) -> ApiResponse[None]:
        """Record that nothing of a position is held any more; no cash moves."""
        row = await _position_to_change(request, portfolios, progress, position_id)
        command = single.ClosePosition(
            caller=request.caller,
            portfolio_id=row.portfolio_id,
            position_id=position_id,
            expected=_expected(request),
        )
        done = await single.close_position(command, ledger=ledger)
        return await settled(request, Answer(None, status=204), done.position)


def _expected(request: ApiRequest) -> Expected | None:
    return request.if_match.allows if request.if_match is not None else None


async def _position(portfolios: PortfolioView, tenant: str, position_id: UUID) -> PositionRow:
    row = await portfolios.position(tenant, position_id)
    if row is None:
        raise PositionNotFound(position_id)
    return row


async def _position_to_change(
    request: ApiRequest, portfolios: PortfolioView, progress: Progress, position_id: UUID
) -> PositionRow:
    row = await look_twice(request, progress, lambda: portfolios.position(request.caller.tenant, position_id))
    if row is None:
        raise PositionNotFound(position_id)
    return row


async def _past(
    history: History, quotes: Quotes, rates: TenantRates, tenant: str, portfolio_id: UUID, asked: Moments
) -> tuple[PortfolioRow, list[PositionRow]]:
    past = await history.portfolio_at(tenant, portfolio_id, as_of=asked.as_of, known_at=asked.known_at)
    rows = await past_rows(past, quotes, rates)
    return rows.portfolio, rows.positions


def _fits(row: PositionRow, asset_class: str | None, sector: str | None) -> bool:
    return asset_class in (None, row.asset_class) and sector in (None, row.sector)


def _page(
    portfolio: PortfolioRow,
    rows: list[PositionRow],
    total: int,
    limit: int,
    offset: int,
    *,
    clock: date,
    limits: PriceLimits,
) -> PositionPage:
    return PositionPage(
        positions=[position_body(row, portfolio.currency, clock=clock, limits=limits) for row in rows],
        total=total,
        limit=limit,
        offset=offset,
        portfolio_id=portfolio.portfolio_id,
        currency=portfolio.currency,
        total_value=money(portfolio.total_value),
        cash_balance=money(portfolio.cash_balance),
        projected_at=portfolio.projected_at,
    )

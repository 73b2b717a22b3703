"""Setting, listing and removing target allocations, and the drift from them."""

from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody

from api.answers import Answer, ApiResponse, reply
from api.idempotency import idempotent
from api.operation import operation
from api.request import ApiRequest
from api.resources import allocation_examples as examples
from api.resources.allocation_bodies import Allocation, Allocations, AllocationSet, Drift, SetAllocation
from api.resources.drift import drift_body, drift_now, left_out_of_weights
from api.resources.moments import AsOf, KnownAt, moments
from api.resources.past import past_rows
from api.resources.recording import recorded
from api.services import Service
from api.settling import settled
from application.allocations.remove_target import RemoveTarget, remove_target
from application.allocations.set_target import SetTarget, TargetSet, set_target
from application.history.past import History
from application.ledger import Expected, Ledger
from application.market.quotes import Quotes
from application.market.rates import TenantRates
from domain.drift import BandKind
from domain.portfolio import AllocationNotFound, PortfolioNotFound
from domain.price_age import PriceLimits
from projections.portfolio_rows import AllocationRow, PortfolioRow
from projections.portfolios import PortfolioView
from projections.recommendations import RecommendationView


class AllocationController(Controller):
    """Target allocations of one portfolio."""

    path = "/v1/portfolios/{portfolio_id:uuid}"
    tags = ("Allocations",)

    @post(
        "/allocations",
        status_code=201,
        opt=operation(
            scope="portfolios:write",
            if_match=True,
            settles=True,
            headers=("Location", "ETag"),
            also={200: AllocationSet},
            examples=examples.TARGETS,
            example=examples.ALLOCATION_SET,
        ),
    )
    @idempotent()
    async def set_allocation(
        self,
        request: ApiRequest,
        portfolio_id: FromPath[UUID],
        data: JSONBody[SetAllocation],
        ledger: Service[Ledger],
    ) -> ApiResponse[AllocationSet]:
        """Set or replace the target of a bucket.

        201 where the bucket had none, 200 where it is replaced. The targets of one type may not exceed 1 in
        total. If-Match and ETag are those of the portfolio.
        """
        command = SetTarget(
            caller=request.caller,
            portfolio_id=portfolio_id,
            allocation_type=data.allocation_type,
            bucket=data.bucket,
            target_weight=data.target_weight,
            min_weight=data.min_weight,
            max_weight=data.max_weight,
            band_kind=_kind_of(data),
            band=data.band,
            expected=_expected(request),
        )
        return await recorded(
            request, lambda remember: set_target(command, ledger=ledger, remember=remember), _answer
        )

    @get(
        "/allocations",
        opt=operation(
            scope="portfolios:read",
            headers=("ETag",),
            example=examples.ALLOCATIONS,
            table="allocations",
        ),
    )
    async def list_allocations(
        self,
        request: ApiRequest,
        portfolio_id: FromPath[UUID],
        portfolios: Service[PortfolioView],
        history: Service[History],
        quotes: Service[Quotes],
        rates: Service[TenantRates],
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> ApiResponse[Allocations]:
        """List the target allocations, now or as of another moment."""
        tenant = request.caller.tenant
        if asked := moments(as_of, known_at):
            past = await history.portfolio_at(
                tenant, portfolio_id, as_of=asked.as_of, known_at=asked.known_at
            )
            return reply(_listed((await past_rows(past, quotes, rates)).allocations))
        row = await _portfolio(portfolios, tenant, portfolio_id)
        return reply(_listed(await portfolios.allocations(tenant, portfolio_id)), version=row.version)

    @get(
        "/allocations/{allocation_id:uuid}",
        opt=operation(scope="portfolios:read", example=examples.ALLOCATION),
    )
    async def read_allocation(
        self,
        request: ApiRequest,
        portfolio_id: FromPath[UUID],
        allocation_id: FromPath[UUID],
        portfolios: Service[PortfolioView],
    ) -> Allocation:
        """Read one target allocation."""
        tenant = request.caller.tenant
        await _portfolio(portfolios, tenant, portfolio_id)
        for row in await portfolios.allocations(tenant, portfolio_id):
            if row.allocation_id == allocation_id:
                return _allocation(row)
        raise AllocationNotFound(allocation_id)

    @delete(
        "/allocations/{allocation_id:uuid}",
        opt=operation(scope="portfolios:write", if_match=True, settles=True, errors=(409,)),
    )
    async def remove_allocation(
        self,
        request: ApiRequest,
        portfolio_id: FromPath[UUID],
        allocation_id: FromPath[UUID],
        ledger: Service[Ledger],
    ) -> ApiResponse[None]:
        """Remove the target of a bucket; If-Match is that of the portfolio."""
        command = RemoveTarget(
            caller=request.caller,
            portfolio_id=portfolio_id,
            allocation_id=allocation_id,
            expected=_expected(request),
        )
        done = await remove_target(command, ledger=ledger)
        return await settled(request, Answer(None, status=204), done.position)

    @get(
        "/drift",
        opt=operation(
            scope="portfolios:read", headers=("ETag",), example=examples.DRIFT, table=("buckets", "excluded")
        ),
    )
    async def read_drift(
        self,
        request: ApiRequest,
        portfolio_id: FromPath[UUID],
        portfolios: Service[PortfolioView],
        recommendations: Service[RecommendationView],
        history: Service[History],
        quotes: Service[Quotes],
        rates: Service[TenantRates],
        price_limits: Service[PriceLimits],
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> ApiResponse[Drift]:
        """Measure the drift of every bucket from its target, now or as of another moment."""
        tenant = request.caller.tenant
        if asked := moments(as_of, known_at):
            past = await history.portfolio_at(
                tenant, portfolio_id, as_of=asked.as_of, known_at=asked.known_at
            )
            rows = await past_rows(past, quotes, rates)
            excluded = left_out_of_weights(rows.excluded, rows.cash_without_rate)
            return reply(drift_body(rows.portfolio, rows.drift, excluded, newest=None))
        row = await _portfolio(portfolios, tenant, portfolio_id)
        clock = await quotes.clock(tenant)
        body, position = await drift_now(row, portfolios, recommendations, clock=clock, limits=price_limits)
        return reply(body, version=row.version, read_position=position)


def _answer(done: TargetSet) -> Answer[AllocationSet]:
    target = done.target
    body = AllocationSet(
        id=target.allocation_id,
        portfolio_id=done.portfolio_id,
        allocation_type=target.allocation_type,
        bucket=target.bucket,
        target_weight=target.target_weight,
        min_weight=target.min_weight,
        max_weight=target.max_weight,
        band_kind=target.band_kind,
        band=target.band,
        created=done.created,
    )
    location = f"/v1/portfolios/{done.portfolio_id}/allocations/{target.allocation_id}"
    return Answer(body, status=201 if done.created else 200, location=location, version=done.version)


def _kind_of(data: SetAllocation) -> BandKind | None:
    """Return the kind of band: one that comes without a kind is absolute."""
    return "absolute" if data.band is not None and data.band_kind is None else data.band_kind


def _expected(request: ApiRequest) -> Expected | None:
    return request.if_match.allows if request.if_match is not None else None


async def _portfolio(portfolios: PortfolioView, tenant: str, portfolio_id: UUID) -> PortfolioRow:
    row = await portfolios.portfolio(tenant, portfolio_id)
    if row is None:
        raise PortfolioNotFound(portfolio_id)
    return row


def _listed(rows: list[AllocationRow]) -> Allocations:
    return Allocations(allocations=[_allocation(row) for row in rows])


def _allocation(row: AllocationRow) -> Allocation:
    return Allocation(
        id=row.allocation_id,
        portfolio_id=row.portfolio_id,
        allocation_type=row.allocation_type,  # type: ignore[arg-type]
        bucket=row.bucket,
        target_weight=row.target_weight,
        min_weight=row.min_weight,
        max_weight=row.max_weight,
        band_kind=row.band_kind,  # type: ignore[arg-type]
        band=row.band,
        projected_at=row.projected_at,
    )

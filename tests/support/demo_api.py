"""A small resource on the conventions layer: every convention is used once, and nothing else happens."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID, uuid4

import msgspec
from httpx import ASGITransport, AsyncClient
from litestar import Controller, Litestar, delete, get, patch, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery, JSONBody, MultipartBody, QueryParameter
from prometheus_client import CollectorRegistry

from api.answers import Answer, ApiResponse, reply
from api.app import create_app
from api.figures import exact
from api.idempotency import idempotent
from api.operation import operation
from api.parts import ApiParts, HttpSettings
from api.request import ApiRequest
from api.services import Service
from api.settling import settled
from application.caller import DEFAULT_SCOPES
from application.credentials import ApiKey
from application.idempotency import KeyedAnswer, StillRunning, StoredAnswer
from domain.errors import Conflict, NotFound
from infrastructure.identity.tokens import TokenVerifier, issue_token

SECRET = "a secret of the tests, long enough for HS256"
NOW = datetime(2026, 3, 26, 8, tzinfo=UTC)


class Leg(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    symbol: Annotated[str, msgspec.Meta(min_length=1, max_length=12, description="Ticker.")]
    weight: Annotated[float, msgspec.Meta(ge=0, le=1, description="Fraction of the basket.")]


class RegisterBasket(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100, description="Display name.")]
    kind: Literal["long_only", "long_short"]
    cash: Annotated[Decimal, exact("Opening balance in USD.", ge=0)] = Decimal(0)
    legs: list[Leg] = []
    metadata: dict[str, str] = {}


class ChangeBasket(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | msgspec.UnsetType = msgspec.UNSET


class Basket(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    kind: str
    cash: Decimal
    created_at: datetime
    version: int = 1


class Baskets(msgspec.Struct, frozen=True, kw_only=True):
    baskets: list[Basket]
    total: int
    limit: int
    offset: int


class Import(msgspec.Struct, kw_only=True):
    file: UploadFile


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    filename: str
    size: Annotated[int, msgspec.Meta(description="Bytes.")]


class Shelf:
    """Baskets and stored answers of a test; the position counts what was written."""

    def __init__(self) -> None:
        self.baskets: dict[tuple[str, UUID], Basket] = {}
        self.answers: dict[tuple[str, str, str], StoredAnswer] = {}
        self.running: set[tuple[str, str, str]] = set()
        self.keys: dict[bytes, ApiKey] = {}
        self.refused: list[tuple[UUID, str | None]] = []
        self.away: dict[str, str] = {}
        self.position = 0
        self.shown: int | None = None
        self.waits: list[tuple[int, float]] = []
        self.entered = asyncio.Event()
        self.proceed = asyncio.Event()
        self.proceed.set()

    def put(self, tenant: str, basket: Basket, keyed: KeyedAnswer | None = None) -> int:
        self.position += 1
        self.baskets[tenant, basket.id] = basket
        if keyed:
            request = keyed.request
            answer = keyed.answer
            self.answers[request.tenant, request.route, request.key] = StoredAnswer(
                payload_hash=answer.payload_hash,
                status=answer.status,
                headers=answer.headers,
                body=answer.body,
                position=self.position,
            )
        return self.position

    def basket(self, tenant: str, basket_id: UUID) -> Basket:
        try:
            return self.baskets[tenant, basket_id]
        except KeyError:
            raise NotFound(f"There is no basket {basket_id}.") from None

    async def find_key(self, key_hash: bytes, address: str | None = None) -> ApiKey | None:
        return self.keys.get(key_hash)

    async def note_refused(self, key: ApiKey, address: str | None) -> None:
        self.refused.append((key.id, address))

    async def failures(self) -> Mapping[str, str]:
        return self.away

    async def wait_for(self, position: int, timeout: float) -> bool:
        self.waits.append((position, timeout))
        return position <= (self.position if self.shown is None else self.shown)

    async def lookup(self, tenant: str, route: str, key: str) -> StoredAnswer | None:
        return self.answers.get((tenant, route, key))

    @asynccontextmanager
    async def claim(self, tenant: str, route: str, key: str) -> AsyncIterator[None]:
        held = (tenant, route, key)
        if held in self.running:
            raise StillRunning
        self.running.add(held)
        try:
            yield
        finally:
            self.running.discard(held)


class BasketController(Controller):
    """Baskets of instruments."""

    path = "/v1/baskets"
    tags = ("Baskets",)

    @post(
        status_code=201,
        opt=operation(
            scope="portfolios:write",
            settles=True,
            headers=("Location", "ETag"),
            examples={"small": {"name": "Growth", "kind": "long_only", "cash": "1000.50"}},
        ),
    )
    @idempotent()
    async def register(
        self, request: ApiRequest, data: JSONBody[RegisterBasket], shelf: Service[Shelf]
    ) -> ApiResponse[Basket]:
        """Register a basket."""
        shelf.entered.set()
        await shelf.proceed.wait()
        basket = Basket(id=uuid4(), name=data.name, kind=data.kind, cash=data.cash, created_at=NOW)
        answer = Answer(basket, status=201, location=f"/v1/baskets/{basket.id}", version=1)
        position = shelf.put(request.caller.tenant, basket, answer.keyed(request))
        return await settled(request, answer, position)

    @get(opt=operation(scope="portfolios:read"))
    async def baskets(
        self,
        request: ApiRequest,
        shelf: Service[Shelf],
        limit: Annotated[int, QueryParameter(ge=1, le=200, description="Rows at most.")] = 50,
        offset: Annotated[int, QueryParameter(ge=0)] = 0,
        kind: FromQuery[Literal["long_only", "long_short"] | None] = None,
    ) -> Baskets:
        """List baskets."""
        tenant = request.caller.tenant
        mine = [basket for (owner, _), basket in shelf.baskets.items() if owner == tenant]
        found = [basket for basket in mine if kind in (None, basket.kind)]
        return Baskets(baskets=found[offset : offset + limit], total=len(found), limit=limit, offset=offset)

    @get("/{basket_id:uuid}", opt=operation(scope="portfolios:read", headers=("ETag",)))
    async def basket(
        self, request: ApiRequest, basket_id: FromPath[UUID], shelf: Service[Shelf]
    ) -> ApiResponse[Basket]:
        """Read a basket."""
        basket = shelf.basket(request.caller.tenant, basket_id)
        return reply(basket, version=basket.version, read_position=shelf.position)

    @patch(
        "/{basket_id:uuid}",
        opt=operation(
            scope="portfolios:write", if_match=True, settles=True, errors=(409,), headers=("ETag",)
        ),
    )
    async def change(
        self,
        request: ApiRequest,
        basket_id: FromPath[UUID],
        data: JSONBody[ChangeBasket],
        shelf: Service[Shelf],
    ) -> ApiResponse[Basket]:
        """Change a basket."""
        tenant = request.caller.tenant
        basket = shelf.basket(tenant, basket_id)
        if request.if_match:
            request.if_match.check(basket.version)
        if data.name == "taken":
            raise Conflict("Another basket has this name.", field="name")
        name = basket.name if data.name is msgspec.UNSET else data.name
        changed = msgspec.structs.replace(basket, name=name, version=basket.version + 1)
        return await settled(request, Answer(changed, version=changed.version), shelf.put(tenant, changed))

    @delete("/{basket_id:uuid}", opt=operation(scope="admin", settles=True))
    async def remove(
        self, request: ApiRequest, basket_id: FromPath[UUID], shelf: Service[Shelf]
    ) -> ApiResponse[None]:
        """Remove a basket."""
        shelf.basket(request.caller.tenant, basket_id)
        del shelf.baskets[request.caller.tenant, basket_id]
        shelf.position += 1
        return await settled(request, Answer(None, status=204), shelf.position)

    @post("/imports", status_code=200, opt=operation(scope="positions:import", settles=True))
    @idempotent(unless="dry_run")
    async def upload(
        self,
        request: ApiRequest,
        data: MultipartBody[Import],
        shelf: Service[Shelf],
        dry_run: FromQuery[bool] = False,
    ) -> ApiResponse[ImportReport]:
        """Import a file."""
        content = await data.file.read()
        answer = Answer(ImportReport(filename=data.file.filename, size=len(content)))
        basket = Basket(id=uuid4(), name="imported", kind="long_only", cash=Decimal(0), created_at=NOW)
        position = None if dry_run else shelf.put(request.caller.tenant, basket, answer.keyed(request))
        return await settled(request, answer, position)

    @get("/broken", opt=operation(scope="portfolios:read"))
    async def broken(self) -> Basket:
        """Fail with a secret in the message."""
        raise RuntimeError("password=hunter2 in SELECT 1")


def a_token(tenant: str = "acme", scopes: frozenset[str] | None = DEFAULT_SCOPES) -> str:
    return issue_token(SECRET, tenant, ttl=3600, scopes=scopes, now=datetime.now(UTC))


def a_demo_api(shelf: Shelf | None = None, **settings: object) -> Litestar:
    shelf = shelf or Shelf()
    parts = ApiParts(
        settings=HttpSettings(version="1.2.3", **{"max_body_bytes": 20_000, **settings}),  # type: ignore[arg-type]
        tokens=TokenVerifier.hs256(SECRET),
        credentials=shelf,
        probes=shelf,
        positions=shelf,
        idempotency=shelf,
        services={"shelf": shelf},
    )
    return create_app(parts, [BasketController], registry=CollectorRegistry())


def a_client(app: Litestar, *, peer: str = "127.0.0.1") -> AsyncClient:
    """A client in the same event loop as the application."""
    transport = ASGITransport(app, raise_app_exceptions=False, client=(peer, 50_000))  # type: ignore[arg-type]
    return AsyncClient(transport=transport, base_url="http://trimtab.test")

"""The database itself keeps tenants apart: a query that forgets to ask for its tenant still sees no other."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.errors import ForeignKeyViolation
from tests.support.callers import a_caller
from tests.support.database import as_api
from tests.support.files import a_csv
from tests.support.service import Service

from application.allocations.set_target import SetTarget, set_target
from application.portfolios.register import RegisterPortfolio, register_portfolio
from application.positions.import_positions import ImportPositions, import_positions
from domain.optimization import OptimizationAsked, OptimizationJob
from infrastructure.postgres import views
from infrastructure.postgres.acting import acting_as
from infrastructure.postgres.connect import connector
from infrastructure.postgres.trail import note

FILTER = re.compile(r"(?:\b\w+\.)?tenant_id = %\(tenant\)s(?: and\b)?")
OF_TENANT = "select set_config('trimtab.tenant', %s, true)"


def queries() -> Iterator[tuple[str, str]]:
    """Every whole query of the views that names its tenant, under the name of its constant."""
    for module in pkgutil.iter_modules(views.__path__):
        if module.name == "market":  # has owners instead, and tests of its own: some rows are everybody's
            continue
        constants = vars(importlib.import_module(f"{views.__name__}.{module.name}"))
        for name, value in constants.items():
            if name.isupper() and isinstance(value, str) and value.strip().startswith("select"):
                yield f"{module.name}.{name}", value


QUERIES = dict(queries())


def without_filter(query: str) -> str:
    """The query as somebody might write it who forgets the tenant."""
    return FILTER.sub(lambda found: "" if found[0].endswith("and") else "true", query)


async def everything_of(service: Service, tenant: str) -> dict[str, Any]:
    """One of everything, and the parameters that ask for it."""
    caller = a_caller(tenant)
    portfolio = await register_portfolio(
        RegisterPortfolio(caller=caller, name="Secret", initial_cash=Decimal(5)), ledger=service.ledger
    )
    portfolio_id: UUID = portfolio.result.id
    imported = await import_positions(
        ImportPositions(
            caller=caller,
            portfolio_id=portfolio_id,
            content=a_csv("AAPL,10,80,100,technology"),
            filename="p.csv",
        ),
        ledger=service.ledger,
        files=service.files,
        rates=service.rates,
    )
    target = SetTarget(
        caller=caller,
        portfolio_id=portfolio_id,
        allocation_type="sector",
        bucket="technology",
        target_weight=Decimal("0.5"),
    )
    await set_target(target, ledger=service.ledger)
    asked = OptimizationAsked(
        methods=["HRP"], request={}, facts={}, dataset_hash="d", inputs_hash="i", code_version="1"
    )
    async with service.ledger.unit(caller) as unit:
        job = unit.start(OptimizationJob.request_one(tenant, asked, id=uuid4(), at=unit.now))
        job.finish("HRP", {"status": "completed"}, at=unit.now)
        done = await unit.commit(None)
    await service.shows(done.position)
    async with acting_as(service.connections, tenant=tenant) as connection:
        await note(connection, caller, "key.created", "key/secret")
    rows, _ = await service.portfolios.positions(
        tenant, portfolio_id, asset_class=None, sector=None, limit=1, offset=0
    )
    return {
        "portfolio": portfolio_id,
        "import": imported.result.report.import_id,
        "position": rows[0].position_id,
        "recommendation": portfolio_id,
        "optimization": job.id,
        "method": "HRP",
        "of_portfolio": None,
        "archived": True,
        "asset_class": None,
        "sector": None,
        "status": None,
        "by": "sector",
        "linking": "carino",
        "period": "ytd",
        **dict.fromkeys(("action", "actor", "subject", "start", "end")),
        "limit": 10,
        "offset": 0,
    }


async def answered(service: Service, query: str, params: dict[str, Any], *, tenant: str | None) -> list[Any]:
    """The rows the API's role gets; tenant None is a connection that nobody has told whose it is."""
    async with service.connections.connection() as connection, connection.transaction():
        if tenant is not None:
            await connection.execute(OF_TENANT, (tenant,))
        return await (await connection.execute(query, params)).fetchall()


def is_nothing(name: str, rows: list[Any]) -> bool:
    return rows in ([], [(0,)], [(None,)])


def test_the_views_are_all_looked_at() -> None:
    assert len(QUERIES) >= 10
    assert [name for name, query in QUERIES.items() if not FILTER.search(query)] == []


@pytest.mark.parametrize("tenant", ["rival", None])
async def test_a_query_without_its_filter_shows_nothing_of_another_tenant(
    service: Service, tenant: str | None
) -> None:
    params = await everything_of(service, "acme")
    for name, query in QUERIES.items():
        rows = await answered(service, without_filter(query), params, tenant=tenant)
        assert is_nothing(name, rows), f"{name} shows {rows}"


async def test_the_same_queries_show_their_own_tenant_what_it_has(service: Service) -> None:
    params = await everything_of(service, "acme")
    empty = [
        name
        for name, query in QUERIES.items()
        if is_nothing(name, await answered(service, without_filter(query), params, tenant="acme"))
    ]
    # Made by agents, of which none is at work here; and all cash here has a rate.
    unasked = ("recommendations.", "analyses.", "portfolios.CASH_WITHOUT_RATE")
    assert all(name.startswith(unasked) for name in empty), empty


@pytest.mark.parametrize("table", ["events.event", "events.answer"])
async def test_the_log_shows_nothing_of_another_tenant(service: Service, table: str) -> None:
    await everything_of(service, "acme")
    for tenant in ("rival", None):
        assert await answered(service, f"select * from {table}", {}, tenant=tenant) == []


async def test_every_table_of_the_read_models_with_a_tenant_has_a_policy(service: Service) -> None:
    query = """
        select c.relname from pg_class c
          join pg_namespace n on n.oid = c.relnamespace
          join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
         where n.nspname = 'read' and c.relkind = 'r' and has_any_column_privilege(c.oid, 'select')
           and (not c.relrowsecurity or not exists (select from pg_policy p where p.polrelid = c.oid))"""
    assert await answered(service, query, {}, tenant=None) == []


OURS = """
    select n.oid from pg_namespace n
     where n.nspname not in ('information_schema', 'public') and n.nspname !~ '^pg_'"""


async def told_to_the_owner(database_url: str, query: str) -> list[tuple[Any, ...]]:
    async with await connector(database_url, "test")() as connection:
        return await (await connection.execute(query)).fetchall()  # type: ignore[arg-type]


async def test_every_table_that_names_tenants_keeps_them_apart(database_url: str) -> None:
    """In every schema of ours; the one that nobody but the owner may touch needs no policy."""
    of_tenants = f"""
        select c.oid::regclass::text as called, c.relrowsecurity as secured,
               exists (select from pg_policy p where p.polrelid = c.oid)
               or not has_any_column_privilege('trimtab_api', c.oid, 'select, insert, update') as kept
          from pg_class c join pg_attribute a on a.attrelid = c.oid and not a.attisdropped
         where c.relnamespace in ({OURS}) and c.relkind in ('r', 'p') and a.attname in ('tenant_id', 'owner')"""
    tables = await told_to_the_owner(database_url, of_tenants)
    named = {called for called, _, _ in tables}
    for schema in ("read", "identity", "market", "events", "webhook", "job"):
        assert any(called.startswith(f"{schema}.") for called in named), f"no table of {schema} was looked at"
    assert [called for called, secured, kept in tables if not (secured and kept)] == []


async def test_nothing_but_tables_shows_rows_of_tenants(database_url: str) -> None:
    """A view would show them with the rights of its owner, past every policy."""
    views = f"""
        select c.oid::regclass::text from pg_class c
         where c.relnamespace in ({OURS}) and c.relkind in ('v', 'm', 'f')"""
    assert await told_to_the_owner(database_url, views) == []


async def test_the_role_of_the_api_is_bound_by_the_policies(database_url: str) -> None:
    rights = """
        select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
               exists (select from pg_auth_members m where m.member = r.oid) as is_member,
               exists (select from pg_class c where c.relowner = r.oid) as owns,
               exists (select from pg_proc f where f.proowner = r.oid) as owns_functions,
               exists (select from pg_namespace n where n.nspowner = r.oid) as owns_schemas
          from pg_roles r where rolname = 'trimtab_api'"""
    assert await told_to_the_owner(database_url, rights) == [(False,) * 8]


async def test_what_acts_with_the_rights_of_the_owner_is_closed_to_all_but_the_api(database_url: str) -> None:
    """Such a function reads past every policy: nobody else may call it, and no table of a caller gets in its way."""
    functions = f"""
        select f.oid::regprocedure::text from pg_proc f
         where f.pronamespace in ({OURS}) and f.prosecdef
           and (has_function_privilege('public', f.oid, 'execute')
                or not coalesce('search_path=pg_catalog, pg_temp' = any (f.proconfig), false))"""
    assert await told_to_the_owner(database_url, functions) == []


ENDPOINT_OF_ACME = """
    insert into webhook.endpoint (endpoint_id, tenant_id, url, events, is_active, secret, since_position, created_by)
    values (%s, 'acme', 'https://hooks.example.com', '{import.done}', true, 'sealed', 0, 'ann')"""
MESSAGE = """
    insert into webhook.message (tenant_id, event_id, event_type, happened_at, body)
    values (%s, 'e-1', 'webhook.test', now(), '{}')"""
DELIVERY = """
    insert into webhook.delivery (delivery_id, endpoint_id, tenant_id, event_id, event_type)
    values (gen_random_uuid(), %s, %s, 'e-1', 'webhook.test')"""


async def test_nothing_is_delivered_to_an_endpoint_of_another_tenant(database_url: str) -> None:
    """A foreign key looks past the policies: without the tenant in it, any endpoint would do."""
    endpoint = UUID(int=1)
    async with await connector(database_url, "test")() as owner:
        await owner.execute(ENDPOINT_OF_ACME, (endpoint,))
    async with await connector(as_api(database_url), "test")() as connection:
        await connection.execute("select set_config('trimtab.tenant', 'rival', false)")
        await connection.execute(MESSAGE, ("rival",))
        with pytest.raises(ForeignKeyViolation):
            await connection.execute(DELIVERY, (endpoint, "rival"))

"""Tenants and their members."""

from typing import Final
from uuid import UUID

from litestar import Controller, delete, get, patch
from litestar.params import FromPath, JSONBody

from api.answers import ApiResponse, reply
from api.operation import operation
from api.request import ApiRequest
from api.resources import tenant_examples as examples
from api.resources.fields import Offset, PageOf200
from api.resources.tenant_bodies import (
    ChangeMember,
    ChangeTenant,
    MemberBody,
    MemberPage,
    TenantBody,
    TenantPage,
    member_body,
    tenant_body,
)
from api.services import Service
from application.caller import ADMIN, Caller
from application.identity.tenants import (
    MemberNotFound,
    TenantNotFound,
    Tenants,
    change_role,
    remove_member,
    require_own,
)

PATH: Final = "/v1/tenants"


class TenantController(Controller):
    """Tenants."""

    path = PATH
    tags = ("Tenants",)

    @get(opt=operation(example=examples.TENANT_PAGE))
    async def list_tenants(
        self, request: ApiRequest, tenants: Service[Tenants], limit: PageOf200 = 50, offset: Offset = 0
    ) -> TenantPage:
        """List the tenants: those that a person belongs to, or the one of an API key or another token."""
        found = await tenants.of_caller(request.caller)
        shown = [tenant_body(record) for record in found[offset : offset + limit]]
        return TenantPage(tenants=shown, total=len(found), limit=limit, offset=offset)

    @get("/{tenant_id:str}", opt=operation(example=examples.TENANT))
    async def read_tenant(
        self, request: ApiRequest, tenant_id: FromPath[str], tenants: Service[Tenants]
    ) -> TenantBody:
        """Read a tenant that the list has."""
        return await _one(request.caller, tenant_id, tenants)

    @patch(
        "/{tenant_id:str}",
        opt=operation(scope=ADMIN, examples=examples.TENANT_CHANGES, example=examples.TENANT),
    )
    async def change_tenant(
        self,
        request: ApiRequest,
        tenant_id: FromPath[str],
        data: JSONBody[ChangeTenant],
        tenants: Service[Tenants],
    ) -> TenantBody:
        """Give the tenant of the credential another name."""
        require_own(request.caller, tenant_id)
        await tenants.rename(request.caller, data.name)
        return await _one(request.caller, tenant_id, tenants)


class MemberController(Controller):
    """Members of the tenant of the credential."""

    path = f"{PATH}/{{tenant_id:str}}/members"
    tags = ("Tenants",)

    @get(opt=operation(scope=ADMIN, example=examples.MEMBER_PAGE))
    async def list_members(
        self,
        request: ApiRequest,
        tenant_id: FromPath[str],
        tenants: Service[Tenants],
        limit: PageOf200 = 50,
        offset: Offset = 0,
    ) -> MemberPage:
        """List the members, by the day they joined."""
        require_own(request.caller, tenant_id)
        found, total = await tenants.members(tenant_id, limit=limit, offset=offset)
        shown = [member_body(member) for member in found]
        return MemberPage(members=shown, total=total, limit=limit, offset=offset)

    @get("/{person_id:uuid}", opt=operation(scope=ADMIN, example=examples.MEMBER))
    async def read_member(
        self,
        request: ApiRequest,
        tenant_id: FromPath[str],
        person_id: FromPath[UUID],
        tenants: Service[Tenants],
    ) -> ApiResponse[MemberBody]:
        """Read a member."""
        require_own(request.caller, tenant_id)
        found = await tenants.member(tenant_id, person_id)
        if found is None:
            raise MemberNotFound(person_id)
        return reply(member_body(found))

    @patch(
        "/{person_id:uuid}",
        opt=operation(scope=ADMIN, errors=(409,), examples=examples.MEMBER_CHANGES, example=examples.MEMBER),
    )
    async def change_member(
        self,
        request: ApiRequest,
        tenant_id: FromPath[str],
        person_id: FromPath[UUID],
        data: JSONBody[ChangeMember],
        tenants: Service[Tenants],
    ) -> ApiResponse[MemberBody]:
        """Give a member another role, which counts for access tokens within 10 seconds.

        The last owner stays one (409). A role with rights that the credential of this request lacks is 403.
        """
        require_own(request.caller, tenant_id)
        changed = await change_role(request.caller, person_id, data.role, tenants=tenants)
        return reply(member_body(changed))

    @delete("/{person_id:uuid}", opt=operation(errors=(403, 409)))
    async def remove_member(
        self,
        request: ApiRequest,
        tenant_id: FromPath[str],
        person_id: FromPath[UUID],
        tenants: Service[Tenants],
    ) -> ApiResponse[None]:
        """Remove a member, which takes `admin`, or leave a tenant, which takes being that member.

        Access tokens of the member for this tenant are refused within 10 seconds. The last owner stays (409). API
        keys that the member made belong to the tenant and go on working.
        """
        require_own(request.caller, tenant_id)
        await remove_member(request.caller, person_id, tenants=tenants)
        return reply(None, status=204)


async def _one(caller: Caller, tenant: str, tenants: Tenants) -> TenantBody:
    for record in await tenants.of_caller(caller):
        if record.id == tenant:
            return tenant_body(record)
    raise TenantNotFound(tenant)

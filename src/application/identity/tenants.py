"""Tenants and their members."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from application.caller import ADMIN, Caller
from application.identity.keys import require_rights
from application.identity.roles import ROLE_SCOPES, Role
from domain.errors import Conflict, Forbidden, NotFound


class TenantNotFound(NotFound):
    """There is no such tenant, or the caller has nothing to do with it."""

    def __init__(self, tenant: str) -> None:
        super().__init__(f"There is no tenant {tenant!r} that this credential is for.")


class MemberNotFound(NotFound):
    """The person is no member of the tenant."""

    def __init__(self, person: UUID) -> None:
        super().__init__(f"There is no member {person}.")


class LastOwner(Conflict):
    """The tenant would be without an owner."""

    def __init__(self) -> None:
        super().__init__("This is the last owner; make somebody else an owner first.")


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantRecord:
    """A tenant; `role` is that of the person who asks, None for a credential of no person.

    A tenant that a token names, and of which nothing was ever kept, has no name and no beginning.
    """

    id: str
    name: str | None
    role: Role | None
    created_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person in a tenant."""

    person_id: UUID
    email: str
    first_name: str
    last_name: str
    role: Role
    joined_at: datetime


class Tenants(Protocol):
    """Tenants and members; what changes them is noted in the trail in the same transaction."""

    async def of_caller(self, caller: Caller) -> list[TenantRecord]:
        """Return the tenants of a person, or that of another credential."""

    async def rename(self, caller: Caller, name: str) -> None:
        """Give the caller's tenant another name."""

    async def members(self, tenant: str, *, limit: int, offset: int) -> tuple[list[Member], int]:
        """Return a page of the members, by the day they joined, and how many there are."""

    async def member(self, tenant: str, person: UUID) -> Member | None:
        """Return a member, or None."""

    async def change_role(self, caller: Caller, person: UUID, role: Role) -> None:
        """Give a member another role; raises MemberNotFound and LastOwner."""

    async def remove(self, caller: Caller, person: UUID) -> None:
        """End a membership; raises MemberNotFound and LastOwner."""


def require_own(caller: Caller, tenant: str) -> None:
    """Raise TenantNotFound unless the credential is for this tenant."""
    if caller.tenant != tenant:
        raise TenantNotFound(tenant)


async def change_role(caller: Caller, person: UUID, role: Role, *, tenants: Tenants) -> Member:
    """Give a member another role and return the member; nobody gives away rights that the credential lacks.

    Raises RightsLacking, MemberNotFound and LastOwner.
    """
    require_rights(caller, ROLE_SCOPES[role])
    await tenants.change_role(caller, person, role)
    changed = await tenants.member(caller.tenant, person)
    if changed is None:
        raise MemberNotFound(person)
    return changed


async def remove_member(caller: Caller, person: UUID, *, tenants: Tenants) -> None:
    """End a membership: an owner that of anybody, a member their own. Raises MemberNotFound and LastOwner."""
    if caller.person != person and not caller.may(ADMIN):
        raise Forbidden(f"Removing somebody else takes the scope `{ADMIN}`.")
    await tenants.remove(caller, person)

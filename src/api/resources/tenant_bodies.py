"""Tenants, members and invitations as they come in and go out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from api.resources.auth_bodies import Email, FirstName, LastName, NewPassword
from api.resources.fields import LimitUsed, Name, OffsetUsed, Total
from application.identity.invitations import Invitation, Joined
from application.identity.roles import Role
from application.identity.tenants import Member, TenantRecord

TenantName = Annotated[str | None, msgspec.Meta(description="Display name; null where nobody gave one.")]
TheTenant = Annotated[str, msgspec.Meta(description="The tenant.")]
ThePerson = Annotated[UUID, msgspec.Meta(description="The person.")]
TheRole = Annotated[
    Role,
    msgspec.Meta(
        description="owner: everything, `admin` included. manager: everything but `admin`. viewer: reading."
    ),
]
TheEmail = Annotated[str, msgspec.Meta(description="E-mail address, as it was written.")]


class ChangeTenant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be changed of a tenant."""

    name: Name


class TenantBody(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant, and what the credential of this request is in it."""

    id: TheTenant
    name: TenantName
    role: Annotated[
        Role | None,
        msgspec.Meta(
            description="Role of the person who asks; null for an API key or a token of no person, whose scopes say it."
        ),
    ]
    created_at: Annotated[
        datetime | None,
        msgspec.Meta(description="Since when something is kept of the tenant, UTC; null where nothing is."),
    ]


class TenantPage(msgspec.Struct, frozen=True, kw_only=True):
    """The tenants that a credential has to do with."""

    tenants: Annotated[list[TenantBody], msgspec.Meta(description="The oldest first.")]
    total: Total
    limit: LimitUsed
    offset: OffsetUsed


class ChangeMember(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be changed of a membership."""

    role: TheRole


class MemberBody(msgspec.Struct, frozen=True, kw_only=True):
    """A person in a tenant."""

    person_id: ThePerson
    email: TheEmail
    first_name: Annotated[str, msgspec.Meta(description="First name.")]
    last_name: Annotated[str, msgspec.Meta(description="Last name.")]
    role: TheRole
    joined_at: Annotated[datetime, msgspec.Meta(description="When the person joined, UTC.")]


class MemberPage(msgspec.Struct, frozen=True, kw_only=True):
    """The members of a tenant."""

    members: Annotated[list[MemberBody], msgspec.Meta(description="By the day they joined.")]
    total: Total
    limit: LimitUsed
    offset: OffsetUsed


class Invite(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody to be invited."""

    email: Email
    role: TheRole


class InvitationBody(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation that nobody has accepted yet."""

    id: Annotated[UUID, msgspec.Meta(description="The invitation.")]
    email: TheEmail
    role: TheRole
    token: Annotated[
        str | None,
        msgspec.Meta(
            description="What accepts the invitation, once. It is in the mail and in the answer that made the "
            "invitation; everywhere else, and where an `Idempotency-Key` replays that answer, it is null."
        ),
    ]
    accept_url: Annotated[str, msgspec.Meta(description="Where the token is to be sent, with POST.")]
    invited_by: Annotated[
        str,
        msgspec.Meta(description="Who invited: the id of a person, `key:<id>`, or the subject of a token."),
    ]
    created_at: Annotated[datetime, msgspec.Meta(description="When the invitation was made, UTC.")]
    expires_at: Annotated[datetime, msgspec.Meta(description="Until when it can be accepted, UTC.")]


class InvitationPage(msgspec.Struct, frozen=True, kw_only=True):
    """The open invitations of a tenant."""

    invitations: Annotated[list[InvitationBody], msgspec.Meta(description="The newest first.")]
    total: Total
    limit: LimitUsed
    offset: OffsetUsed


class Acceptance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An invitation accepted; who is signed in sends the token alone."""

    token: Annotated[
        str, msgspec.Meta(min_length=1, max_length=255, description="The token of the invitation.")
    ]
    email: Annotated[
        Email | None, msgspec.Meta(description="The invited address; it need not be said again.")
    ] = None
    password: Annotated[
        NewPassword | None,
        msgspec.Meta(description="The password of the account, or of the account to be made."),
    ] = None
    first_name: Annotated[FirstName | None, msgspec.Meta(description="First name for a new account.")] = None
    last_name: Annotated[LastName | None, msgspec.Meta(description="Last name for a new account.")] = None


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """What the invitation led to."""

    tenant_id: TheTenant
    tenant_name: TenantName
    person_id: ThePerson
    role: TheRole


def tenant_body(record: TenantRecord) -> TenantBody:
    """Return a tenant as it goes out."""
    return TenantBody(id=record.id, name=record.name, role=record.role, created_at=record.created_at)


def member_body(member: Member) -> MemberBody:
    """Return a member as it goes out."""
    return MemberBody(
        person_id=member.person_id,
        email=member.email,
        first_name=member.first_name,
        last_name=member.last_name,
        role=member.role,
        joined_at=member.joined_at,
    )


def invitation_body(invitation: Invitation, accept_url: str, token: str | None = None) -> InvitationBody:
    """Return an invitation as it goes out; with its token only where it was just made."""
    return InvitationBody(
        id=invitation.id,
        email=invitation.email,
        role=invitation.role,
        token=token,
        accept_url=accept_url,
        invited_by=invitation.invited_by,
        created_at=invitation.created_at,
        expires_at=invitation.expires_at,
    )


def membership(joined: Joined) -> Membership:
    """Return a new membership as it goes out."""
    return Membership(
        tenant_id=joined.tenant, tenant_name=joined.tenant_name, person_id=joined.person, role=joined.role
    )

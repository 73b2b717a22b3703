"""Invitations to a tenant, and accepting them."""

from typing import Final
from urllib.parse import quote
from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody

from api.answers import Answer, ApiResponse, reply
from api.idempotency import idempotent
from api.operation import operation
from api.parts import HttpSettings
from api.request import ApiRequest
from api.resources import tenant_examples as examples
from api.resources.fields import Offset, PageOf200
from api.resources.signing_in import grant_of, origin_of, refusals_told
from api.resources.tenant_bodies import (
    Acceptance,
    InvitationBody,
    InvitationPage,
    Invite,
    Membership,
    invitation_body,
    membership,
)
from api.resources.tenants import PATH
from api.services import Service
from application.caller import ADMIN
from application.identity.invitations import (
    AcceptInvitation,
    InvitationNotFound,
    Invitations,
    NewInvitation,
    accept_invitation,
    invite,
    withdraw,
)
from application.identity.ports import AccessTokens, Passwords, Persons, SignIns, Strength
from application.identity.tenants import require_own

ACCEPT: Final = "/v1/invitations/accept"


class InvitationController(Controller):
    """Invitations of the tenant of the credential."""

    path = f"{PATH}/{{tenant_id:str}}/invitations"
    tags = ("Tenants",)

    @post(
        status_code=201,
        opt=operation(
            scope=ADMIN,
            errors=(409,),
            headers=("Location",),
            examples=examples.INVITES,
            example=examples.NEW_INVITATION,
        ),
    )
    @idempotent()
    async def invite(
        self,
        request: ApiRequest,
        tenant_id: FromPath[str],
        data: JSONBody[Invite],
        invitations: Service[Invitations],
        http_settings: Service[HttpSettings],
    ) -> ApiResponse[InvitationBody]:
        """Invite an address to the tenant.

        The mail has the token; so has this answer, for installations that send no mail. It is valid for a week, once,
        and for that address. Another invitation of the same address replaces it. A role with rights that the
        credential of this request lacks is 403.
        """
        require_own(request.caller, tenant_id)
        accept_url = http_settings.public_url + ACCEPT

        def shape(made: NewInvitation) -> Answer[InvitationBody]:
            return Answer(
                invitation_body(made.invitation, accept_url, made.token),
                status=201,
                location=f"{PATH}/{quote(tenant_id)}/invitations/{made.invitation.id}",
                stored_body=invitation_body(made.invitation, accept_url),
            )

        made = await invite(
            request.caller,
            data.email,
            data.role,
            invitations=invitations,
            remember=lambda made: shape(made).keyed(request),
        )
        return shape(made).at(None)

    @get(opt=operation(scope=ADMIN, example=examples.INVITATION_PAGE))
    async def list_invitations(
        self,
        request: ApiRequest,
        tenant_id: FromPath[str],
        invitations: Service[Invitations],
        http_settings: Service[HttpSettings],
        limit: PageOf200 = 50,
        offset: Offset = 0,
    ) -> InvitationPage:
        """List the open invitations, the newest first."""
        require_own(request.caller, tenant_id)
        found, total = await invitations.page(tenant_id, limit=limit, offset=offset)
        shown = [invitation_body(one, http_settings.public_url + ACCEPT) for one in found]
        return InvitationPage(invitations=shown, total=total, limit=limit, offset=offset)

    @get("/{invitation_id:uuid}", opt=operation(scope=ADMIN, example=examples.INVITATION))
    async def read_invitation(
        self,
        request: ApiRequest,
        tenant_id: FromPath[str],
        invitation_id: FromPath[UUID],
        invitations: Service[Invitations],
        http_settings: Service[HttpSettings],
    ) -> ApiResponse[InvitationBody]:
        """Read an open invitation."""
        require_own(request.caller, tenant_id)
        found = await invitations.one(tenant_id, invitation_id)
        if found is None:
            raise InvitationNotFound
        return reply(invitation_body(found, http_settings.public_url + ACCEPT))

    @delete("/{invitation_id:uuid}", opt=operation(scope=ADMIN))
    async def withdraw_invitation(
        self,
        request: ApiRequest,
        tenant_id: FromPath[str],
        invitation_id: FromPath[UUID],
        invitations: Service[Invitations],
    ) -> ApiResponse[None]:
        """Withdraw an invitation; its token opens nothing any more."""
        require_own(request.caller, tenant_id)
        await withdraw(request.caller, invitation_id, invitations=invitations)
        return reply(None, status=204)


class AcceptanceController(Controller):
    """Accepting invitations."""

    tags = ("Tenants",)

    @post(
        ACCEPT,
        status_code=201,
        opt=operation(
            public=True,
            takes_token=True,
            errors=(401, 403, 404, 409, 429, 503),
            headers=("Location",),
            examples=examples.ACCEPTANCES,
            example=examples.MEMBERSHIP,
        ),
    )
    async def accept_invitation(
        self,
        request: ApiRequest,
        data: JSONBody[Acceptance],
        invitations: Service[Invitations],
        persons: Service[Persons],
        sign_ins: Service[SignIns],
        passwords: Service[Passwords],
        password_strength: Service[Strength],
        access_tokens: Service[AccessTokens],
    ) -> ApiResponse[Membership]:
        """Accept an invitation.

        Whoever is signed in sends the access token with it. Others send the password of their account, or choose one
        and send it with their names, which makes the account. The invitation is for its address only (403). Sign in
        afterwards with the `tenant_id` of the answer.
        """
        grant = await grant_of(request, access_tokens)
        command = AcceptInvitation(
            token=data.token,
            origin=origin_of(request),
            person=grant.person if grant is not None else None,
            email=data.email,
            password=data.password,
            first_name=data.first_name,
            last_name=data.last_name,
        )
        with refusals_told():
            joined = await accept_invitation(
                command,
                invitations=invitations,
                persons=persons,
                sign_ins=sign_ins,
                passwords=passwords,
                strength=password_strength,
            )
        where = f"{PATH}/{quote(joined.tenant)}/members/{joined.person}"
        return reply(membership(joined), status=201, location=where)

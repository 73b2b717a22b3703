"""Who is signed in: names, sessions, password."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET

from api.answers import ApiResponse, reply
from api.operation import operation
from api.request import ApiRequest
from api.resources import auth_examples as examples
from api.resources.auth_bodies import (
    Account,
    ChangeAccount,
    ForgottenPassword,
    MailUnderWay,
    MembershipBody,
    PasswordChange,
    PasswordReset,
    SessionBody,
    SessionPage,
)
from api.resources.fields import Offset
from api.resources.signing_in import origin_of, person_of, refusals_told, session_of
from api.services import Service
from application.identity.change_password import ChangePassword, change_password
from application.identity.mails import Addresses
from application.identity.ports import Passwords, Persons, Resets, SessionRecord, Sessions, SignIns, Strength
from application.identity.refusals import PersonNotFound
from application.identity.reset_password import ResetPassword, forgot_password, reset_password
from application.identity.sign_out import end_session

PageOf100 = Annotated[int, QueryParameter(ge=1, le=100, description="Rows at most, 1 to 100.")]


class AccountController(Controller):
    """The account of who is signed in."""

    path = "/v1/auth/me"
    tags = ("Accounts",)

    @get(opt=operation(person=True, errors=(404,), example=examples.ACCOUNT))
    async def read_account(self, request: ApiRequest, persons: Service[Persons]) -> Account:
        """Say who is signed in, and where they belong."""
        return await _account(request, persons)

    @patch(
        opt=operation(person=True, errors=(404,), examples=examples.ACCOUNT_CHANGES, example=examples.ACCOUNT)
    )
    async def change_account(
        self, request: ApiRequest, data: JSONBody[ChangeAccount], persons: Service[Persons]
    ) -> Account:
        """Change your names; what is absent stays."""
        await persons.rename(
            person_of(request),
            first_name=None if data.first_name is UNSET else data.first_name,
            last_name=None if data.last_name is UNSET else data.last_name,
        )
        return await _account(request, persons)


class SessionController(Controller):
    """The sessions of who is signed in."""

    path = "/v1/auth/sessions"
    tags = ("Accounts",)

    @get(opt=operation(person=True, example=examples.SESSION_PAGE))
    async def list_sessions(
        self, request: ApiRequest, sessions: Service[Sessions], limit: PageOf100 = 50, offset: Offset = 0
    ) -> SessionPage:
        """List your sessions that have not ended, the one used last first."""
        found, total = await sessions.of_person(person_of(request), limit=limit, offset=offset)
        shown = [_session(record, request.caller.session) for record in found]
        return SessionPage(sessions=shown, total=total, limit=limit, offset=offset)

    @delete("/{session_id:uuid}", status_code=204, opt=operation(person=True))
    async def end_session(
        self, request: ApiRequest, session_id: FromPath[UUID], sessions: Service[Sessions]
    ) -> None:
        """End one of your sessions: its refresh token at once, its access tokens within seconds."""
        await end_session(request.caller.person, session_id, origin_of(request), sessions=sessions)


class PasswordController(Controller):
    """Passwords."""

    path = "/v1/auth/password"
    tags = ("Accounts",)

    @post(
        "/change",
        status_code=204,
        opt=operation(person=True, errors=(404, 429), examples=examples.PASSWORD_CHANGES),
    )
    async def change_password(
        self,
        request: ApiRequest,
        data: JSONBody[PasswordChange],
        persons: Service[Persons],
        sign_ins: Service[SignIns],
        passwords: Service[Passwords],
        password_strength: Service[Strength],
    ) -> ApiResponse[None]:
        """Change your password; your other sessions end, and a mail tells you so.

        Wrong current passwords are counted together with those of signing in.
        """
        command = ChangePassword(
            person=person_of(request),
            session=session_of(request),
            tenant=request.caller.tenant,
            current_password=data.current_password,
            new_password=data.new_password,
            origin=origin_of(request),
        )
        with refusals_told():
            await change_password(
                command, persons=persons, sign_ins=sign_ins, passwords=passwords, strength=password_strength
            )
        return reply(None, status=204)

    @post(
        "/forgot",
        status_code=202,
        opt=operation(
            public=True,
            account="email",
            errors=(429, 503),
            examples=examples.FORGOTTEN,
            example=examples.MAIL_UNDER_WAY,
        ),
    )
    async def forgot_password(
        self,
        data: JSONBody[ForgottenPassword],
        persons: Service[Persons],
        resets: Service[Resets],
        mail_addresses: Service[Addresses],
    ) -> ApiResponse[MailUnderWay]:
        """Have a mail sent with which a new password can be chosen; the same answer for every address."""
        await forgot_password(data.email, addresses=mail_addresses, persons=persons, resets=resets)
        return reply(MailUnderWay(**examples.MAIL_UNDER_WAY), status=202)

    @post("/reset", status_code=204, opt=operation(public=True, errors=(429, 503), examples=examples.RESETS))
    async def reset_password(
        self,
        request: ApiRequest,
        data: JSONBody[PasswordReset],
        resets: Service[Resets],
        passwords: Service[Passwords],
        password_strength: Service[Strength],
    ) -> ApiResponse[None]:
        """Choose a new password with the token of a mail, once and within an hour; all your sessions end."""
        command = ResetPassword(token=data.token, new_password=data.new_password, origin=origin_of(request))
        await reset_password(command, resets=resets, passwords=passwords, strength=password_strength)
        return reply(None, status=204)


async def _account(request: ApiRequest, persons: Persons) -> Account:
    person = await persons.person(person_of(request))
    if person is None:
        raise PersonNotFound
    memberships = [
        MembershipBody(tenant_id=one.tenant, name=one.name, role=one.role)
        for one in await persons.memberships(person.id)
    ]
    return Account(
        id=person.id,
        email=person.email,
        first_name=person.first_name,
        last_name=person.last_name,
        created_at=person.created_at,
        tenant_id=request.caller.tenant,
        tenants=memberships,
    )


def _session(record: SessionRecord, current: UUID | None) -> SessionBody:
    return SessionBody(
        id=record.id,
        tenant_id=record.tenant,
        created_at=record.created_at,
        used_at=record.used_at,
        expires_at=record.expires_at,
        address=record.address,
        agent=record.agent,
        current=record.id == current,
    )

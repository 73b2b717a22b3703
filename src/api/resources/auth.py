"""Signing in, staying signed in, signing out."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from litestar import Controller, post
from litestar.params import JSONBody

from api.answers import ApiResponse, reply
from api.operation import operation
from api.problems import Problem
from api.request import ApiRequest
from api.resources import auth_examples as examples
from api.resources.auth_bodies import (
    LogIn,
    LogOut,
    Refresh,
    SwitchTenant,
    Tokens,
)
from api.resources.auth_cookie import cleared, cookie, token_in_cookie
from api.resources.signing_in import (
    CHALLENGE,
    grant_of,
    origin_of,
    person_of,
    refusals_told,
    session_of,
    tokens,
)
from api.services import Service
from application.identity.login import Login, login
from application.identity.ports import (
    AccessTokens,
    Passwords,
    Sessions,
    SigningKeys,
    SignIns,
)
from application.identity.refresh import refresh
from application.identity.refusals import RefreshRefused
from application.identity.sign_out import sign_out
from application.identity.signed_in import SignedIn
from application.identity.switch_tenant import switch_tenant

_MORE_ERRORS: Final = (401, 429, 503)


class AuthController(Controller):
    """Sessions."""

    path = "/v1/auth"
    tags = ("Accounts",)

    @post(
        "/login",
        status_code=200,
        opt=operation(
            public=True,
            account="email",
            errors=(*_MORE_ERRORS, 404),
            headers=("Set-Cookie",),
            examples=examples.LOGINS,
            example=examples.TOKENS,
        ),
    )
    async def log_in(
        self,
        request: ApiRequest,
        data: JSONBody[LogIn],
        sign_ins: Service[SignIns],
        passwords: Service[Passwords],
        sessions: Service[Sessions],
        signing_keys: Service[SigningKeys],
        session_lifetime: Service[timedelta],
    ) -> ApiResponse[Tokens]:
        """Sign in with address and password.

        The refresh token is set as a cookie, and is in the body too where `include_refresh_token` asks for it. After
        10 wrong passwords for an account from one address the answer is 429 for 15 minutes, to the right one as well;
        nobody else is kept out by that. A wrong password and an unknown address are answered alike.
        """
        command = Login(
            email=data.email, password=data.password, tenant=data.tenant_id, origin=origin_of(request)
        )
        with refusals_told():
            found = await login(
                command,
                sign_ins=sign_ins,
                passwords=passwords,
                sessions=sessions,
                signing_keys=signing_keys,
                now=datetime.now(UTC),
            )
        return _signed_in(found, session_lifetime, in_body=data.include_refresh_token)

    @post(
        "/refresh",
        status_code=200,
        opt=operation(
            public=True,
            takes_cookie=True,
            errors=_MORE_ERRORS,
            headers=("Set-Cookie",),
            examples=examples.REFRESHES,
            example=examples.TOKENS,
        ),
    )
    async def refresh_session(
        self,
        request: ApiRequest,
        sessions: Service[Sessions],
        signing_keys: Service[SigningKeys],
        session_lifetime: Service[timedelta],
        data: JSONBody[Refresh | None] = None,
    ) -> ApiResponse[Tokens]:
        """Exchange a refresh token, of the cookie or of the body, for a new pair of tokens.

        It works once. One that comes again was stolen, or its answer was lost: the session ends, and everything that
        came of it. Of two requests at the same time one is answered; the other is 401, and the session goes on.
        """
        sent = data.refresh_token if data else None
        token = sent or token_in_cookie(request)
        if token is None:
            raise Problem(
                "unauthorized", "Neither the cookie nor the body has a refresh token.", headers=CHALLENGE
            )
        try:
            found = await refresh(
                token,
                origin_of(request),
                sessions=sessions,
                signing_keys=signing_keys,
                now=datetime.now(UTC),
            )
        except RefreshRefused as refusal:
            # Whoever was slower keeps the cookie that the faster one was given.
            taken: Mapping[str, str] = {} if sent or refusal.late else cleared()
            raise Problem("unauthorized", str(refusal), headers={**CHALLENGE, **taken}) from None
        asked = data.include_refresh_token if data else None
        return _signed_in(found, session_lifetime, in_body=sent is not None if asked is None else asked)

    @post(
        "/logout",
        status_code=204,
        opt=operation(
            public=True,
            takes_token=True,
            takes_cookie=True,
            errors=_MORE_ERRORS,
            headers=("Set-Cookie",),
            examples=examples.LOGOUTS,
        ),
    )
    async def log_out(
        self,
        request: ApiRequest,
        sessions: Service[Sessions],
        access_tokens: Service[AccessTokens],
        data: JSONBody[LogOut | None] = None,
    ) -> ApiResponse[None]:
        """End this session: that of the access token, and that of the refresh token in the cookie or the body.

        A session that has ended already, or that nobody knows, is 204 too: afterwards it has ended.
        """
        token = (data.refresh_token if data else None) or token_in_cookie(request)
        grant = await grant_of(request, access_tokens)
        if grant is None and token is None:
            detail = "There is no session to end: send an access token, or the refresh token in the cookie or body."
            raise Problem("unauthorized", detail, headers=CHALLENGE)
        await sign_out(
            origin_of(request),
            person=grant.person if grant else None,
            session=grant.session if grant else None,
            token=token,
            sessions=sessions,
        )
        return reply(None, status=204, headers=cleared())

    @post("/logout-all", status_code=204, opt=operation(person=True, headers=("Set-Cookie",)))
    async def log_out_everywhere(self, request: ApiRequest, sessions: Service[Sessions]) -> ApiResponse[None]:
        """End all your sessions, this one included."""
        await sessions.end_all(person_of(request), origin_of(request))
        return reply(None, status=204, headers=cleared())

    @post(
        "/switch",
        status_code=200,
        opt=operation(person=True, errors=(404,), examples=examples.SWITCHES, example=examples.TOKENS),
    )
    async def switch(
        self,
        request: ApiRequest,
        data: JSONBody[SwitchTenant],
        sessions: Service[Sessions],
        signing_keys: Service[SigningKeys],
    ) -> Tokens:
        """Get an access token for another of your tenants; the session's later ones are for it too."""
        token = await switch_tenant(
            person_of(request),
            session_of(request),
            data.tenant_id,
            sessions=sessions,
            signing_keys=signing_keys,
            now=datetime.now(UTC),
        )
        return tokens(token, data.tenant_id)


def _signed_in(found: SignedIn, lifetime: timedelta, *, in_body: bool) -> ApiResponse[Tokens]:
    body = tokens(found.access_token, found.tenant)
    if in_body:
        body = msgspec.structs.replace(body, refresh_token=found.refresh_token)
    return reply(body, headers=cookie(found.refresh_token, lifetime))

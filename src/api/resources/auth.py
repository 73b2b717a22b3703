"""Making an account, signing in, staying signed in, signing out."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from litestar import Controller, get, post
from litestar.params import JSONBody

from api.answers import ApiResponse, reply
from api.operation import operation
from api.problems import Problem
from api.request import ApiRequest
from api.resources import auth_examples as examples
from api.resources.auth_bodies import (
    JsonWebKey,
    JsonWebKeySet,
    LogIn,
    LogOut,
    NewAccount,
    Refresh,
    RegisterPerson,
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
    Persons,
    Sessions,
    SigningKeys,
    SignIns,
    Strength,
)
from application.identity.refresh import refresh
from application.identity.refusals import RefreshRefused
from application.identity.register import Register, Registration, register
from application.identity.sign_out import sign_out
from application.identity.signed_in import SignedIn
from application.identity.switch_tenant import switch_tenant

_KEYS_CACHED: Final = {"Cache-Control": "public, max-age=300"}
_MORE_ERRORS: Final = (401, 429, 503)


class AuthController(Controller):
    """Accounts and sessions."""

    path = "/v1/auth"
    tags = ("Accounts",)

    @post(
        "/register",
        status_code=201,
        opt=operation(
            public=True,
            errors=(403, 409, 429, 503),
            headers=("Location",),
            examples=examples.REGISTRATIONS,
            example=examples.NEW_ACCOUNT,
        ),
    )
    async def register_person(
        self,
        request: ApiRequest,
        data: JSONBody[RegisterPerson],
        registration: Service[Registration],
        persons: Service[Persons],
        passwords: Service[Passwords],
        password_strength: Service[Strength],
    ) -> ApiResponse[NewAccount]:
        """Make an account, and a tenant of which it is the owner.

        The address decides, in any case; where it has an account already the answer is 409. A password that is
        short or easily guessed is 422. Where accounts are made by invitation only the answer is 403.
        """
        registered = await register(
            Register(
                email=data.email,
                password=data.password,
                first_name=data.first_name,
                last_name=data.last_name,
                origin=origin_of(request),
            ),
            registration=registration,
            persons=persons,
            passwords=passwords,
            strength=password_strength,
        )
        body = NewAccount(
            id=registered.person.id,
            email=registered.person.email,
            first_name=registered.person.first_name,
            last_name=registered.person.last_name,
            created_at=registered.person.created_at,
            tenant_id=registered.tenant,
        )
        return reply(body, status=201, location="/v1/auth/me")

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

    @post("/logout-all", status_code=204, opt=operation(errors=(403,), headers=("Set-Cookie",)))
    async def log_out_everywhere(self, request: ApiRequest, sessions: Service[Sessions]) -> ApiResponse[None]:
        """End all your sessions, this one included."""
        await sessions.end_all(person_of(request), origin_of(request))
        return reply(None, status=204, headers=cleared())

    @post(
        "/switch",
        status_code=200,
        opt=operation(errors=(403, 404), examples=examples.SWITCHES, example=examples.TOKENS),
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


class KeySetController(Controller):
    """The public keys of the service."""

    tags = ("Accounts",)

    @get("/.well-known/jwks.json", opt=operation(public=True, errors=(503,), example=examples.KEY_SET))
    async def list_public_keys(self, signing_keys: Service[SigningKeys]) -> ApiResponse[JsonWebKeySet]:
        """List the public keys that verify access tokens, for whoever wants to do so without asking."""
        keys = [msgspec.convert(key, JsonWebKey) for key in await signing_keys.public_keys()]
        return reply(JsonWebKeySet(keys=keys), headers=_KEYS_CACHED)


def _signed_in(found: SignedIn, lifetime: timedelta, *, in_body: bool) -> ApiResponse[Tokens]:
    body = tokens(found.access_token, found.tenant)
    if in_body:
        body = msgspec.structs.replace(body, refresh_token=found.refresh_token)
    return reply(body, headers=cookie(found.refresh_token, lifetime))

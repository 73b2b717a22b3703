"""People of the tests, signing in over HTTP."""

from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any

import httpx

PASSWORD = "seven quiet herons at dawn"
OTHER_PASSWORD = "fretful otter reads maps"
Body = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """What somebody holds after signing in."""

    access_token: str
    refresh_token: str
    tenant: str

    @property
    def headers(self) -> dict[str, str]:
        """The header of a request that they send."""
        return {"Authorization": f"Bearer {self.access_token}"}


async def register(client: httpx.AsyncClient, email: str = "ann@example.com", **fields: Any) -> Body:
    """Make an account and return what the service says of it."""
    body = {"email": email, "password": PASSWORD, "first_name": "Ann", "last_name": "Archer", **fields}
    answer = await client.post("/v1/auth/register", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def log_in(client: httpx.AsyncClient, email: str = "ann@example.com", **fields: Any) -> SignedIn:
    """Sign in and return both tokens."""
    body = {"email": email, "password": PASSWORD, "include_refresh_token": True, **fields}
    return signed_in(await client.post("/v1/auth/login", json=body))


def signed_in(answer: httpx.Response) -> SignedIn:
    """Return the tokens of an answer that has both in its body."""
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return SignedIn(
        access_token=body["access_token"],
        refresh_token=body["refresh_token"],
        tenant=body["tenant_id"],
    )


def cookie_of(answer: httpx.Response) -> Any:
    """Return the refresh cookie that an answer sets."""
    return SimpleCookie(answer.headers["set-cookie"])["trimtab_refresh"]

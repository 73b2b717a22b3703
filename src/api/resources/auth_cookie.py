"""The cookie that holds the refresh token in a browser, where no script can read it."""

from datetime import timedelta
from http.cookies import CookieError, SimpleCookie
from typing import Final

from api.request import ApiRequest

NAME: Final = "trimtab_refresh"
_ATTRIBUTES: Final = "Path=/v1/auth; HttpOnly; Secure; SameSite=Strict"


def cookie(refresh_token: str, lifetime: timedelta) -> dict[str, str]:
    """Return the header that keeps a refresh token."""
    seconds = int(lifetime.total_seconds())
    return {"Set-Cookie": f"{NAME}={refresh_token}; Max-Age={seconds}; {_ATTRIBUTES}"}


def cleared() -> dict[str, str]:
    """Return the header that takes the refresh token away again."""
    return {"Set-Cookie": f"{NAME}=; Max-Age=0; {_ATTRIBUTES}"}


def token_in_cookie(request: ApiRequest) -> str | None:
    """Return the refresh token that came in the cookie."""
    sent = request.exchange.header(b"cookie")
    if sent is None:
        return None
    try:
        found = SimpleCookie(sent).get(NAME)
    except CookieError:
        return None
    return found.value or None if found else None

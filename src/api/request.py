"""The request as handlers see it: Litestar's, with the conventions of the API as typed attributes."""

from typing import Any, cast

from litestar import Request
from litestar.datastructures import State

from api.acceptance import best_form
from api.conditional import IfMatch, if_match
from api.exchange import Exchange, exchange_of
from api.preferences import Preferences, preferences
from api.problems import unauthorized
from application.caller import Caller
from application.idempotency import Idempotency

Decoded = Any


class ApiRequest(Request[Any, Any, State]):
    """Litestar's request, with who asks, on what condition, and how the answer is wanted."""

    __slots__ = ()

    @property
    def exchange(self) -> Exchange:
        """The facts of this request that every layer shares."""
        return exchange_of(self.scope)

    @property
    def caller(self) -> Caller:
        """Who is asking; on a public endpoint asked without a credential this is a 401."""
        caller = self.exchange.caller
        if caller is None:
            raise unauthorized("This needs a credential.", sent=False)
        return caller

    @property
    def if_match(self) -> IfMatch | None:
        """The versions a write may replace, or None when the client did not say."""
        return if_match(self.exchange.header(b"if-match"))

    @property
    def preferences(self) -> Preferences:
        """What the client asked for with `Prefer`."""
        return preferences(self.exchange.header(b"prefer"))

    def best_form(self, *forms: str) -> str:
        """Return which of several media types the client takes best; the first where it does not say."""
        return best_form(self.exchange.header(b"accept"), *forms)

    @property
    def idempotency(self) -> Idempotency | None:
        """The keyed request this is, inside a handler marked `@idempotent`; None when no key was sent."""
        return self.exchange.idempotency

    async def json(self) -> Decoded:
        """Return the body as admission decoded it: an instance of the type the handler declares."""
        return cast("Decoded", self._connection_state.json)

"""What a newcomer needs to try the demo tenant."""

import msgspec


class DemoAccess(msgspec.Struct, frozen=True, kw_only=True):
    """The demo tenant's credentials and one of its portfolios."""

    tenant: str
    token: str
    api_key: str
    portfolio_id: str

    @classmethod
    def from_json(cls, text: str) -> "DemoAccess":
        """What the command `demo` printed."""
        return msgspec.json.decode(text, type=cls)

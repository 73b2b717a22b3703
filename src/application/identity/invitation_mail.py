"""The mail to somebody who is invited."""

from dataclasses import dataclass

from application.identity.mails import Addresses, Mail

NAME_LENGTH_MAX = 100


@dataclass(frozen=True, slots=True)
class InvitationMail:
    """Writes the mail; `addresses` is where the API is."""

    addresses: Addresses

    def __call__(self, *, recipient: str, tenant_name: str | None, token: str) -> Mail:
        """Return the mail; the token is valid for a week."""
        whom = f" of {tenant_name[:NAME_LENGTH_MAX]!r}" if tenant_name else ""
        text = (
            f"Hello,\n\nyou are invited to work with the portfolios{whom}.\n\n"
            "To accept, send this token, with `password`, `first_name` and `last_name` if you have no account yet, to "
            f"POST {self.addresses.api}/v1/invitations/accept:\n\n    {token}\n\n"
            "It works once, within a week. If you expected none of this, there is nothing to do.\n"
        )
        return Mail(recipient=recipient, subject="You are invited", text=text)

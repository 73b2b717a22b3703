"""The mails that are sent to people."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A plain-text mail to one recipient."""

    recipient: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where people go from a mail.

    `api` begins the addresses of the API; `reset_page` is a page where a new password is chosen, None where there is
    none such.
    """

    api: str = ""
    reset_page: str | None = None


def reset_mail(recipient: str, first_name: str, token: str, addresses: Addresses) -> Mail:
    """Return the mail that lets somebody choose a new password; the token is valid for an hour."""
    where = (
        f"To choose a new password, open\n\n    {addresses.reset_page}#token={token}\n"
        if addresses.reset_page
        else "To choose a new password, send it with this token (as `new_password` and `token`) to "
        f"POST {addresses.api}/v1/auth/password/reset:\n\n    {token}\n"
    )
    text = (
        f"Hello {first_name},\n\nsomebody asked for a new password for this address.\n\n{where}\n"
        "It works once, within the next hour. If it was not you, nothing has changed and there is nothing to do.\n"
    )
    return Mail(recipient=recipient, subject="Choose a new password", text=text)


def password_changed_mail(recipient: str, first_name: str) -> Mail:
    """Return the notice that a password was changed, so that its owner learns of it if somebody else did."""
    text = (
        f"Hello {first_name},\n\nthe password for this address has just been changed, and other devices were signed "
        "out.\n\nIf it was not you, ask for a new password at once: POST /v1/auth/password/forgot.\n"
    )
    return Mail(recipient=recipient, subject="Your password was changed", text=text)

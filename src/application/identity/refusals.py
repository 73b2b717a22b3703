"""Why somebody is not let in."""

from domain.errors import DomainError, Forbidden, NotFound


class SignInRefused(DomainError):
    """The address or the password is wrong; which of the two is not told."""

    code = "unauthorized"

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is wrong.")


class SignInLocked(DomainError):
    """There were too many wrong tries for this account from this address."""

    code = "rate_limit_exceeded"

    def __init__(self, wait_seconds: int, *, tries: int) -> None:
        super().__init__(f"After {tries} wrong passwords from here, try again in {wait_seconds} seconds.")
        self.wait_seconds = wait_seconds
        self.tries = tries


class RefreshRefused(DomainError):
    """The refresh token does not continue a session; `late` where another request was only faster."""

    code = "unauthorized"

    def __init__(self, detail: str, *, late: bool = False) -> None:
        super().__init__(detail)
        self.late = late


class RegistrationClosed(Forbidden):
    """Nobody registers here without an invitation."""

    def __init__(self) -> None:
        super().__init__("Accounts are made by invitation here; ask an owner of the tenant for one.")


class NotAMember(NotFound):
    """The person does not belong to the tenant, or there is none such."""

    def __init__(self, tenant: str | None) -> None:
        known = (
            "You belong to no tenant any more; whoever runs the service can erase the account."
            if tenant is None
            else f"You belong to no tenant {tenant!r}."
        )
        super().__init__(known)


class SessionNotFound(NotFound):
    """The person has no such session that could end."""

    def __init__(self) -> None:
        super().__init__("You have no such session.")


class PersonNotFound(NotFound):
    """The account was deleted."""

    def __init__(self) -> None:
        super().__init__("The account does not exist any more.")

"""How a failed command ends: with a code for programs and a sentence for people."""

from bootstrap.home import HomeInUse, NotRunning
from bootstrap.listening import AddressTaken
from bootstrap.log_text import without_passwords
from bootstrap.setting import SettingError
from bootstrap.supervisor import StartFailed
from infrastructure.embedded.errors import EmbeddedServerError

FAILED = 1
WRONG_USAGE = 2
OUT_OF_REACH = 3

_CODES: dict[type[Exception], int] = {
    SettingError: WRONG_USAGE,
    NotRunning: OUT_OF_REACH,
    HomeInUse: FAILED,
    AddressTaken: FAILED,
    StartFailed: FAILED,
    EmbeddedServerError: FAILED,
}
# Told by name, so that a command imports only what it works with.
_REFUSALS = {("infrastructure.postgres.rebuild", "RebuildRefused")}
_DRIVERS = {
    ("psycopg", "OperationalError"): "PostgreSQL",
    ("psycopg.errors", "OperationalError"): "PostgreSQL",
    ("redis.exceptions", "ConnectionError"): "Redis",
    ("redis.exceptions", "TimeoutError"): "Redis",
}


def exit_code_of(failure: Exception) -> tuple[int | None, str]:
    """The code and the sentence of a failure we can explain; no code for one that is a defect of ours."""
    for kind, code in _CODES.items():
        if isinstance(failure, kind):
            return code, str(failure)
    for ancestor in type(failure).__mro__:
        if (ancestor.__module__, ancestor.__name__) in _REFUSALS:
            return FAILED, str(failure)
        if server := _DRIVERS.get((ancestor.__module__, ancestor.__name__)):
            reason = without_passwords(str(failure)).strip().replace("\n", " ")
            return OUT_OF_REACH, f"{server} cannot be reached: {reason}"
    return None, ""

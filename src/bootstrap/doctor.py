"""Looks at everything that has to be right before the service can run, and says what is not."""

import os
import platform
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bootstrap.doctor_servers import servers
from bootstrap.finding import Finding, Verdict, ok, problem, warning
from bootstrap.home import running
from bootstrap.last_resort import SUPERVISOR
from bootstrap.settings import RedisSource, SettingError, Settings, documented, read_settings
from infrastructure.embedded.binaries import postgres_programs, redis_program, redis_version
from infrastructure.embedded.errors import EmbeddedServerError
from infrastructure.embedded.identity import must_reach, server_user
from infrastructure.embedded.ports import is_free

Check = Callable[[Settings], Iterator[Finding]]
_PYTHONS = ((3, 11), (3, 12))
_NOT_SETTINGS = {SUPERVISOR, "TRIMTAB_TEST_DATABASE_URL", "TRIMTAB_TEST_REDIS_URL"}


@dataclass(frozen=True, slots=True)
class Checkup:
    """All findings of one visit."""

    findings: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing stands in the way."""
        return all(finding.verdict is not Verdict.PROBLEM for finding in self.findings)


def examine() -> Checkup:
    """Look at everything; what cannot be looked at is a finding too."""
    findings = [_python(), _platform()]
    try:
        settings = read_settings()
    except SettingError as refusal:
        return Checkup((*findings, problem("settings", str(refusal))))
    checks: tuple[Check, ...] = (_settings, _home, _log_key, _programs, _ports, servers)
    for check in checks:
        findings += check(settings)
    return Checkup(tuple(findings))


def _python() -> Finding:
    verdict = ok if sys.version_info[:2] in _PYTHONS else warning
    return verdict("python", f"{platform.python_version()} (made for 3.11 and 3.12)")


def _platform() -> Finding:
    name = f"{platform.system()} {platform.machine()}"
    verdict = ok if name == "Linux x86_64" else warning
    return verdict("platform", f"{name} (the embedded servers are made for Linux x86_64)")


def _settings(_: Settings) -> Iterator[Finding]:
    known = {setting.variable for setting in documented()} | _NOT_SETTINGS
    given = sorted(name for name in os.environ if name.startswith("TRIMTAB_"))
    yield ok("settings", f"{len([name for name in given if name in known])} set, the rest by default")
    for name in given:
        if name not in known:
            yield warning("settings", f"{name} is no setting of Trimtab.")


def _home(settings: Settings) -> Iterator[Finding]:
    home = settings.home.absolute()
    if not home.exists():
        yield ok("home", f"{home} will be made")
        return
    mode = stat.S_IMODE(home.stat().st_mode)
    open_to_others = mode & (stat.S_IRWXG | stat.S_IRWXO) & ~(stat.S_IXGRP | stat.S_IXOTH)
    yield (warning if open_to_others else ok)("home", f"{home}, mode {mode:04o}")
    if not os.access(home, os.W_OK | os.X_OK):
        yield problem("home", f"{home} cannot be written by this user.")


def _log_key(settings: Settings) -> Iterator[Finding]:
    from infrastructure.eventstore.log_home import LogHome  # loads cryptography

    try:
        key = LogHome(settings.home, pem=settings.log_signing_key).public_key()
    except (OSError, ValueError) as failure:
        yield problem("log key", f"The key that signs the event log cannot be read: {failure}.")
        return
    shown = None if key is None else "".join(key.splitlines()[1:-1])
    yield ok("log key", f"public half {shown}" if shown else "will be made when the relay starts")


def _programs(settings: Settings) -> Iterator[Finding]:
    if not settings.database_url:
        yield _embedded_postgres(settings)
    if not settings.redis_url:
        yield _embedded_redis(settings.redis_server)


def _embedded_postgres(settings: Settings) -> Finding:
    try:
        programs = postgres_programs()
        user = server_user(settings.home / "postgres" / "data")
        if settings.home.exists():
            must_reach(user, settings.home)
    except EmbeddedServerError as failure:
        return problem("embedded PostgreSQL", str(failure))
    return ok("embedded PostgreSQL", f"{programs}, as user {user.name}")


def _embedded_redis(source: RedisSource) -> Finding:
    try:
        program = redis_program(source)
    except EmbeddedServerError as failure:
        return problem("embedded Redis", str(failure))
    version = redis_version(program)
    shown = ".".join(map(str, version)) if version else "of unknown version"
    return ok("embedded Redis", f"{program} {shown}")


def _ports(settings: Settings) -> Iterator[Finding]:
    if running(settings.home):
        yield ok("port", f"{settings.port}: Trimtab runs")
    elif is_free(settings.port, settings.host):
        yield ok("port", f"{settings.port} on {settings.host} is free")
    else:
        yield problem("port", f"{settings.port} on {settings.host} is taken: set TRIMTAB_PORT.")

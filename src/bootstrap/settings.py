"""Everything that can be set from outside: one frozen class, read from `TRIMTAB_*` once, at the start."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from bootstrap.setting import Setting, SettingError, settings_of
from bootstrap.setting_groups.identity import IdentitySettings
from bootstrap.setting_groups.outward import OutwardSettings
from bootstrap.setting_groups.requests import RequestSettings
from bootstrap.setting_groups.service import ServiceSettings
from bootstrap.setting_groups.work import WorkSettings
from bootstrap.setting_kinds import LogFormat, LogLevel
from infrastructure.embedded.binaries import RedisSource
from infrastructure.embedded.private_files import control_folder, secret_in

API_ROLE = "trimtab_api"
PROCESSES = (
    "api", "projector", "relay", "agent rebalance", "agent risk", "agent attribution", "agent repricing", "webhooks",
    "agent optimization",
)  # fmt: skip

__all__ = [
    "API_ROLE",
    "PROCESSES",
    "LogFormat",
    "LogLevel",
    "RedisSource",
    "SettingError",
    "Settings",
    "derived_api_password",
    "documented",
    "documented_groups",
    "read_settings",
]


@dataclass(frozen=True, kw_only=True)
class Settings(  # documented from the last base to the first
    OutwardSettings, WorkSettings, RequestSettings, IdentitySettings, ServiceSettings
):
    """The settings of one run. `Settings()` is what an empty environment gives."""

    @property
    def api_database_url(self) -> str | None:
        """The database as the API's own role sees it; None where no database is known."""
        if self.own_api_database_url or not self.database_url:
            return self.own_api_database_url
        parts = urlsplit(self.database_url)
        password = derived_api_password(unquote(parts.password or "") or self.signing_secret())
        place = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{API_ROLE}:{quote(password, safe='')}@{place}"))

    @property
    def api_password(self) -> str | None:
        """What the role `trimtab_api` logs in with; migrations give it to the role."""
        url = self.api_database_url
        return unquote(urlsplit(url).password or "") or None if url else None

    @property
    def api_url(self) -> str:
        """Where clients on this machine find the API."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 compared, not bound
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def published_url(self) -> str:
        """What begins the addresses that go out on the streams."""
        return (self.public_url or self.api_url).rstrip("/")

    @property
    def accepts_own_tokens(self) -> bool:
        """Whether tokens signed with `signing_secret` count: always, unless only a public key is set."""
        return self.jwt_secret is not None or self.jwt_public_key is None

    def signing_secret(self) -> str:
        """The HS256 secret: the one that is set, else the one in the home folder, made on first use."""
        if self.jwt_secret:
            return self.jwt_secret
        return secret_in(control_folder(self.home) / "jwt-secret")

    def metrics_port_of(self, process: str) -> int:
        """Where `process` (a name of PROCESSES) serves its own /metrics."""
        return self.metrics_port or self.port + 1 + PROCESSES.index(process)

    def connected_to(self, *, database_url: str, redis_url: str) -> "Settings":
        """The same settings with servers that were found or started meanwhile."""
        return replace(self, database_url=database_url, redis_url=redis_url)


def derived_api_password(secret: str) -> str:
    """The password of the role `trimtab_api`, which migrations and connections work out independently.

    One way only: who knows it (the API's process) cannot work out the owner's password.
    """
    return sha256(f"{API_ROLE}:{secret}".encode()).hexdigest()[:32]


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings that `environment` holds; an empty value counts as none.

    Raises SettingError at the first variable whose value means nothing.
    """
    found = {
        name: description.read(environment[description.variable])
        for name, description in settings_of(Settings)
        if environment.get(description.variable)
    }
    return Settings(**found)


def documented() -> list[Setting]:
    """Every setting, in the order in which it is documented."""
    return [setting for _, settings in documented_groups() for setting in settings]


def documented_groups() -> list[tuple[str, list[Setting]]]:
    """The settings by subject, each under its title."""
    return [
        ((group.__doc__ or "").rstrip("."), [description for _, description in settings_of(group)])
        for group in reversed(Settings.__bases__)
    ]

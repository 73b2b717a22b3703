"""What is secret stays so: in the files of the home, in all that is written, and in all that is shown."""

import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.support.running import RunningService, free_ports
from tests.support.servers import reachable_folder
from tests.support.waiting import eventually

from bootstrap.home import running
from bootstrap.settings import PROCESSES
from infrastructure.embedded.private_files import control_folder

PASSWORD = "otters-paddle-canoes-4417"
NEW_PASSWORD = "canoes-paddle-otters-7144"
WRONG_PASSWORD = "herons-never-paddle-9921"
WEAK_PASSWORD = "hunter2x"
GIVEN = {
    "TRIMTAB_STRIPE_SECRET_KEY": "sk_test_canary51Mabcdefghijk",
    "TRIMTAB_STRIPE_WEBHOOK_SECRET": "whsec_canaryOfThePaymentProvider",
    "TRIMTAB_TIINGO_TOKEN": "tiingo-canary-0f9e8d7c6b5a",
    "TRIMTAB_SMTP_URL": "smtp://postman:canary-of-the-post@127.0.0.1:9",
}
OTHERS_MAY_PASS = stat.S_IXGRP | stat.S_IXOTH


@dataclass(kw_only=True)
class Guarded(RunningService):
    """A service with secrets in its settings, that logs as much as it can."""

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, **GIVEN, "TRIMTAB_LOG_LEVEL": "debug"}


@pytest.fixture(scope="module")
def guarded() -> Iterator[Guarded]:
    with reachable_folder() as folder:
        service = Guarded(home=folder / "home", port=free_ports(), arguments=("--demo",))
        control_folder(service.home)
        try:
            service.start()
            yield service
        finally:
            service.end()


@dataclass
class Used:
    """The secrets that were used or given out, and every answer that gave none out on purpose."""

    secrets: dict[str, str] = field(default_factory=dict)
    answers: list[httpx.Response] = field(default_factory=list)


@pytest.fixture(scope="module")
def used(guarded: Guarded) -> Used:
    """What a person does on a day on which much goes wrong."""
    used = Used(secrets={name: re.sub(r"^smtp://.*:(.*)@.*", r"\1", value) for name, value in GIVEN.items()})
    used.secrets |= {"password": PASSWORD, "new password": NEW_PASSWORD, "wrong": WRONG_PASSWORD}
    email = f"{uuid4().hex}@example.com"
    with httpx.Client(base_url=guarded.address, timeout=30) as http:
        sign_in(http, used, email)
        keep_keys(http, used)
        go_wrong(http, used, email)
    return used


def sign_in(http: httpx.Client, used: Used, email: str) -> None:
    person = {"email": email, "password": PASSWORD, "first_name": "Ann", "last_name": "Lee"}
    used.answers += [http.post("/v1/auth/register", json=person) for _ in range(2)]
    credentials = {"email": email, "password": PASSWORD, "include_refresh_token": True}
    tokens = http.post("/v1/auth/login", json=credentials).raise_for_status().json()
    used.secrets["first refresh token"] = first = tokens["refresh_token"]
    tokens = http.post("/v1/auth/refresh", json={"refresh_token": first}).raise_for_status().json()
    used.secrets |= {"access token": tokens["access_token"], "refresh token": tokens["refresh_token"]}
    http.cookies.clear()
    http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    used.answers += [http.get("/v1/auth/me"), http.get("/v1/auth/sessions")]
    change = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    used.answers.append(http.post("/v1/auth/password/change", json=change))


def keep_keys(http: httpx.Client, used: Used) -> None:
    headers = {"Idempotency-Key": uuid4().hex}
    made = http.post("/v1/api-keys", json={"name": "canary"}, headers=headers).raise_for_status().json()
    used.secrets["API key"] = made["key"]
    used.answers += [http.post("/v1/api-keys", json={"name": "canary"}, headers=headers)]
    used.answers += [http.get("/v1/api-keys"), http.get(f"/v1/api-keys/{made['id']}")]
    used.answers.append(http.get("/v1/portfolios", headers={"X-API-Key": made["key"]}))
    wanted = {"url": "https://hooks.invalid/trimtab", "events": ["recommendation.made"]}
    hook = http.post("/v1/webhooks", json=wanted)
    if hook.is_success:
        used.secrets["webhook secret"] = hook.json()["secret"]
    used.answers += [http.get("/v1/webhooks"), http.get("/v1/audit")]


def go_wrong(http: httpx.Client, used: Used, email: str) -> None:
    access, key = used.secrets["access token"], used.secrets["API key"]
    post = http.post
    used.answers += [
        post("/v1/auth/login", json={"email": email, "password": WRONG_PASSWORD}),
        post("/v1/auth/login", json={"email": email, "password": WRONG_PASSWORD, "extra": 1}),
        post("/v1/auth/login", json={"email": email, "password": [WRONG_PASSWORD]}),
        post("/v1/auth/login", content=f'{{"email": "{email}", "password": "{WRONG_PASSWORD}"'.encode()),
        post("/v1/auth/login", content=f'{{"password": "{PASSWORD}", "password": "a"}}'.encode()),
        post("/v1/auth/register", json={"email": "x@example.com", "password": WEAK_PASSWORD}),
        post("/v1/auth/refresh", json={"refresh_token": used.secrets["first refresh token"]}),
        post("/v1/auth/password/forgot", json={"email": email}),
        post("/v1/auth/password/reset", json={"token": WRONG_PASSWORD, "new_password": WRONG_PASSWORD}),
        post("/v1/invitations/accept", json={"token": WRONG_PASSWORD}),
        post("/v1/billing/webhook", content=b"{}", headers={"Stripe-Signature": "t=1,v1=00"}),
        http.get("/v1/portfolios", headers={"Authorization": f"Bearer {access}x"}),
        http.get("/v1/portfolios", headers={"Authorization": f"Bearer {key}x"}),
        http.get("/v1/portfolios", headers={"Authorization": f"Digest {key}"}),
        http.get("/v1/portfolios", headers={"X-API-Key": access}),
        http.get(f"/v1/portfolios?token={access}&api_key={key}"),
        http.get(f"/v1/portfolios/{uuid4()}", headers={"X-API-Key": key}),
    ]


def secrets_of(guarded: Guarded, used: Used) -> dict[str, str]:
    """Everything that must be found nowhere, by what it is."""
    found = running(guarded.home)
    assert found is not None
    addresses = {"owner's": found.database_url, "Redis's": found.redis_url}
    of_servers = {
        f"{name} password": re.sub(r".*://[^:]*:([^@]*)@.*", r"\1", url) for name, url in addresses.items()
    }
    kept = {
        str(file.relative_to(guarded.home)): file.read_text()
        for file in guarded.home.iterdir()
        if file.is_file() and "secret" in file.name
    }
    api_password = guarded.settings().api_password
    assert api_password is not None
    return {**used.secrets, **of_servers, **kept, "API role's password": api_password}


def leaks(text: str, secrets: dict[str, str]) -> list[str]:
    assert all(len(secret.strip()) >= 12 for secret in secrets.values())
    return [name for name, secret in secrets.items() if secret.strip() in text]


def test_files_of_the_home_are_for_their_owner_alone(guarded: Guarded, used: Used) -> None:
    wrong = []
    for file in [guarded.home, *guarded.home.rglob("*")]:
        mode = stat.S_IMODE(file.lstat().st_mode)
        theirs = mode & (stat.S_IRWXG | stat.S_IRWXO) & ~(OTHERS_MAY_PASS if file.is_dir() else 0)
        if theirs and not file.is_symlink() and file.name != "output":  # which the test itself keeps
            wrong.append(f"{file.relative_to(guarded.home)} {mode:04o}")
    assert wrong == []


def test_the_logs_tell_no_secret(guarded: Guarded, used: Used) -> None:
    eventually(lambda: "/v1/auth/password/reset" in guarded.output())
    assert leaks(guarded.output(), secrets_of(guarded, used)) == []
    assert WEAK_PASSWORD not in guarded.output()


def test_answers_tell_no_secret(guarded: Guarded, used: Used) -> None:
    secrets = secrets_of(guarded, used)
    told = [(str(one.request.url), leaks(one.text, secrets)) for one in used.answers]
    assert [(url, found) for url, found in told if found] == []
    assert not any(WEAK_PASSWORD in one.text for one in used.answers)
    assert {one.status_code for one in used.answers} >= {200, 400, 401, 404, 409, 422}
    assert [one.status_code for one in used.answers if one.status_code == 500] == []


def test_what_programs_ask_for_tells_no_secret(guarded: Guarded, used: Used) -> None:
    secrets = secrets_of(guarded, used)
    addresses = [
        f"{guarded.address}{path}" for path in ("/openapi.json", "/health", "/llms.txt", "/v1/schemas")
    ]
    ports = [guarded.settings().metrics_port_of(name) for name in PROCESSES]
    for address in (*addresses, *(f"http://127.0.0.1:{port}/metrics" for port in ports)):
        assert leaks(httpx.get(address).raise_for_status().text, secrets) == [], address


@pytest.mark.parametrize("command", [("status",), ("doctor",), ("doctor", "--json"), ("--help",)])
def test_commands_show_no_secret(guarded: Guarded, used: Used, command: tuple[str, ...]) -> None:
    done = guarded.trimtab(*command)
    assert leaks(done.stdout + done.stderr, secrets_of(guarded, used)) == []


def test_status_for_programs_shows_addresses_and_nothing_else(guarded: Guarded, used: Used) -> None:
    told: dict[str, Any] = guarded.trimtab_json("status")
    secrets = secrets_of(guarded, used)
    assert set(leaks(json.dumps(told), secrets)) == {"owner's password", "Redis's password"}
    del told["database_url"], told["redis_url"]
    assert leaks(json.dumps(told), secrets) == []


def test_the_list_of_processes_shows_no_secret(guarded: Guarded, used: Used) -> None:
    secrets = secrets_of(guarded, used)
    lines = {pid: line for pid, line in command_lines() if str(guarded.home) in line or "bootstrap" in line}
    assert lines
    assert [line for line in lines.values() if leaks(line, secrets)] == []


def command_lines() -> Iterator[tuple[int, str]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            yield (
                int(folder.name),
                (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"),
            )
        except OSError:
            continue


def test_only_those_who_need_a_secret_of_the_database_are_given_it(guarded: Guarded, used: Used) -> None:
    secrets = secrets_of(guarded, used)
    api = guarded.processes()["api"]
    environment = Path(f"/proc/{api.pid}/environ").read_bytes().decode(errors="replace")
    assert secrets["owner's password"] not in environment
    assert os.stat(f"/proc/{api.pid}/environ").st_mode & 0o077 == 0

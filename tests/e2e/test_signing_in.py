"""Accounts on the whole service, with two API processes and over real connections."""

import re
from collections.abc import Iterator

import httpx
import pytest
from tests.support.accounts import PASSWORD
from tests.support.running import RunningService, a_running_service
from tests.support.waiting import eventually

WRONG = "nine loud herons at dusk"


@pytest.fixture(scope="module")
def service() -> Iterator[RunningService]:
    with a_running_service(api_processes=2) as service:
        yield service


def send(service: RunningService, path: str, body: object) -> httpx.Response:
    """Send a request on a connection of its own, so that either process may take it."""
    return httpx.post(f"{service.address}/v1/auth/{path}", json=body, timeout=20)


def read(service: RunningService, token: str) -> httpx.Response:
    """Use an access token, on a connection of its own; the limits of signing in do not apply to it."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{service.address}/v1/portfolios", headers=headers, timeout=20)


def account(service: RunningService, email: str) -> None:
    names = {"first_name": "Ann", "last_name": "Archer"}
    answer = send(service, "register", {"email": email, "password": PASSWORD, **names})
    assert answer.status_code == 201, answer.text


def log_in(service: RunningService, email: str, password: str = PASSWORD) -> httpx.Response:
    return send(service, "login", {"email": email, "password": password, "include_refresh_token": True})


def test_a_session_counts_in_every_process_and_so_does_its_end(service: RunningService) -> None:
    account(service, "ann@example.com")
    tokens = log_in(service, "ann@example.com").json()
    access, refresh = tokens["access_token"], {"refresh_token": tokens["refresh_token"]}
    answers = [read(service, access) for _ in range(12)]
    assert {answer.status_code for answer in answers} == {200}
    assert send(service, "logout", refresh).status_code == 204
    # So many that no process can have taken none of them: the other one may know of the end up to five seconds later.
    eventually(lambda: {read(service, access).status_code for _ in range(24)} == {401}, seconds=10)
    assert read(service, access).headers["www-authenticate"].startswith("Bearer")
    assert send(service, "refresh", refresh).status_code == 401


def test_both_processes_sign_with_the_same_key(service: RunningService) -> None:
    account(service, "kim@example.com")
    tokens = [log_in(service, "kim@example.com").json()["access_token"] for _ in range(6)]
    answers = [read(service, token).status_code for token in tokens]
    assert answers == [200] * 6
    keys = httpx.get(f"{service.address}/.well-known/jwks.json").json()["keys"]
    assert len(keys) == 1
    made = service.trimtab("keys", "rotate-signing")
    assert made.returncode == 0, made.stderr
    assert [read(service, token).status_code for token in tokens] == [200] * 6


def test_a_lock_is_shared_by_all_processes_and_survives_a_restart(service: RunningService) -> None:
    account(service, "bob@example.com")
    account(service, "eve@example.com")
    statuses = [log_in(service, "bob@example.com", WRONG).status_code for _ in range(12)]
    assert 429 in statuses
    assert set(statuses) == {401, 429}
    assert log_in(service, "bob@example.com").status_code == 429
    assert log_in(service, "eve@example.com").status_code == 200
    session = log_in(service, "eve@example.com").json()
    service.stop()
    service.start()
    locked = log_in(service, "bob@example.com")
    assert locked.status_code == 429
    assert int(locked.headers["retry-after"]) > 0
    assert read(service, session["access_token"]).status_code == 200


def test_mail_becomes_a_file_and_its_token_a_new_password(service: RunningService) -> None:
    account(service, "pat@example.com")
    assert send(service, "password/forgot", {"email": "PAT@example.com"}).status_code == 202
    outbox = service.home / "outbox"

    def mail() -> str | None:
        texts = [file.read_text() for file in outbox.glob("*.eml")] if outbox.exists() else []
        return next((text for text in texts if "pat@example.com" in text), None)

    found = re.search(r"tt_reset_[\w-]+", (eventually(mail) or "").replace("=\n", ""))
    assert found
    body = {"token": found[0], "new_password": "fretful otter reads maps"}
    assert send(service, "password/reset", body).status_code == 204
    assert log_in(service, "pat@example.com", "fretful otter reads maps").status_code == 200
    assert found[0] not in service.output()
    assert PASSWORD not in service.output()

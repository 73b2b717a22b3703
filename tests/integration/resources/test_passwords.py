"""Changing a password, and choosing a new one by mail."""

import asyncio
import email
import email.policy
import re
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from tests.support.accounts import OTHER_PASSWORD, PASSWORD, SignedIn, log_in, register
from tests.support.database import as_api
from tests.support.mail_server import a_mail_server
from tests.support.service import Service
from tests.support.waiting import eventually

from bootstrap.identity import Identity
from infrastructure.mail.queue import MailQueue
from infrastructure.mail.sender import MailSender
from infrastructure.mail.smtp import SmtpDelivery
from infrastructure.postgres.connect import pool

ANN = "ann@example.com"
SENT = "a mail is on its way"
SECRET = "a secret of the tests, long enough for HS256"


@pytest.fixture
async def nobody(client_of: Any) -> httpx.AsyncClient:
    """A client without a credential, at a service that Ann has an account with."""
    client: httpx.AsyncClient = client_of("nobody", None)
    await register(client)
    return client


async def mails(people: Identity, home: Path) -> list[EmailMessage]:
    """Everything that has been sent, the newest last."""
    while await people.mail.send_due():
        pass
    files = sorted((home / "outbox").glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]


async def token_by_mail(nobody: httpx.AsyncClient, people: Identity, home: Path) -> str:
    """Ask for a new password and read the mail."""
    answer = await nobody.post("/v1/auth/password/forgot", json={"email": ANN.upper()})
    assert (answer.status_code, SENT in answer.json()["detail"]) == (202, True)
    found = re.search(r"tt_reset_[\w-]+", (await mails(people, home))[-1].get_content())
    assert found
    return found[0]


async def reset(nobody: httpx.AsyncClient, token: str, password: str = OTHER_PASSWORD) -> httpx.Response:
    return await nobody.post("/v1/auth/password/reset", json={"token": token, "new_password": password})


async def status_of(nobody: httpx.AsyncClient, who: SignedIn) -> int:
    return (await nobody.post("/v1/auth/refresh", json={"refresh_token": who.refresh_token})).status_code


async def test_a_new_password_is_chosen_by_mail_and_all_sessions_end(
    nobody: httpx.AsyncClient, people: Identity, tmp_path: Path, service: Service
) -> None:
    who = await log_in(nobody)
    token = await token_by_mail(nobody, people, tmp_path)
    assert (await reset(nobody, token)).status_code == 204
    assert await status_of(nobody, who) == 401
    old = await nobody.post("/v1/auth/login", json={"email": ANN, "password": PASSWORD})
    assert old.status_code == 401
    await log_in(nobody, password=OTHER_PASSWORD)
    notice = (await mails(people, tmp_path))[-1]
    assert (notice["To"], notice["Subject"]) == (ANN, "Your password was changed")
    again = await reset(nobody, token, "three odd badgers hum softly")
    assert (again.status_code, again.json()["details"]["field"]) == (422, "token")
    with psycopg.connect(service.database_url) as connection:
        actions = connection.execute("select action from identity.audit order by id").fetchall()
        assert ("auth.password_reset",) in actions
        assert connection.execute("select count(*) from identity.mail").fetchone() == (0,)


async def test_a_reset_lifts_a_lock(nobody: httpx.AsyncClient, people: Identity, tmp_path: Path) -> None:
    for _ in range(11):
        await nobody.post("/v1/auth/login", json={"email": ANN, "password": OTHER_PASSWORD})
    assert (await reset(nobody, await token_by_mail(nobody, people, tmp_path))).status_code == 204
    await log_in(nobody, password=OTHER_PASSWORD)


async def test_a_token_is_good_for_an_hour(
    nobody: httpx.AsyncClient, people: Identity, tmp_path: Path, service: Service
) -> None:
    token = await token_by_mail(nobody, people, tmp_path)
    with psycopg.connect(service.database_url) as connection:
        left = connection.execute("select expires_at - created_at from identity.password_reset").fetchone()
        assert left
        assert 3599 <= left[0].total_seconds() <= 3601
        connection.execute("update identity.password_reset set expires_at = now()")
    assert (await reset(nobody, token)).status_code == 422


async def test_a_weak_password_and_a_wrong_token_are_told_at_once(nobody: httpx.AsyncClient) -> None:
    answer = await reset(nobody, "tt_reset_made_up", "password1234")
    assert answer.status_code == 422
    found = [(error["field"], error["code"]) for error in answer.json()["errors"]]
    assert found == [("token", "unknown_token"), ("new_password", "guessable")]


async def test_a_weak_password_does_not_use_up_the_token(
    nobody: httpx.AsyncClient, people: Identity, tmp_path: Path
) -> None:
    token = await token_by_mail(nobody, people, tmp_path)
    assert (await reset(nobody, token, "Archer1234")).status_code == 422
    assert (await reset(nobody, token)).status_code == 204


async def test_nobody_learns_whether_an_address_is_known(
    nobody: httpx.AsyncClient, people: Identity, tmp_path: Path, service: Service
) -> None:
    answers = []
    for address in (ANN, "nobody@example.com"):
        answers.append(await nobody.post("/v1/auth/password/forgot", json={"email": address}))
        with psycopg.connect(service.database_url) as connection:
            queued = connection.execute("select count(*) from identity.mail").fetchone()
        assert queued == (len(answers),)
    assert answers[0].json() == answers[1].json()
    assert [mail["To"] for mail in await mails(people, tmp_path)] == [ANN]


async def test_nobody_is_buried_in_mail(nobody: httpx.AsyncClient, people: Identity, tmp_path: Path) -> None:
    for _ in range(8):
        assert (await nobody.post("/v1/auth/password/forgot", json={"email": ANN})).status_code == 202
    assert len(await mails(people, tmp_path)) == 5


async def test_a_change_keeps_this_session_and_ends_the_others(
    nobody: httpx.AsyncClient, people: Identity, tmp_path: Path
) -> None:
    here, there = await log_in(nobody), await log_in(nobody)
    body = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
    answer = await nobody.post("/v1/auth/password/change", json=body, headers=here.headers)
    assert answer.status_code == 204, answer.text
    assert [await status_of(nobody, who) for who in (here, there)] == [200, 401]
    await log_in(nobody, password=OTHER_PASSWORD)
    assert [mail["Subject"] for mail in await mails(people, tmp_path)] == ["Your password was changed"]


async def test_what_is_wrong_with_a_change_is_told_at_once(nobody: httpx.AsyncClient) -> None:
    headers = (await log_in(nobody)).headers
    body = {"current_password": OTHER_PASSWORD, "new_password": "password1234"}
    answer = await nobody.post("/v1/auth/password/change", json=body, headers=headers)
    found = [(error["field"], error["code"]) for error in answer.json()["errors"]]
    assert found == [("current_password", "wrong"), ("new_password", "guessable")]


async def test_mail_as_a_file_is_for_its_owner_alone(
    nobody: httpx.AsyncClient, people: Identity, tmp_path: Path
) -> None:
    await token_by_mail(nobody, people, tmp_path)
    (file,) = (tmp_path / "outbox").iterdir()
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


class TestWithAMailServer:
    async def test_mail_is_handed_over_once(
        self, nobody: httpx.AsyncClient, service: Service, people: Identity
    ) -> None:
        async with a_mail_server() as server:
            senders = [
                MailSender(service.connections, MailQueue(SECRET), SmtpDelivery(server.url), sender="t@test")
                for _ in range(2)
            ]
            await nobody.post("/v1/auth/password/forgot", json={"email": ANN})
            sent = [await sender.send_due() for sender in senders]
        assert sent == [1, 0]
        assert len(server.mails) == 1
        assert "tt_reset_" in server.mails[0].replace("=\r\n", "")

    @pytest.mark.parametrize(("answer", "left"), [("450 not now", 1), ("550 nobody here", 0)])
    async def test_what_is_refused_for_now_is_tried_again(
        self, nobody: httpx.AsyncClient, service: Service, answer: str, left: int
    ) -> None:
        await nobody.post("/v1/auth/password/forgot", json={"email": ANN})
        async with a_mail_server() as server:
            server.answer_to_recipient = answer
            delivery = SmtpDelivery(server.url)
            sender = MailSender(service.connections, MailQueue(SECRET), delivery, sender="t@test")
            await sender.send_due()
            with psycopg.connect(service.database_url) as connection:
                assert connection.execute("select count(*) from identity.mail").fetchone() == (left,)
                connection.execute("update identity.mail set due_at = now()")
            server.answer_to_recipient = "250 ok"
            await sender.send_due()
        assert len(server.mails) == left

    async def test_a_server_that_is_away_costs_no_mail(
        self, nobody: httpx.AsyncClient, service: Service
    ) -> None:
        await nobody.post("/v1/auth/password/forgot", json={"email": ANN})
        async with a_mail_server() as server:
            url = server.url
        sender = MailSender(service.connections, MailQueue(SECRET), SmtpDelivery(url), sender="t@test")
        assert await sender.send_due() == 1
        with psycopg.connect(service.database_url) as connection:
            assert connection.execute("select tries from identity.mail").fetchone() == (1,)

    async def test_a_database_that_was_away_costs_no_mail(
        self, nobody: httpx.AsyncClient, service: Service
    ) -> None:
        await nobody.post("/v1/auth/password/forgot", json={"email": ANN})
        away = pool(as_api(service.database_url), "test", size=1)
        async with a_mail_server() as server:
            delivery = SmtpDelivery(server.url)
            sender = MailSender(away, MailQueue(SECRET), delivery, sender="t@test", poll_seconds=0.01)
            await sender.start()
            await asyncio.sleep(0)  # the first round, which finds no database
            await away.open()
            await asyncio.to_thread(eventually, lambda: server.mails)
            await sender.close()
        await away.close()
        assert len(server.mails) == 1

    async def test_no_password_goes_to_a_distant_server_without_tls(self) -> None:
        delivery = SmtpDelivery("smtp://ann:secret@mail.example.com:2525")
        async with a_mail_server() as server:
            server_here = SmtpDelivery(f"smtp://127.0.0.1:{server.port}")
            server_here._host, server_here._user = "127.0.0.1", ""
            delivery._connection = server_here._connection  # type: ignore[method-assign]
            with pytest.raises(OSError, match="no TLS"):
                await delivery.deliver(EmailMessage())
        assert server.mails == []


async def test_mail_that_somebody_took_and_died_with_is_sent_by_the_next(
    nobody: httpx.AsyncClient, people: Identity, tmp_path: Path, service: Service
) -> None:
    await nobody.post("/v1/auth/password/forgot", json={"email": ANN})
    with psycopg.connect(service.database_url) as connection:
        taken = connection.execute("select mail_id from identity.take_mail(10, '2 min')").fetchall()
    assert len(taken) == 1
    assert await mails(people, tmp_path) == []
    with psycopg.connect(service.database_url) as connection:
        connection.execute("update identity.mail set due_at = due_at - interval '2 min'")
    assert len(await mails(people, tmp_path)) == 1


async def test_mail_goes_away_with_its_person_and_unsent_when_it_is_too_old(
    nobody: httpx.AsyncClient, people: Identity, tmp_path: Path, service: Service
) -> None:
    await register(nobody, "bob@example.com")
    for address in (ANN, "bob@example.com"):
        await nobody.post("/v1/auth/password/forgot", json={"email": address})
    with psycopg.connect(service.database_url) as connection:
        connection.execute("delete from identity.person where email_key = %s", (ANN,))
        connection.execute("update identity.mail set expires_at = now()")
    assert await mails(people, tmp_path) == []
    with psycopg.connect(service.database_url) as connection:
        assert connection.execute("select count(*) from identity.mail").fetchone() == (0,)

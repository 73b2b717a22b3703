import asyncio
import threading

import pytest

from infrastructure.identity.passwords import Argon2Passwords, ZxcvbnStrength

LOW = {"memory_kib": 8, "passes": 1}
ANN = ("ann@example.com", "Ann", "Archer")


async def test_a_password_is_known_by_its_hash_alone() -> None:
    passwords = Argon2Passwords(**LOW)
    stored = await passwords.hash("seven quiet herons")
    assert stored.startswith("$argon2id$")
    assert stored != await passwords.hash("seven quiet herons")
    assert await passwords.verify(stored, "seven quiet herons")
    assert not await passwords.verify(stored, "seven quiet heron")
    assert not await passwords.verify(None, "seven quiet herons")
    assert not await passwords.verify("what nobody ever stored", "seven quiet herons")
    passwords.close()


async def test_letters_with_marks_are_the_same_however_a_keyboard_puts_them_together() -> None:
    passwords = Argon2Passwords(**LOW)
    assert await passwords.verify(await passwords.hash("é" * 10), "e\u0301" * 10)
    passwords.close()


async def test_a_hash_with_lower_parameters_is_outdated() -> None:
    low, today = Argon2Passwords(**LOW), Argon2Passwords(memory_kib=16)
    stored = await low.hash("seven quiet herons")
    assert (low.outdated(stored), today.outdated(stored)) == (False, True)
    assert await today.verify(stored, "seven quiet herons")
    low.close()
    today.close()


@pytest.mark.parametrize(
    "password", ["password1234", "qwertyuiop", "Archer1234", "ann-example", "aaaaaaaaaaaaaaa", "x" * 5000]
)
async def test_what_is_easily_guessed_is_told_with_the_reason(password: str) -> None:
    reason = await ZxcvbnStrength().guessable(password, ANN)
    assert reason
    assert password not in reason


@pytest.mark.parametrize("password", ["seven quiet herons at dawn", "xkQ9-vv2LmPp0", "größte Übeltäter 7"])
async def test_what_is_not_is_taken(password: str) -> None:
    assert await ZxcvbnStrength().guessable(password, ANN) is None


async def test_what_describes_nobody_is_a_name_that_says_nothing() -> None:
    assert await ZxcvbnStrength().guessable("seven quiet herons at dawn", ["", "@.", "x" * 10_000]) is None


async def test_the_beginning_of_a_password_decides_so_that_nobody_makes_judging_take_seconds() -> None:
    strength = ZxcvbnStrength()
    assert await strength.guessable("password" * 3 + "xkQ9-vv2LmPp0", ANN)
    assert await strength.guessable("xkQ9-vv2LmPp0" + "password" * 20, ANN) is None


async def test_passwords_are_judged_one_at_a_time() -> None:
    strength, before = ZxcvbnStrength(), judges()
    await asyncio.gather(*(strength.guessable(f"seven quiet herons at {n}", ANN) for n in range(12)))
    assert len(judges() - before) == 1


def judges() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("strength")}

import pytest

from application.identity.addresses import email_key, email_violation


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ann@Example.COM", "ann@example.com"), ("ａnn@example.com", "ann@example.com"), ("é@b", "e\u0301@b")],
)
def test_spellings_of_an_address_are_one(one: str, other: str) -> None:
    assert email_key(one) == email_key(other)


@pytest.mark.parametrize("email", ["a@b", "ann+trim@example.co.uk", "ü@bücher.example", "x" * 250 + "@b.c"])
def test_what_may_be_an_address_is_taken(email: str) -> None:
    assert email_violation(email) is None


@pytest.mark.parametrize(
    ("email", "code"),
    [
        ("", "malformed"),
        ("ann", "malformed"),
        ("@b", "malformed"),
        ("a@", "malformed"),
        ("a@b@c", "malformed"),
        ("a＠b@c", "malformed"),
        ("a b@c", "malformed"),
        ("a\u2028b@c", "malformed"),
        ("a\r\nBcc: eve@example.com@b", "malformed"),
        ("a\x00@b", "malformed"),
        ("eve,ann@example.com", "malformed"),
        ("<ann@example.com>", "malformed"),
        ('"ann"@example.com', "malformed"),
        ("ann@[127.0.0.1]", "malformed"),
        ("=?utf-8?q?eve=40example.com=2C?=ann@example.com", "malformed"),
        ("＝？utf-8?q?eve?=@example.com", "malformed"),
        ("a@b\n", "malformed"),
        ("x" * 251 + "@b.c", "length"),
        ("\ufdfa" * 100 + "@b", "length"),
    ],
)
def test_what_cannot_be_an_address_is_told(email: str, code: str) -> None:
    violation = email_violation(email)
    assert violation is not None
    assert (violation.field, violation.code) == ("email", code)

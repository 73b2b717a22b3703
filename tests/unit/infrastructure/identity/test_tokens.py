from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from application.caller import DEFAULT_SCOPES
from application.credentials import CredentialRefused, Grant
from infrastructure.identity.tokens import CACHE_SIZE, Algorithm, TokenVerifier, TokenVerifiers, issue_token

SECRET = "a secret of the tests, long enough for HS256"
NOW = datetime(2026, 3, 26, 8, tzinfo=UTC)
LATER = NOW.timestamp() + 60


class Clock:
    def __init__(self) -> None:
        self.now = NOW.timestamp()

    def __call__(self) -> float:
        return self.now


def a_verifier(clock: Clock | None = None, **options: Any) -> TokenVerifier:
    return TokenVerifier.hs256(SECRET, clock=clock or Clock(), **options)


def a_token(secret: str = SECRET, **claims: Any) -> str:
    return jwt.encode({"sub": "acme", "exp": LATER, **claims}, secret, algorithm="HS256")


def refusal_of(token: str, verifier: TokenVerifier | TokenVerifiers | None = None) -> str:
    with pytest.raises(CredentialRefused) as refusal:
        (verifier or a_verifier()).verify(token)
    return str(refusal.value)


def test_an_issued_token_is_accepted_for_its_tenant() -> None:
    token = issue_token(SECRET, "acme", ttl=60, scopes=["portfolios:read"], now=NOW)
    grant = a_verifier().verify(token)
    assert (grant.tenant, grant.actor, grant.scopes) == ("acme", "acme", frozenset({"portfolios:read"}))


def test_the_tenant_claim_wins_over_the_subject() -> None:
    grant = a_verifier().verify(a_token(tenant_id="acme", sub="ann"))
    assert (grant.tenant, grant.actor) == ("acme", "ann")


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({}, DEFAULT_SCOPES),
        ({"scope": ""}, frozenset()),
        ({"scope": "admin portfolios:read"}, {"admin", "portfolios:read"}),
        ({"scopes": ["admin", 3, "no-such-scope"]}, {"admin"}),
        ({"scopes": "admin"}, {"admin"}),
    ],
)
def test_rights_come_from_the_scope_claim_and_without_it_are_all_but_admin(
    claims: dict[str, Any], scopes: frozenset[str]
) -> None:
    assert a_verifier().verify(a_token(**claims)).scopes == scopes


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"exp": NOW.timestamp()},
        {"nbf": LATER},
        {"sub": ""},
        {"sub": "  "},
        {"sub": "a\nb"},
        {"sub": "x" * 256},
        {"tenant_id": ""},
        {"tenant_id": None},
        {"tenant_id": ["acme"]},
        {"scope": {"admin": True}},
    ],
)
def test_claims_that_do_not_fit_are_refused(claims: dict[str, Any]) -> None:
    refusal_of(a_token(**claims))


def test_a_token_without_expiry_is_refused() -> None:
    refusal_of(jwt.encode({"sub": "acme"}, SECRET, algorithm="HS256"))


def test_another_secret_is_refused() -> None:
    refusal_of(a_token("another secret of the tests, just as long"))


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "é.b.c", "x" * 10_000, "e30.e30."])
def test_what_is_no_token_is_refused(token: str) -> None:
    refusal_of(token)
    refusal_of(token, TokenVerifiers([a_verifier()]))


def test_an_unsigned_token_is_refused() -> None:
    refusal_of(jwt.encode({"sub": "acme", "exp": LATER}, "", algorithm="none"))


def test_issuer_and_audience_are_checked_where_set() -> None:
    verifier = a_verifier(issuer="https://login.test", audience="trimtab")
    assert verifier.verify(a_token(iss="https://login.test", aud="trimtab")).tenant == "acme"
    refusal_of(a_token(iss="https://login.test"), verifier)
    refusal_of(a_token(iss="https://other.test", aud="trimtab"), verifier)
    refusal_of(a_token(iss="https://login.test", aud="other"), verifier)


def test_a_remembered_token_still_expires() -> None:
    clock = Clock()
    verifier = a_verifier(clock)
    token = a_token()
    assert verifier.verify(token).tenant == "acme"
    clock.now = LATER
    assert refusal_of(token, verifier) == "it has expired"


def test_no_more_tokens_are_remembered_than_fit() -> None:
    verifier = a_verifier()
    first = a_token(jti="first")
    verifier.verify(first)
    verifier._verified.update({str(number): verifier._verified[first] for number in range(CACHE_SIZE - 1)})
    verifier.verify(a_token(jti="one more"))
    assert len(verifier._verified) == CACHE_SIZE
    assert verifier.remembered(first) is None


def test_a_short_secret_is_no_secret() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        TokenVerifier.hs256("short")


def a_key_pair(algorithm: Algorithm) -> tuple[Any, str]:
    private: Any
    if algorithm == "RS256":
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    elif algorithm == "ES256":
        private = ec.generate_private_key(ec.SECP256R1())
    else:
        private = ed25519.Ed25519PrivateKey.generate()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return private, private.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_a_public_key_verifies_and_is_never_taken_for_a_secret(algorithm: Algorithm) -> None:
    private, public = a_key_pair(algorithm)
    verifier = TokenVerifier(public, algorithm, clock=Clock())
    good = jwt.encode({"sub": "acme", "exp": LATER}, private, algorithm=algorithm)
    assert verifier.verify(good).tenant == "acme"
    refusal_of(signed_with_hs256(public), verifier)
    refusal_of(signed_with_hs256(public), TokenVerifiers([verifier]))


def signed_with_hs256(key: str) -> str:
    """The classic confusion: the public key, which anybody may have, used as an HMAC secret."""
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    parts = [
        urlsafe_b64encode(part).rstrip(b"=")
        for part in (b'{"alg":"HS256"}', b'{"sub":"acme","exp":9999999999}')
    ]
    signed = b".".join(parts)
    return (signed + b"." + urlsafe_b64encode(algorithm.sign(signed, key.encode())).rstrip(b"=")).decode()


def test_side_by_side_each_token_is_checked_by_the_verifier_of_its_algorithm() -> None:
    private, public = a_key_pair("ES256")
    both = TokenVerifiers([a_verifier(), TokenVerifier(public, "ES256", clock=Clock())])
    assert both.verify(a_token()).tenant == "acme"
    assert (
        both.verify(jwt.encode({"sub": "globex", "exp": LATER}, private, algorithm="ES256")).tenant
        == "globex"
    )
    refusal_of(a_token("another secret of the tests, just as long"), both)


def test_only_an_external_issuer_names_its_tenants() -> None:
    verifier = TokenVerifiers([a_verifier(reserved=["corp"])])
    assert "corp" in refusal_of(a_token(tenant_id="corp:acme"), verifier)
    assert "corp" in refusal_of(a_token(sub="corp:ann"), verifier)
    assert verifier.verify(a_token(sub="other:ann")) is not None
    assert verifier.verify(a_token(sub="corp")) is not None


class Elsewhere:
    """Somebody else who verifies tokens: people who signed in, or an external issuer."""

    issuer = "https://login.corp.test"

    def __init__(self) -> None:
        self.seen: list[str] = []

    def remembered(self, token: str) -> None:
        return None

    def is_ours(self, token: str) -> bool:
        return bool(jwt.decode(token, options={"verify_signature": False}).get("iss") == "trimtab")

    async def verify(self, token: str) -> Grant:
        self.seen.append(token)
        return Grant(tenant="elsewhere", actor="ann", scopes=frozenset())


async def test_a_token_is_verified_by_whom_its_issuer_names_and_by_nobody_else() -> None:
    own, corp = Elsewhere(), Elsewhere()
    verifiers = TokenVerifiers([a_verifier()], own=own, issuers=[corp])
    ours, theirs = a_token(iss="trimtab"), a_token(iss="https://login.corp.test")
    for token in (ours, theirs):
        found = verifiers.verify(token)
        assert not isinstance(found, Grant)
        assert (await found).tenant == "elsewhere"
    assert (own.seen, corp.seen) == ([ours], [theirs])
    assert isinstance(verifiers.verify(a_token(iss="https://nobody.test")), Grant)

"""External issuers: an identity provider on this machine, its keys fetched over HTTP."""

import asyncio
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.support.issuer_server import AUDIENCE, LocalIssuer, a_local_issuer

from application.caller import DEFAULT_SCOPES
from application.credentials import CredentialRefused
from domain.errors import Unavailable
from infrastructure.identity.issuer_documents import BYTES_MAX, published_keys
from infrastructure.identity.issuer_keys import FRESH_SECONDS, RELOAD_SECONDS, FetchedKeys
from infrastructure.identity.issuer_settings import ExternalIssuer
from infrastructure.identity.issuers import IssuerVerifier, issuer_verifier

DISCOVERY = "/.well-known/openid-configuration"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def issuer() -> Iterator[LocalIssuer]:
    with a_local_issuer() as running:
        yield running


def settings_of(issuer: LocalIssuer, **more: Any) -> ExternalIssuer:
    known = {"name": "corp", "issuer": issuer.address, "audience": AUDIENCE, "algorithm": "ES256"}
    return ExternalIssuer(**{**known, **more})


def a_verifier(issuer: LocalIssuer, clock: Clock | None = None, **more: Any) -> IssuerVerifier:
    settings = settings_of(issuer, **more)

    async def load() -> Any:
        return await published_keys(settings)

    return IssuerVerifier(settings, FetchedKeys("corp", load, clock=clock or Clock()))


async def refusal_of(verifier: IssuerVerifier, token: str) -> str:
    with pytest.raises(CredentialRefused) as refusal:
        await verifier.verify(token)
    assert verifier.remembered(token) is None
    return str(refusal.value)


async def test_a_token_counts_for_a_tenant_of_its_issuer_and_for_no_other(issuer: LocalIssuer) -> None:
    verifier = a_verifier(issuer)
    ann = await verifier.verify(issuer.token())
    assert (ann.tenant, ann.actor, ann.scopes) == ("corp:ann", "corp:ann", DEFAULT_SCOPES)
    acme = await verifier.verify(issuer.token(tenant_id="acme", scope="openid admin"))
    assert (acme.tenant, acme.actor, acme.scopes) == ("corp:acme", "corp:ann", {"admin"})
    assert (await verifier.verify(issuer.token(sub="other:bob"))).tenant == "corp:other:bob"
    assert (await verifier.verify(issuer.token(tenant_id="*"))).tenant == "corp:*"


async def test_the_claim_that_names_the_tenant_can_be_chosen_and_is_needed_then(issuer: LocalIssuer) -> None:
    verifier = a_verifier(issuer, tenant_claim="org")
    assert (await verifier.verify(issuer.token(org="acme"))).tenant == "corp:acme"
    assert "`org`" in await refusal_of(verifier, issuer.token(tenant_id="acme"))


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://another.test"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"exp": 1},
        {"exp": None},
        {"nbf": 9_999_999_999},
        {"sub": None},
        {"sub": ""},
    ],
)
async def test_claims_that_do_not_fit_are_refused(issuer: LocalIssuer, claims: dict[str, Any]) -> None:
    verifier = a_verifier(issuer)
    written = {name: value for name, value in claims.items() if value is not None}
    missing = [name for name, value in claims.items() if value is None]
    token = issuer.token(**written)
    if missing:
        payload = jwt.decode(token, options={"verify_signature": False})
        payload = {name: value for name, value in payload.items() if name not in missing}
        token = jwt.encode(payload, issuer._keys["first"], algorithm="ES256", headers={"kid": "first"})
    await refusal_of(verifier, token)


async def test_a_token_of_another_key_with_the_same_name_is_refused(issuer: LocalIssuer) -> None:
    forged = ec.generate_private_key(ec.SECP256R1())
    payload = jwt.decode(issuer.token(), options={"verify_signature": False})
    await refusal_of(
        a_verifier(issuer), jwt.encode(payload, forged, algorithm="ES256", headers={"kid": "first"})
    )


async def test_a_token_of_another_algorithm_is_refused_before_any_key_is_looked_for(
    issuer: LocalIssuer,
) -> None:
    payload = jwt.decode(issuer.token(), options={"verify_signature": False})
    token = jwt.encode(payload, "a secret of the tests, long enough for HS256", algorithm="HS256")
    assert "algorithm" in await refusal_of(a_verifier(issuer), token)
    assert issuer.asked == []


async def test_keys_are_found_by_discovery_and_fetched_once(issuer: LocalIssuer) -> None:
    verifier = a_verifier(issuer)
    tokens = [issuer.token(jti=str(number)) for number in range(5)]
    await asyncio.gather(*(verifier.verify(token) for token in tokens))
    assert issuer.asked == [DISCOVERY, "/keys"]
    assert all(verifier.remembered(token) is not None for token in tokens)


async def test_keys_can_be_fetched_from_a_given_address(issuer: LocalIssuer) -> None:
    assert await a_verifier(issuer, jwks_uri=issuer.jwks_uri).verify(issuer.token())
    assert issuer.asked == ["/keys"]


async def test_a_new_key_is_fetched_when_a_token_names_it_but_not_more_often_than_agreed(
    issuer: LocalIssuer,
) -> None:
    clock = Clock()
    verifier = a_verifier(issuer, clock, jwks_uri=issuer.jwks_uri)
    await verifier.verify(issuer.token())
    issuer.add_key("second")
    clock.now += RELOAD_SECONDS - 0.1
    await refusal_of(verifier, issuer.token("second"))
    assert len(issuer.asked) == 1
    clock.now += 0.1
    assert await verifier.verify(issuer.token("second"))
    assert len(issuer.asked) == 2


async def test_a_key_that_the_issuer_withdrew_counts_no_more_for_remembered_tokens_either(
    issuer: LocalIssuer,
) -> None:
    clock = Clock()
    verifier = a_verifier(issuer, clock, jwks_uri=issuer.jwks_uri)
    token = issuer.token("first")
    await verifier.verify(token)
    issuer.add_key("second", only=True)
    clock.now += RELOAD_SECONDS
    await verifier.verify(issuer.token("second"))
    assert verifier.remembered(token) is None
    await refusal_of(verifier, token)


async def test_keys_stay_while_the_issuer_is_away(issuer: LocalIssuer) -> None:
    clock = Clock()
    verifier = a_verifier(issuer, clock, jwks_uri=issuer.jwks_uri)
    await verifier.verify(issuer.token())
    issuer.serves("/keys", b"", status=500)
    clock.now += FRESH_SECONDS
    assert await verifier.verify(issuer.token(jti="another"))
    unknown = jwt.encode({}, ec.generate_private_key(ec.SECP256R1()), "ES256", {"kid": "unknown"})
    assert "no such key" in await refusal_of(verifier, unknown)


async def test_old_keys_are_looked_at_again_without_letting_anybody_wait(issuer: LocalIssuer) -> None:
    clock = Clock()
    settings = settings_of(issuer, jwks_uri=issuer.jwks_uri)
    asked, proceed = asyncio.Event(), asyncio.Event()
    proceed.set()

    async def load() -> Any:
        asked.set()
        await proceed.wait()
        return await published_keys(settings)

    verifier = IssuerVerifier(settings, FetchedKeys("corp", load, clock=clock))
    await verifier.verify(issuer.token())
    asked.clear()
    proceed.clear()
    clock.now += FRESH_SECONDS
    assert await verifier.verify(issuer.token(jti="another"))  # although nobody answers yet
    await asyncio.wait_for(asked.wait(), 10)
    proceed.set()


@pytest.mark.parametrize(
    "spoilt",
    [
        {"issuer": "https://another.test"},
        {"jwks_uri": "http://203.0.113.1/keys"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": None},
    ],
)
async def test_a_discovery_document_that_leads_elsewhere_is_not_followed(
    issuer: LocalIssuer, spoilt: dict[str, Any]
) -> None:
    issuer.serves(DISCOVERY, {"issuer": issuer.address, "jwks_uri": issuer.jwks_uri, **spoilt})
    with pytest.raises(Unavailable):
        await a_verifier(issuer).verify(issuer.token())
    assert issuer.asked == [DISCOVERY]


async def test_redirects_are_not_followed(issuer: LocalIssuer) -> None:
    issuer.serves("/moved", b"", status=302, Location=issuer.jwks_uri)
    with pytest.raises(Unavailable):
        await a_verifier(issuer, jwks_uri=f"{issuer.address}/moved").verify(issuer.token())
    assert issuer.asked == ["/moved"]


@pytest.mark.parametrize(
    "content",
    [b"", b"no JSON", b"[]", b'{"keys": 3}', b'{"keys": []}', b'{"keys": ["' + b"x" * BYTES_MAX + b'"]}'],
    ids=["nothing", "no JSON", "a list", "no list", "no key", "too large"],
)
async def test_what_is_no_key_set_is_no_answer(issuer: LocalIssuer, content: bytes) -> None:
    issuer.serves("/keys", content)
    with pytest.raises(Unavailable):
        await a_verifier(issuer).verify(issuer.token())


async def test_while_there_are_no_keys_they_are_asked_for_again_soon(issuer: LocalIssuer) -> None:
    clock = Clock()
    verifier = a_verifier(issuer, clock, jwks_uri=issuer.jwks_uri)
    issuer.serves("/keys", b"", status=503)
    for _ in range(3):
        with pytest.raises(Unavailable):
            await verifier.verify(issuer.token())
    assert len(issuer.asked) == 1
    issuer.publish()
    clock.now += 2
    assert await verifier.verify(issuer.token())


async def test_keys_can_be_part_of_the_settings(issuer: LocalIssuer) -> None:
    from tests.support.issuer_server import public_jwk

    given = {"keys": [public_jwk("first", issuer._keys["first"])]}
    assert await issuer_verifier(settings_of(issuer, jwks=given)).verify(issuer.token())
    assert issuer.asked == []

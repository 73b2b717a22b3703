"""Tokens that nobody gave: each is refused, and only because of what is wrong with it."""

import json
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.support.accounts import SignedIn
from tests.support.api_process import SECRET, ApiProcess
from tests.support.forged_tokens import AUDIENCE, ISSUER, claims_of, parts_of, token_of, with_claims
from tests.support.refusals import refused
from tests.support.waiting import eventually

READ = "/v1/portfolios"
Key = rsa.RSAPrivateKey
NOW = 1_900_000_000


def asked_with(api: ApiProcess, token: str) -> httpx.Response:
    with api.client(token) as client:
        return client.get(READ)


def issued(key: Key, **changed: Any) -> str:
    """A token of the issuer, with claims changed before it was signed, to what no library would sign as well."""
    claims = json.dumps(claims_of("victim", **changed)).encode()
    return jwt.PyJWS().encode(claims, key, algorithm="RS256")


def pem_of(key: Any) -> bytes:
    encoded: bytes = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return encoded


def test_a_good_token_of_the_issuer_is_accepted(api: ApiProcess, issuer_key: Key) -> None:
    assert asked_with(api, issued(issuer_key)).status_code == 200


def test_a_good_token_of_the_installation_is_accepted(api: ApiProcess) -> None:
    assert asked_with(api, api.token("victim")).status_code == 200


def test_a_good_token_of_a_session_is_accepted(api: ApiProcess, person: SignedIn) -> None:
    assert asked_with(api, person.access_token).status_code == 200


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", None])
def test_a_token_without_a_signature_is_refused(api: ApiProcess, algorithm: str | None) -> None:
    header = {"typ": "JWT"} if algorithm is None else {"typ": "JWT", "alg": algorithm}
    for claims in (claims_of("victim"), claims_of("victim", iss=None, aud=None)):
        refused(asked_with(api, token_of(header, claims)), 401)


def test_a_session_token_without_a_signature_is_refused(api: ApiProcess, person: SignedIn) -> None:
    header, claims, _ = parts_of(person.access_token)
    refused(asked_with(api, token_of({**header, "alg": "none"}, claims)), 401)
    refused(asked_with(api, person.access_token.rpartition(".")[0] + "."), 401)
    refused(asked_with(api, person.access_token.rpartition(".")[0]), 401)


def test_the_key_of_somebody_else_does_not_count(api: ApiProcess) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    refused(asked_with(api, issued(stranger)), 401)
    refused(asked_with(api, token_of({"alg": "HS256"}, claims_of("victim"), b"x" * 40)), 401)


def test_the_key_of_somebody_else_does_not_count_for_a_session(api: ApiProcess, person: SignedIn) -> None:
    header, claims, _ = parts_of(person.access_token)
    forged = jwt.encode(
        claims, ec.generate_private_key(ec.SECP256R1()), "ES256", headers={"kid": header["kid"]}
    )
    refused(asked_with(api, forged), 401)


@pytest.mark.parametrize("shape", [bytes, bytes.strip, lambda pem: pem.replace(b"\n", b"\r\n")], ids="abc")
def test_the_public_key_of_the_issuer_is_no_secret_to_sign_with(
    api: ApiProcess, issuer_pem: str, shape: Callable[[bytes], bytes]
) -> None:
    secret = shape(issuer_pem.encode())
    for claims in (claims_of("victim"), claims_of("victim", iss=None, aud=None)):
        refused(asked_with(api, token_of({"alg": "HS256", "typ": "JWT"}, claims, secret)), 401)


def test_the_published_key_of_sessions_is_no_secret_to_sign_with(
    api: ApiProcess, person: SignedIn, anybody: httpx.Client
) -> None:
    header, claims, _ = parts_of(person.access_token)
    published = anybody.get("/.well-known/jwks.json").json()["keys"]
    [key] = [jwt.PyJWK(one) for one in published if one["kid"] == header["kid"]]
    secrets = (
        pem_of(key.key),
        anybody.get("/.well-known/jwks.json").content,
        str(published[0]["x"]).encode(),
    )
    for secret in secrets:
        for algorithm in ("HS256", header["alg"]):
            refused(asked_with(api, token_of({**header, "alg": algorithm}, claims, secret)), 401)


def test_the_secret_of_the_installation_does_not_sign_sessions(api: ApiProcess, person: SignedIn) -> None:
    header, claims, _ = parts_of(person.access_token)
    for algorithm in ("ES256", "RS256"):
        refused(asked_with(api, token_of({**header, "alg": algorithm}, claims, SECRET.encode())), 401)


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": NOW - 10**9},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"exp": [NOW]},
        {"nbf": NOW + 10**9},
        {"nbf": "yesterday"},
        {"aud": "somebody-else"},
        {"aud": [AUDIENCE.upper()]},
        {"aud": None},
        {"iss": "https://issuer.example.evil"},
        {"iss": ISSUER + "/"},
        {"iss": [ISSUER]},
        {"iss": None},
        {"sub": None},
        {"sub": ""},
        {"sub": " "},
        {"sub": "*"},
        {"sub": 7},
        {"sub": "a\0b"},
        {"sub": "a" * 256},
        {"tenant_id": "*"},
        {"tenant_id": ""},
        {"tenant_id": None, "sub": "*"},
        {"tenant_id": {"id": "victim"}},
        {"scope": 7},
    ],
    ids=str,
)
def test_a_token_that_says_the_wrong_thing_is_refused(
    api: ApiProcess, issuer_key: Key, changed: dict[str, Any]
) -> None:
    refused(asked_with(api, issued(issuer_key, **changed)), 401)


def test_a_token_expires_though_it_was_accepted_before(api: ApiProcess, issuer_key: Key) -> None:
    token = issued(issuer_key, exp=int(time.time()) + 3)
    assert asked_with(api, token).status_code == 200
    eventually(lambda: asked_with(api, token).status_code == 401, every=0.2)


@pytest.mark.parametrize(
    "changed",
    [{"sub": "attacker"}, {"tenant_id": "attacker"}, {"exp": NOW + 10**6}, {"scope": "admin"}],
    ids=str,
)
def test_a_changed_payload_is_refused(
    api: ApiProcess, issuer_key: Key, person: SignedIn, changed: dict[str, Any]
) -> None:
    for token in (issued(issuer_key), api.token("victim"), person.access_token):
        assert asked_with(api, token).status_code == 200
        refused(asked_with(api, with_claims(token, **changed)), 401)


def test_a_changed_signature_is_refused(api: ApiProcess, issuer_key: Key, person: SignedIn) -> None:
    for token in (issued(issuer_key), api.token("victim"), person.access_token):
        unsigned, _, signature = token.rpartition(".")
        other = "A" if signature[0] != "A" else "B"
        for changed in (other + signature[1:], signature[:-4], signature[::-1], signature * 2, ""):
            refused(asked_with(api, f"{unsigned}.{changed}"), 401)


@pytest.mark.parametrize("length", [9_000, 30_000])
def test_a_huge_token_is_refused_unread(api: ApiProcess, issuer_key: Key, length: int) -> None:
    refused(asked_with(api, issued(issuer_key, padding="x" * length)), 401, 431)


def test_a_token_of_a_megabyte_does_no_harm(api: ApiProcess) -> None:
    with suppress(httpx.TransportError):  # the server need not listen to the end
        assert asked_with(api, "x" * 1_000_000).status_code in (400, 401, 431)
    assert asked_with(api, api.token("victim")).status_code == 200


@pytest.mark.parametrize(
    "kid",
    [
        "unknown",
        "../../../../dev/null",
        "/etc/passwd",
        "' or '1'='1",
        "'; drop table identity.person; --",
        "\0",
        "x" * 5_000,
        "",
        None,
        7,
        ["a"],
        {"a": 1},
    ],
    ids=lambda kid: str(kid)[:20],
)
def test_a_key_id_is_a_name_and_nothing_else(api: ApiProcess, person: SignedIn, kid: object) -> None:
    header, claims, signature = parts_of(person.access_token)
    for secret in (b"", SECRET.encode()):
        refused(asked_with(api, token_of({**header, "kid": kid}, claims, secret)), 401)
    unsigned = token_of({**header, "kid": kid}, claims)
    refused(asked_with(api, unsigned + signature), 401)
    assert asked_with(api, person.access_token).status_code == 200


def test_a_key_that_comes_with_the_token_does_not_count(api: ApiProcess, person: SignedIn) -> None:
    header, claims, _ = parts_of(person.access_token)
    own = ec.generate_private_key(ec.SECP256R1())
    public = jwt.algorithms.ECAlgorithm.to_jwk(own.public_key(), as_dict=True)
    for kid in (header["kid"], str(uuid4())):
        headers = {"kid": kid, "jwk": {**public, "kid": kid}}
        refused(asked_with(api, jwt.encode(claims, own, "ES256", headers=headers)), 401)


def test_a_token_is_not_asked_where_its_key_is(api: ApiProcess, person: SignedIn) -> None:
    header, claims, _ = parts_of(person.access_token)
    own = ec.generate_private_key(ec.SECP256R1())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/keys"
        for kid in (header["kid"], str(uuid4())):
            headers = {"kid": kid, "jku": url, "x5u": url}
            refused(asked_with(api, jwt.encode(claims, own, "ES256", headers=headers)), 401)
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize(
    "token",
    [
        ".",
        "..",
        "...",
        "a.b.c",
        "e30.e30.e30",
        "eyJhbGciOiJIUzI1NiJ9..",
        "tt_live_",
        "tt_live_" + "x" * 43,
        "tt_live_' or 1=1 --",
        "Bearer",
        "null",
        "\x7f",
    ],
    ids=ascii,
)
def test_what_is_no_token_is_refused(api: ApiProcess, token: str) -> None:
    refused(asked_with(api, token), 400, 401)


def test_the_token_of_an_ended_session_is_refused(api: ApiProcess, person: SignedIn) -> None:
    with api.client(person.access_token) as client:
        assert client.get("/v1/auth/me").status_code == 200
        assert client.post("/v1/auth/logout").status_code == 204
        eventually(lambda: client.get(READ).status_code == 401, seconds=10, every=0.2)
        refused(client.get("/v1/auth/me"), 401)


def test_the_token_of_a_person_who_left_the_tenant_is_refused(api: ApiProcess, person: SignedIn) -> None:
    with api.client(person.access_token) as client, api.database() as database:
        assert client.get(READ).status_code == 200
        database.execute("delete from identity.member where tenant_id = %s", (person.tenant,))
        eventually(lambda: client.get(READ).status_code == 401, seconds=10, every=0.2)


def test_a_token_and_a_token_of_another_tenant_do_not_add_up(api: ApiProcess, client: httpx.Client) -> None:
    key = client.post("/v1/api-keys", json={"name": "mine", "scopes": ["portfolios:read"]}).json()["key"]
    with api.client_of("somebody-else") as other:
        refused(other.get(READ, headers={"X-API-Key": key}), 401, 403)


def test_a_key_narrows_the_token_beside_it(client: httpx.Client) -> None:
    key = client.post("/v1/api-keys", json={"name": "narrow", "scopes": ["orders:read"]}).json()["key"]
    refused(client.get(READ, headers={"X-API-Key": key}), 403)


def test_unknown_and_revoked_keys_are_told_apart_by_nobody_who_has_none(
    api: ApiProcess, client: httpx.Client
) -> None:
    made = client.post("/v1/api-keys", json={"name": "gone", "scopes": ["portfolios:read"]}).json()
    assert client.delete(f"/v1/api-keys/{made['id']}").status_code == 204
    revoked = refused(asked_with(api, made["key"]), 401)
    unknown = refused(asked_with(api, "tt_live_" + "k" * 43), 401)
    assert revoked.keys() == unknown.keys()
    assert (revoked["error"], revoked["title"]) == (unknown["error"], unknown["title"])
    assert made["key"] not in str(revoked)
    for body in (revoked, unknown):
        assert "Authorization: Bearer tt_live_<your-key>" in body["message"]

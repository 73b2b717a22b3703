import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from infrastructure.identity.issuer_keys import chosen, usable_keys
from infrastructure.identity.issuer_settings import external_issuers, is_safe

P256 = ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
WEAK = rsa.generate_private_key(public_exponent=65537, key_size=1024)
CORP = {
    "name": "corp",
    "issuer": "https://login.corp.test",
    "audience": "trimtab",
    "algorithm": "ES256",
}


def a_setting(**changes: Any) -> str:
    return json.dumps([{**CORP, **changes}])


def pem(key: Any) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return str(key.public_key().public_bytes(serialization.Encoding.PEM, form).decode())


def jwk(key: Any, **more: Any) -> dict[str, Any]:
    algorithm = jwt.algorithms.RSAAlgorithm if hasattr(key.public_key(), "key_size") else None
    if isinstance(key, ec.EllipticCurvePrivateKey):
        algorithm = jwt.algorithms.ECAlgorithm  # type: ignore[assignment]
    assert algorithm is not None
    return {**algorithm.to_jwk(key.public_key(), as_dict=True), **more}


def test_an_issuer_is_found_by_discovery_unless_its_keys_are_given() -> None:
    (issuer,) = external_issuers(a_setting())
    assert (issuer.name, issuer.jwks_uri, issuer.tenant_claim) == ("corp", None, None)
    assert external_issuers(a_setting(jwks={"keys": [jwk(P256, kid="k")]}))
    assert external_issuers(a_setting(public_key=pem(P256)))
    assert external_issuers(a_setting(jwks_uri="https://keys.corp.test/jwks"))


def test_issuers_can_be_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "issuers.json"
    file.write_text(a_setting())
    assert external_issuers(str(file))[0].name == "corp"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": "Corp"}, "name"),
        ({"name": "a:b"}, "name"),
        ({"name": "corp\n"}, "name"),
        ({"name": ""}, "name"),
        ({"audience": ""}, "audience"),
        ({"algorithm": "HS256"}, "algorithm"),
        ({"algorithm": "none"}, "algorithm"),
        ({"secret": "x"}, "secret"),
        ({"issuer": "trimtab", "jwks_uri": "https://a.test"}, "this service"),
        ({"issuer": "http://login.corp.test"}, "no https address"),
        ({"issuer": "corp"}, "no https address"),
        ({"jwks_uri": "http://keys.corp.test"}, "neither https"),
        ({"jwks_uri": "https://user:pass@keys.corp.test"}, "neither https"),
        ({"jwks_uri": "https://a.test", "jwks": {"keys": []}}, "one of them is enough"),
        ({"jwks": {"keys": []}}, "no key for ES256"),
        ({"jwks": {"keys": [jwk(RSA)]}}, "no key for ES256"),
        ({"public_key": "nowhere.pem"}, "holds no public key"),
        ({"public_key": "-----BEGIN PUBLIC KEY-----"}, "PEM"),
        ({"public_key": pem(RSA)}, "no key for ES256"),
        ({"public_key": pem(WEAK), "algorithm": "RS256"}, "no key for RS256"),
    ],
    ids=lambda value: str(value)[:40],  # the keys are new in every process
)
def test_what_is_wrong_with_an_issuer_is_said(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        external_issuers(a_setting(**changes))


@pytest.mark.parametrize("text", ["[", "[3]", '{"name": "corp"}', "no-such-file.json"])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no list|cannot be read"):
        external_issuers(text)


def test_names_and_issuers_are_there_once() -> None:
    for change in ({"name": "other"}, {"issuer": "https://other.test"}):
        with pytest.raises(ValueError, match="twice"):
            external_issuers(json.dumps([CORP, {**CORP, **change}]))


@pytest.mark.parametrize(
    "address", ["https://a.test/keys", "http://127.0.0.1:8000/k", "http://localhost/k", "http://[::1]/k"]
)
def test_keys_may_come_over_https_or_from_this_machine(address: str) -> None:
    assert is_safe(address)


@pytest.mark.parametrize(
    "address",
    [
        "http://a.test",
        "http://127.0.0.1.a.test",
        "ftp://a.test",
        "file:///k",
        "https://",
        "https://[",
        "https://a:b",
    ],
)
def test_keys_come_from_nowhere_else(address: str) -> None:
    assert not is_safe(address)


def test_only_keys_that_verify_the_algorithm_are_used() -> None:
    listed = [
        jwk(P256, kid="good"),
        jwk(P256, kid="encrypts", use="enc"),
        jwk(P256, kid="other", alg="ES384"),
        {**jwk(P256, kid="secret"), "d": "AAAA"},
        jwk(RSA, kid="rsa"),
        {"kty": "oct", "kid": "shared", "k": "AAAA"},
        {"kty": "EC", "kid": "broken", "crv": "P-256", "x": "AA", "y": "AA"},
        "nonsense",
    ]
    assert [*usable_keys({"keys": listed}, "ES256")] == ["good"]
    assert [*usable_keys({"keys": [jwk(WEAK, kid="weak"), jwk(RSA, kid="strong")]}, "RS256")] == ["strong"]
    assert usable_keys({"keys": "none"}, "ES256") == {}


def test_a_token_that_names_no_key_is_verified_by_the_only_one() -> None:
    assert chosen({"a": 1}, None) == 1
    assert chosen({"a": 1, "b": 2}, None) is None
    assert chosen({"a": 1}, "b") is None


def test_an_ed25519_key_is_for_eddsa() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    assert external_issuers(a_setting(algorithm="EdDSA", public_key=pem(key)))

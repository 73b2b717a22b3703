from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bootstrap.settings import (
    PROCESSES,
    RedisSource,
    SettingError,
    Settings,
    derived_api_password,
    documented,
    read_settings,
)
from bootstrap.settings_page import page

NOTHING = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n"


def pem_of(key: Any) -> str:
    return str(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


PEM = pem_of(Ed25519PrivateKey.generate())


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = read_settings({})
    assert settings == Settings()
    assert (settings.host, settings.port, settings.api_url) == ("127.0.0.1", 8321, "http://127.0.0.1:8321")
    assert settings.stream_retention == timedelta(days=30)
    assert settings.import_max_bytes == 20_000_000
    assert settings.trusted_proxies == ()


def test_a_value_is_read_as_what_it_is() -> None:
    settings = read_settings(
        {
            "TRIMTAB_HOME": "/srv/trimtab",
            "TRIMTAB_REDIS_SERVER": "Bundled",
            "TRIMTAB_TRUSTED_PROXIES": "10.0.0.7, 192.168.0.0/16",
            "TRIMTAB_REQUIRE_HTTPS": "yes",
            "TRIMTAB_ALLOWED_HOSTS": "Trimtab.example.com, [2001:db8::7]",
            "TRIMTAB_CORS_ORIGINS": "https://app.example.com,http://localhost:5173",
            "TRIMTAB_RECOMMENDATION_TTL": "12h",
            "TRIMTAB_PORT": "",
        }
    )
    assert settings.home == Path("/srv/trimtab")
    assert settings.redis_server is RedisSource.BUNDLED
    assert settings.trusted_proxies == (ip_network("10.0.0.7/32"), ip_network("192.168.0.0/16"))
    assert settings.require_https
    assert settings.allowed_hosts == {"trimtab.example.com", "2001:db8::7"}
    assert settings.cors_origins == {"https://app.example.com", "http://localhost:5173"}
    assert settings.recommendation_ttl == timedelta(hours=12)
    assert settings.port == 8321


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("TRIMTAB_PORT", "80a", "a whole number from 1 to 65535"),
        ("TRIMTAB_PORT", "0", "a whole number from 1 to 65535"),
        ("TRIMTAB_REQUIRE_HTTPS", "maybe", "true or false"),
        ("TRIMTAB_STREAM_RETENTION", "30", "a duration such as"),
        ("TRIMTAB_IMPORT_MAX_BYTES", "20 apples", "a size such as"),
        ("TRIMTAB_TRUSTED_PROXIES", "10.0.0.300", "addresses or networks"),
        ("TRIMTAB_LOG_LEVEL", "loud", "one of debug, info, warning, error"),
        ("TRIMTAB_READ_WAIT_SECONDS", "nan", "seconds from 0 to 3600"),
        ("TRIMTAB_JWT_PUBLIC_KEY", "/nowhere/key.pem", "a public key in PEM form"),
        ("TRIMTAB_CORS_ORIGINS", "*", "origins as browsers send them"),
        ("TRIMTAB_CORS_ORIGINS", "https://*.example.com", "origins as browsers send them"),
        ("TRIMTAB_CORS_ORIGINS", "https://app.example.com/", "origins as browsers send them"),
        ("TRIMTAB_CORS_ORIGINS", "null", "origins as browsers send them"),
        ("TRIMTAB_ALLOWED_HOSTS", "https://trimtab.example.com", "host names without ports"),
        ("TRIMTAB_BODY_SECONDS", "0", "seconds above 0"),
    ],
)
def test_a_wrong_value_is_refused_in_one_sentence(variable: str, value: str, expected: str) -> None:
    with pytest.raises(SettingError) as refusal:
        read_settings({variable: value})
    assert str(refusal.value).startswith(f"{variable} is {value!r}, expected {expected}")
    assert str(refusal.value).count("\n") == 0


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TRIMTAB_DATABASE_URL", "mysql://trimtab:hunter2@db/trimtab"),
        ("TRIMTAB_REDIS_URL", "hunter2"),
        ("TRIMTAB_JWT_SECRET", "hunter2"),
    ],
)
def test_a_refused_secret_is_not_shown(variable: str, value: str) -> None:
    with pytest.raises(SettingError, match=variable) as refusal:
        read_settings({variable: value})
    assert "hunter2" not in str(refusal.value)


def test_the_api_works_under_its_own_role_with_a_password_derived_from_the_owners() -> None:
    settings = Settings(database_url="postgresql://owner:p%40ss@db.local:6432/books?sslmode=require")
    password = derived_api_password("p@ss")
    assert (
        settings.api_database_url
        == f"postgresql://trimtab_api:{password}@db.local:6432/books?sslmode=require"
    )
    assert len(password) == 32
    assert "p@ss" not in password


def test_an_owner_without_a_password_lends_the_api_the_signing_secret() -> None:
    settings = Settings(database_url="postgresql:///books", jwt_secret="s" * 32)
    assert settings.api_database_url == f"postgresql://trimtab_api:{derived_api_password('s' * 32)}@/books"


def test_a_given_api_address_is_taken_as_it_is() -> None:
    settings = read_settings(
        {"TRIMTAB_DATABASE_URL": "postgresql://o:p@h/d", "TRIMTAB_API_DATABASE_URL": "postgresql://a:b@h/d"}
    )
    assert settings.api_database_url == "postgresql://a:b@h/d"


def test_a_signing_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first = Settings(home=tmp_path / "home")
    secret = first.signing_secret()
    assert Settings(home=tmp_path / "home").signing_secret() == secret
    assert len(secret) >= 32
    assert (tmp_path / "home" / "jwt-secret").stat().st_mode & 0o777 == 0o600


def test_a_wrong_issuer_is_named_with_what_is_wrong_about_it() -> None:
    issuer = '[{"name": "corp", "issuer": "http://a.test", "audience": "t", "algorithm": "ES256"}]'
    with pytest.raises(SettingError) as refusal:
        read_settings({"TRIMTAB_OIDC_ISSUERS": issuer})
    assert str(refusal.value) == (
        "TRIMTAB_OIDC_ISSUERS: issuer 'corp' has no keys, and its issuer is no https address to ask for them."
    )
    (found,) = read_settings({"TRIMTAB_OIDC_ISSUERS": issuer.replace("http:", "https:")}).oidc_issuers or ()
    assert found.name == "corp"


def test_a_public_key_is_taken_from_text_or_file_and_then_rules_out_our_own_tokens(tmp_path: Path) -> None:
    file = tmp_path / "issuer.pem"
    file.write_text(PEM)
    assert read_settings({"TRIMTAB_JWT_PUBLIC_KEY": PEM}).jwt_public_key == PEM
    settings = read_settings({"TRIMTAB_JWT_PUBLIC_KEY": str(file)})
    assert settings.jwt_public_key == PEM
    assert not settings.accepts_own_tokens
    assert Settings().accepts_own_tokens


@pytest.mark.parametrize("pem", [NOTHING, pem_of(generate_private_key(SECP384R1()))], ids=["none", "P-384"])
def test_a_key_that_no_token_can_be_verified_with_stops_the_start_without_being_shown(pem: str) -> None:
    with pytest.raises(SettingError, match="not shown here, expected a public key in PEM form"):
        read_settings({"TRIMTAB_JWT_PUBLIC_KEY": pem})


def test_every_process_has_a_metrics_port_of_its_own() -> None:
    settings = Settings(port=9000)
    assert [settings.metrics_port_of(name) for name in PROCESSES] == list(range(9001, 9010))


def test_every_field_is_a_documented_setting() -> None:
    import dataclasses

    assert len(documented()) == len(dataclasses.fields(Settings))
    for setting in documented():
        assert setting.variable.startswith("TRIMTAB_")
        assert setting.purpose.endswith(".")


def test_the_page_of_settings_is_true() -> None:
    written = Path(__file__).resolve().parents[3] / "docs" / "operations" / "settings.md"
    assert written.read_text() == page(), "write it again: python -m bootstrap.settings_page"

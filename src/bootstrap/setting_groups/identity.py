"""Who is let in: tokens, sessions, accounts and their mail."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from application.identity.register import Registration
from bootstrap.setting import setting
from bootstrap.setting_kinds import DURATION, ISSUERS, PUBLIC_KEY, SECRET, TEXT, choice, url

if TYPE_CHECKING:
    from infrastructure.identity.issuer_settings import ExternalIssuer


@dataclass(frozen=True, kw_only=True)
class IdentitySettings:
    """Identity."""

    jwt_secret: str | None = setting(
        "TRIMTAB_JWT_SECRET",
        SECRET,
        None,
        "The secret that signs tokens (HS256). Without it one is made on the first run and kept in "
        "`jwt-secret` in the home folder.",
        secret=True,
    )
    jwt_public_key: str | None = setting(
        "TRIMTAB_JWT_PUBLIC_KEY",
        PUBLIC_KEY,
        None,
        "The public key of whoever issues your tokens, or its file; RS256, ES256 or EdDSA, as the key is. "
        "HS256 tokens are then accepted only where TRIMTAB_JWT_SECRET is set too.",
    )
    jwt_issuer: str | None = setting(
        "TRIMTAB_JWT_ISSUER", TEXT, None, "What the `iss` of a token must be, where set."
    )
    jwt_audience: str | None = setting(
        "TRIMTAB_JWT_AUDIENCE", TEXT, None, "What the `aud` of a token must hold, where set."
    )
    oidc_issuers: "tuple[ExternalIssuer, ...] | None" = setting(
        "TRIMTAB_OIDC_ISSUERS",
        ISSUERS,
        None,
        "Others whose tokens count, each for tenants of its own: name, issuer, audience, algorithm, and how its keys "
        "are found (see the page on tenants).",
    )
    registration: Registration = setting(
        "TRIMTAB_REGISTRATION",
        choice(Registration),
        "open",
        "Who may make an account: anybody (open), or only who was invited.",
    )
    session_ttl: timedelta = setting(
        "TRIMTAB_SESSION_TTL",
        DURATION,
        "30d",
        "How long a session lasts that is not refreshed. Access tokens live for an hour.",
    )
    signing_key_rotation: timedelta = setting(
        "TRIMTAB_SIGNING_KEY_ROTATION",
        DURATION,
        "90d",
        "How old the key that signs access tokens becomes before the next one takes its place.",
    )
    smtp_url: str | None = setting(
        "TRIMTAB_SMTP_URL",
        url("smtp", "smtps"),
        None,
        "The server that mail is handed to, such as smtps://user:password@mail.example.com. Without it mail becomes "
        "files in `outbox` in the home folder.",
        secret=True,
    )
    mail_from: str = setting("TRIMTAB_MAIL_FROM", TEXT, "Trimtab <trimtab@localhost>", "Who mail comes from.")
    password_reset_url: str | None = setting(
        "TRIMTAB_PASSWORD_RESET_URL",
        url("https", "http"),
        None,
        "A page of yours where a new password is chosen; the mail leads there, with `#token=…`. Without it the mail "
        "says which request to send.",
    )
    operator_tenant: str | None = setting(
        "TRIMTAB_OPERATOR_TENANT",
        TEXT,
        None,
        "The tenant of whoever runs the service: with the scope `admin` it may import the market data that all "
        "tenants read. Without it only the command line can.",
    )

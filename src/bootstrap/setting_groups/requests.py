"""What a request may be, and how many there may be."""

from dataclasses import dataclass

from application.tiers import ALLOWANCES, Tier
from bootstrap.setting import setting
from bootstrap.setting_kinds import BYTES, FLAG, HOST_NAMES, NETWORKS, ORIGINS, PATIENCE, Network, whole, word


@dataclass(frozen=True, kw_only=True)
class RequestSettings:
    """Requests and limits."""

    require_https: bool = setting(
        "TRIMTAB_REQUIRE_HTTPS",
        FLAG,
        "false",
        "Refuse plain HTTP behind a trusted proxy and send HSTS. Loopback requests are exempt.",
    )
    trusted_proxies: tuple[Network, ...] = setting(
        "TRIMTAB_TRUSTED_PROXIES", NETWORKS, "", "The proxies whose X-Forwarded-* headers are believed."
    )
    allowed_hosts: frozenset[str] = setting(
        "TRIMTAB_ALLOWED_HOSTS",
        HOST_NAMES,
        "",
        "The host names that requests may be addressed to, besides that of TRIMTAB_PUBLIC_URL. Without it: any, but "
        "only loopback names for requests straight from this machine, which a page in a browser may have had made.",
    )
    cors_origins: frozenset[str] = setting(
        "TRIMTAB_CORS_ORIGINS",
        ORIGINS,
        "",
        "The origins whose pages may use the API from a browser, the refresh cookie included. Without it: none.",
    )
    body_max_bytes: int = setting(
        "TRIMTAB_BODY_MAX_BYTES", BYTES, "1MB", "The largest request body, imported files aside."
    )
    body_seconds: float = setting(
        "TRIMTAB_BODY_SECONDS",
        PATIENCE,
        "30",
        "How long a request body may take to arrive; a large one gets a second more for each 100 KB of it.",
    )
    request_seconds: float = setting(
        "TRIMTAB_REQUEST_SECONDS",
        PATIENCE,
        "90",
        "How long an answer may take to begin, once the body is there. Imports and the calculators under "
        "/v1/analytics have limits of their own.",
    )
    default_tier: Tier = setting(
        "TRIMTAB_DEFAULT_TIER",
        word(*ALLOWANCES),
        "self_hosted",
        "The tier of tenants that have none of their own. On self_hosted everything is counted, and nothing but the "
        "class auth is refused.",
    )
    limit_auth: int = setting(
        "TRIMTAB_LIMIT_AUTH_PER_MINUTE",
        whole(1, 1_000_000),
        "10",
        "Requests a minute to each route under /v1/auth, by address, by account and address to sign in, and by tenant.",
    )
    limit_compute: int = setting(
        "TRIMTAB_LIMIT_COMPUTE_PER_MINUTE",
        whole(1, 1_000_000),
        "20",
        "Calculations a minute and tenant on the tier free; pro has 5 times as many, quant 20 and enterprise 50 times. "
        "The same holds for the three that follow.",
    )
    limit_write: int = setting(
        "TRIMTAB_LIMIT_WRITE_PER_MINUTE", whole(1, 1_000_000), "30", "Writes a minute and tenant."
    )
    limit_read: int = setting(
        "TRIMTAB_LIMIT_READ_PER_MINUTE", whole(1, 1_000_000), "60", "Reads a minute and tenant."
    )
    limit_default: int = setting(
        "TRIMTAB_LIMIT_DEFAULT_PER_MINUTE",
        whole(1, 1_000_000),
        "100",
        "Other requests a minute, by address where they show no credential; a fifth of them within 10 seconds.",
    )

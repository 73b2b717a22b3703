"""Bring the database to this version's schema, and the bundled market data into it."""

from urllib.parse import unquote, urlsplit

from bootstrap.bundled import load
from bootstrap.settings import Settings, derived_api_password


def migrate(settings: Settings) -> None:
    """Apply all missing migrations as the owner, let the API's role log in, and load what data everybody has."""
    from infrastructure.postgres.migrate import migrate as apply

    assert settings.database_url is not None
    own = settings.own_api_database_url
    secret = unquote(urlsplit(settings.database_url).password or "") or settings.signing_secret()
    password = unquote(urlsplit(own).password or "") if own else derived_api_password(secret)
    apply(settings.database_url, api_password=password)
    load(settings.database_url)

from infrastructure.imports.findings import Flaw
from infrastructure.marketdata.importing.listings import Candidate, choose, choose_to_describe
from infrastructure.marketdata.importing.prices import Key


def a_listing(
    listing_id: int, *, owner: str = "*", exchange: str | None = "XNAS", currency: str | None = "USD"
) -> Candidate:
    return Candidate(listing_id, owner, "AAPL", exchange, currency)


def a_key(exchange: str | None = None, currency: str | None = None) -> Key:
    return Key("AAPL", exchange, currency)


def chosen(key: Key, *candidates: Candidate) -> int | str | None:
    found = choose(key, candidates, "acme")
    return found.code if isinstance(found, Flaw) else found.listing_id if found else None


def test_what_a_row_leaves_open_may_be_anything() -> None:
    assert [chosen(key, a_listing(1)) for key in (a_key(), a_key("XNAS"), a_key(None, "USD"))] == [1, 1, 1]


def test_another_currency_or_exchange_is_another_instrument() -> None:
    assert chosen(a_key(None, "EUR"), a_listing(1)) is None
    assert chosen(a_key("XETR", "USD"), a_listing(1)) is None
    assert chosen(a_key(None, "EUR"), a_listing(1, currency=None)) is None


def test_an_exchange_that_nobody_said_fits_where_the_currency_does() -> None:
    assert chosen(a_key("XNAS", "USD"), a_listing(1, exchange=None)) == 1
    assert chosen(a_key("XNAS"), a_listing(1, exchange=None)) is None
    assert chosen(a_key("XNAS", "USD"), a_listing(1, exchange=None), a_listing(2)) == 2


def test_own_instruments_come_before_shared_ones() -> None:
    assert chosen(a_key(), a_listing(1), a_listing(2, owner="acme", currency="EUR")) == 2


def test_several_that_fit_alike_are_not_guessed_between() -> None:
    assert chosen(a_key(), a_listing(1), a_listing(2, currency="EUR")) == "ambiguous_ticker"
    assert chosen(a_key(), a_listing(1), a_listing(2, exchange=None, currency=None)) == 2


def test_nobody_is_nobody() -> None:
    assert chosen(a_key()) is None


def described(key: Key, *candidates: Candidate) -> int | str | None:
    found = choose_to_describe(key, candidates, "acme")
    return found.code if isinstance(found, Flaw) else found.listing_id if found else None


def test_a_description_names_the_currency_of_what_has_none() -> None:
    assert described(a_key(None, "EUR"), a_listing(1, currency=None)) == 1
    assert described(a_key("XNAS", "EUR"), a_listing(1, exchange=None, currency=None)) == 1
    assert described(a_key("XETR", "EUR"), a_listing(1, currency=None)) is None
    assert described(a_key(None, "EUR"), a_listing(1, currency="USD")) is None


def test_a_currency_goes_to_what_is_listed_in_it_before_what_has_none() -> None:
    assert (
        described(a_key(None, "EUR"), a_listing(1, owner="acme", currency=None), a_listing(2, currency="EUR"))
        == 2
    )


def test_a_currency_that_may_be_of_several_is_not_guessed() -> None:
    two = a_listing(1, currency=None), a_listing(2, exchange="XETR", currency=None)
    assert described(a_key(None, "EUR"), *two) == "ambiguous_ticker"

from decimal import Decimal

import pytest

from infrastructure.imports import words
from infrastructure.imports.findings import Flaw
from infrastructure.imports.vocabulary import country_code, market_code


@pytest.mark.parametrize(
    ("text", "ticker"),
    [
        (" aapl ", "AAPL"),
        ("SPAXX**", "SPAXX"),
        ("BRK.B", "BRK.B"),
        ("AAPL.L", "AAPL.L"),
        ("VOD LN", "VOD LN"),
        ("NA", "NA"),
        ("TRUE", "TRUE"),
        ("NAN", "NAN"),
        ("--", ""),
        ('="0700"', "0700"),
        ("\u00a0IBM\u200b", "IBM"),
    ],
)
def test_tickers_are_tidied_and_otherwise_left_alone(text: str, ticker: str) -> None:
    assert words.ticker(text) == ticker


@pytest.mark.parametrize("text", ["2025-03-01", "1-MAR"])
def test_a_ticker_turned_into_a_date_says_so(text: str) -> None:
    found = words.ticker(text)
    assert isinstance(found, Flaw)
    assert found.code == "ticker_destroyed"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("EQUITY", "equity"),
        ("Equities", "equity"),
        ("Stocks", "equity"),
        ("ETFs & Closed End Funds", "equity"),
        ("Fixed Income", "fixed_income"),
        ("fixed-income", "fixed_income"),
        ("Bond", "fixed_income"),
        ("Real Estate", "real_estate"),
        ("Aktien", "equity"),
        ("Cash and Money Market", "cash"),
        ("Equity and Index Options", "derivatives"),
        ("", ""),
    ],
)
def test_asset_classes_are_understood(text: str, name: str) -> None:
    assert words.asset_class(text) == name


def test_an_unknown_asset_class_is_told_in_the_words_of_the_api() -> None:
    found = words.asset_class("structured_note")
    assert isinstance(found, Flaw)
    assert (found.code, found.error) == ("unknown_asset_class", "Unknown asset_class 'structured_note'")


@pytest.mark.parametrize("text", ["us", "US", "USA", "United States", "U.S.", "Vereinigte Staaten"])
def test_a_country_has_many_names(text: str) -> None:
    assert country_code(text) == "US"


def test_namibia_is_a_country() -> None:
    assert country_code("NA") == "NA"


def test_a_word_that_is_no_country_is_left_out_with_a_note() -> None:
    assert words.geography("Emerging Markets") == words.Noted(
        None, "'Emerging Markets' is no country and was left out."
    )


@pytest.mark.parametrize(
    ("text", "code", "factor"),
    [("usd", "USD", "1"), ("GBX", "GBP", "0.01"), ("GBp", "GBP", "0.01"), ("GBP", "GBP", "1"), ("gbp", "GBP", "1"),
     ("€", "EUR", "1"), ("ZAc", "ZAR", "0.01")],
)  # fmt: skip
def test_currencies_and_their_hundredths(text: str, code: str, factor: str) -> None:
    assert words.currency(text) == (code, Decimal(factor))


def test_an_unknown_currency_is_a_flaw() -> None:
    assert isinstance(words.currency("XYZ"), Flaw)


def test_exchanges_become_market_codes() -> None:
    assert [market_code(text) for text in ("NASDAQ", "XETRA", "xlon", "Moon")] == [
        "XNAS",
        "XETR",
        "XLON",
        None,
    ]


def test_a_cusip_keeps_its_zero_or_gets_it_back() -> None:
    cusip = words.identifier_reader("cusip")
    assert cusip("037833100") == "037833100"
    assert cusip("37833100") == words.Noted(
        "037833100", "CUSIP 37833100 had lost its leading zero; read as 037833100."
    )


def test_a_cusip_that_a_spreadsheet_destroyed_says_so() -> None:
    found = words.identifier_reader("cusip")("3.5906E+104")
    assert isinstance(found, Flaw)
    assert found.code == "identifier_destroyed"
    assert "spreadsheet" in found.error


@pytest.mark.parametrize(
    ("kind", "text"), [("isin", "US0378331006"), ("cusip", "037833101"), ("sedol", "B15KXQ7")]
)
def test_a_wrong_check_digit_is_a_flaw(kind: str, text: str) -> None:
    found = words.identifier_reader(kind)(text)
    assert isinstance(found, Flaw)
    assert found.code == f"invalid_{kind}"

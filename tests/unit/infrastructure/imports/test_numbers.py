from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.imports.findings import Flaw
from infrastructure.imports.numbers import Mark, evidence, read_numbers

NBSP, THIN = "\u00a0", "\u202f"


def value(text: str, mark: Mark = ".") -> Decimal | None:
    return read_numbers([text], mark).values[0]


@pytest.mark.parametrize(
    ("text", "mark", "number"),
    [
        ("1,234.50", ".", "1234.50"),
        ("$1,234.00 ", ".", "1234.00"),
        ("($126.93)", ".", "-126.93"),
        ("$(126.93)", ".", "-126.93"),
        ("-$12.34", ".", "-12.34"),
        ("$-12.34", ".", "-12.34"),
        ("−5", ".", "-5"),
        ("+3.81", ".", "3.81"),
        ("1.373,44-", ",", "-1373.44"),
        ("1.234,50 EUR", ",", "1234.50"),
        ("CHF 1'234.50", ".", "1234.50"),
        ("1’234’567.8", ".", "1234567.8"),
        (f"1{NBSP}234,50 €", ",", "1234.50"),
        (f"12{THIN}345,6", ",", "12345.6"),
        ("10 St.", ".", "10"),
        ("1.5E+3", ".", "1.5E+3"),
        ('="12.50"', ".", "12.50"),
        (".5", ".", "0.5"),
        ("12,34,567.89", ".", "1234567.89"),
        ("0.00000001", ".", "1E-8"),
    ],
)
def test_numbers_are_read_as_brokers_write_them(text: str, mark: Mark, number: str) -> None:
    assert value(text, mark) == Decimal(number)


@pytest.mark.parametrize("text", ["", "--", "N/A", "n/a", "-", "—", "Incomplete", "   "])
def test_a_blank_in_any_dress_is_no_number_and_no_flaw(text: str) -> None:
    assert read_numbers([text], ".") == ([None], {}, {})


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "inf",
        "-Infinity",
        "abc",
        "12%",
        "1,23",
        "12 34",
        "1.2.3,4",
        "--5",
        "(-5)",
        "1_000",
        "٣",
        "=1+1",
    ],
)
def test_what_is_no_number_is_a_flaw(text: str) -> None:
    numbers = read_numbers([text], ".")
    assert numbers.values == [None]
    assert numbers.flaws[0].code == "invalid_number"


@pytest.mark.parametrize("text", ["1E+30", "1E-30", "1e9999", "9" * 19])
def test_absurd_magnitudes_are_refused(text: str) -> None:
    assert read_numbers([text], ".").flaws[0].code == "number_out_of_range"


def test_forty_one_digits_are_too_many() -> None:
    assert read_numbers(["0." + "1" * 41], ".").flaws[0].code == "invalid_number"


def test_excel_errors_are_named() -> None:
    assert read_numbers(["#DIV/0!"], ".").flaws[0].code == "formula_error"


def test_without_a_decided_mark_only_plain_integers_are_read() -> None:
    numbers = read_numbers(["100", "1,234"], None)
    assert numbers.values == [Decimal(100), None]
    assert numbers.flaws[1] == Flaw(
        "ambiguous_number",
        "'1,234' may be 1234 or 1.234",
        'Nothing in the file says which. Send mapping={"decimal_mark": "."} or {"decimal_mark": ","}.',
    )


def test_the_currency_in_a_cell_is_kept() -> None:
    assert read_numbers(["USD 12.50", "7"], ".").units == {0: "USD"}


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["1,234", "12.5"], "."),
        (["1.234", "12,5"], ","),
        (["1.234.567"], ","),
        (["1,234,567"], "."),
        (["1.234,5"], ","),
        (["0.125"], "."),
        (["1234.567"], "."),
        (["1'234.567"], "."),
        (["1,234"], None),
        (["100", "200"], None),
    ],
)
def test_a_column_shows_its_decimal_mark(texts: list[str], mark: Mark | None) -> None:
    assert evidence(texts).mark == mark


amounts = st.decimals(min_value=Decimal("-1e12"), max_value=Decimal("1e12"), places=4, allow_nan=False)


def written(number: Decimal, mark: str, group: str) -> str:
    return f"{number:,.4f}".replace(",", "G").replace(".", mark).replace("G", group)


@given(
    st.lists(amounts, min_size=1),
    st.sampled_from([(".", ","), (",", "."), (".", "'"), (",", " "), (".", "")]),
)
def test_numbers_survive_being_written_in_any_convention(
    numbers: list[Decimal], convention: tuple[Mark, str]
) -> None:
    mark, group = convention
    texts = [written(number, mark, group) for number in numbers]
    assert evidence(texts).mark == mark
    assert read_numbers(texts, mark).values == numbers


@given(st.lists(st.text(max_size=30)))
def test_no_text_makes_the_reader_raise(texts: list[str]) -> None:
    for mark in (".", ",", None):
        numbers = read_numbers(texts, mark)
        assert len(numbers.values) == len(texts)
        assert all(number is None or number.is_finite() for number in numbers.values)


def test_grouped_dollars_keep_to_the_same_range() -> None:
    assert read_numbers(["$1,000,000,000,000,000,000,000.00"], ".").flaws[0].code == "number_out_of_range"


dollars = st.decimals(min_value=Decimal("-1e11"), max_value=Decimal("1e11"), places=2, allow_nan=False)


@given(st.lists(dollars, min_size=1), st.sampled_from(["{:,.2f}", "${:,.2f}", "${:,.2f} ", "${:.2f}"]))
def test_dollar_columns_are_read_at_once_and_exactly(numbers: list[Decimal], form: str) -> None:
    texts = [f"({form.format(-n).strip()})" if n < 0 else form.format(n) for n in numbers]
    assert evidence([*texts, "--", "N/A", ""]).mark == "."
    assert read_numbers([*texts, "--"], ".").values == [*numbers, None]

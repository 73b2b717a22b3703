from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import cusip, figi, isin
from stdnum.gb import sedol

from domain.identifiers import is_cusip, is_figi, is_isin, is_sedol

ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CONSONANTS = "0123456789BCDFGHJKLMNPQRSTVWXYZ"
BEYOND_THE_ORACLE = ("EZ", "XT", "XK")


@pytest.mark.parametrize(
    "text", ["US0378331005", "DE0007164600", "XS2010031057", "IE00B4L5Y983", "CH0038863350"]
)
def test_a_true_isin_is_known(text: str) -> None:
    assert is_isin(text)


@pytest.mark.parametrize(
    "text", ["US0378331006", "ZZ0378331005", "us0378331005", "US037833100", "", "US03783310O5"]
)
def test_a_false_isin_is_refused(text: str) -> None:
    assert not is_isin(text)


@pytest.mark.parametrize("prefix", ["EZ", "XT", "XS"])
def test_prefixes_of_derivatives_and_tokens_are_isins(prefix: str) -> None:
    assert any(is_isin(f"{prefix}123456789{digit}") for digit in range(10))


@pytest.mark.parametrize(
    ("known", "text"),
    [
        (is_cusip, "037833100"),
        (is_cusip, "38259P508"),
        (is_sedol, "0263494"),
        (is_sedol, "B15KXQ8"),
        (is_figi, "BBG000B9XRY4"),
    ],
)
def test_true_identifiers_are_known_and_one_wrong_digit_is_not(
    known: Callable[[str], bool], text: str
) -> None:
    assert known(text)
    assert not known(text[:-1] + str((int(text[-1]) + 1) % 10))


@given(
    st.tuples(
        st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2) | st.sampled_from(["US", "DE", "XS"]),
        st.text(ALPHANUMERIC, min_size=9, max_size=9),
        st.sampled_from("0123456789"),
    ).map("".join)
)
def test_isin_agrees_with_stdnum(text: str) -> None:
    if not text.startswith(BEYOND_THE_ORACLE):
        assert is_isin(text) == isin.is_valid(text)


@given(st.text(ALPHANUMERIC + "*@#", min_size=8, max_size=8), st.sampled_from("0123456789"))
def test_cusip_agrees_with_stdnum(base: str, digit: str) -> None:
    assert is_cusip(base + digit) == cusip.is_valid(base + digit)


@given(st.text(CONSONANTS, min_size=6, max_size=6) | st.text("0123456789", min_size=6, max_size=6))
def test_sedol_agrees_with_stdnum(base: str) -> None:
    found = [base + str(digit) for digit in range(10) if is_sedol(base + str(digit))]
    assert found == [base + str(digit) for digit in range(10) if sedol.is_valid(base + str(digit))]


@given(st.text("BCDFGHJKLMNPQRSTVWXYZ", min_size=2, max_size=2), st.text(CONSONANTS, min_size=8, max_size=8))
def test_figi_agrees_with_stdnum(prefix: str, middle: str) -> None:
    if prefix not in ("GH", "KY"):  # forbidden by the standard, unknown to the oracle
        texts = [f"{prefix}G{middle}{digit}" for digit in range(10)]
        assert [is_figi(text) for text in texts] == [figi.is_valid(text) for text in texts]


@given(st.text(max_size=14))
def test_no_text_makes_a_check_raise(text: str) -> None:
    assert [known(text) in (True, False) for known in (is_isin, is_cusip, is_sedol, is_figi)] == [True] * 4

from collections.abc import Callable
from decimal import Decimal

import pytest

from application.positions.file import ParsedFile, failed_rows_csv

Read = Callable[..., ParsedFile]


def codes(parsed: ParsedFile) -> list[str]:
    return [warning.code for warning in parsed.warnings]


def problems(parsed: ParsedFile) -> list[tuple[int, str | None, str]]:
    return [(error.row, error.column, error.code) for error in parsed.errors]


def test_all_errors_are_told_at_once(read: Read) -> None:
    parsed = read(
        "ticker,asset_class,quantity,current_price,currency,isin,cusip\n"
        "A,structured_note,x,-1,USD,US0378331006,3.5906E+104\n"
        ",equity,,5,XYZ,,\n"
        "C,equity,-5,1,USD,,\n"
    )
    assert problems(parsed) == [
        (2, "quantity", "invalid_number"),
        (2, "isin", "invalid_isin"),
        (2, "cusip", "identifier_destroyed"),
        (2, "asset_class", "unknown_asset_class"),
        (2, "current_price", "negative_price"),
        (3, "currency", "unknown_currency"),
        (3, "quantity", "missing_quantity"),
        (3, "ticker", "missing_identifier"),
    ]
    assert (parsed.errors_total, parsed.rows_with_errors, parsed.rows_total) == (8, 2, 3)
    assert [row.quantity for row in parsed.positions] == [-5]


def test_the_list_of_errors_ends_at_a_thousand_and_the_count_does_not(read: Read) -> None:
    parsed = read("ticker,quantity\n" + "A,x\n" * 1500)
    assert (len(parsed.errors), parsed.errors_total, parsed.rows_with_errors) == (1000, 1500, 1500)
    assert len(parsed.failed_rows) == 1500


def test_a_position_may_come_without_ticker_when_an_identifier_is_there(read: Read) -> None:
    parsed = read("isin,quantity\nUS0378331005,5\n")
    assert (parsed.positions[0].ticker, parsed.positions[0].isin) == ("", "US0378331005")


def test_an_isin_in_the_ticker_column_is_an_isin(read: Read) -> None:
    parsed = read("symbol,quantity\nUS0378331005,5\n037833100,1\nAAPL,2\n")
    assert [(row.ticker, row.isin, row.cusip) for row in parsed.positions] == [
        ("", "US0378331005", None),
        ("", None, "037833100"),
        ("AAPL", None, None),
    ]


def test_lots_of_one_holding_add_up_and_their_cost_is_averaged(read: Read) -> None:
    parsed = read("ticker,account,quantity,avg_cost_price\nA,x,1,10\nA,x,3,20\nA,y,2,5\n")
    assert [(row.row, row.quantity, row.avg_cost_price) for row in parsed.positions] == [
        (2, 4, Decimal("17.5")),
        (4, 2, 5),
    ]
    assert parsed.warnings[0].message == "Rows 2 and 3 hold one position and were added up."


def test_a_lot_without_cost_leaves_the_average_open(read: Read) -> None:
    parsed = read("ticker,quantity,avg_cost_price\nA,1,10\nA,3,\n")
    assert parsed.positions[0].avg_cost_price is None


def test_rows_that_differ_in_any_identity_stay_apart(read: Read) -> None:
    parsed = read("ticker,currency,quantity\nA,USD,1\nA,EUR,1\n")
    assert len(parsed.positions) == 2


@pytest.mark.parametrize(
    ("row", "amount", "currency"),
    [
        ("CASH,,cash,100,1,,USD", "100", "USD"),
        ("USD,US Dollar,cash,100,,,", "100", "USD"),
        ("CUR:EUR,,,50,1.0,,", "50.0", "EUR"),
        ("USD CASH,,,50,,,", "50", "USD"),
        ("Cash & Cash Investments,--,,--,--,11.50,", "11.50", None),
        (",Cash,,70,,,CHF", "70", "CHF"),
        ("VMFXX,Federal Money Market,,20,1.00,20,", "20.00", None),
        ("Pending Activity,,,,,-250.75,", "-250.75", None),
        ("CASH,,cash,100,1,,GBX", "1.00", "GBP"),
        ("CASH,,cash,-30,,,USD", "-30", "USD"),
    ],
)
def test_cash_in_all_its_forms_is_never_a_position(
    read: Read, row: str, amount: str, currency: str | None
) -> None:
    parsed = read(f"ticker,security_name,asset_class,quantity,current_price,market_value,currency\n{row}\n")
    assert parsed.positions == []
    assert [(str(cash.amount), cash.currency) for cash in parsed.cash] == [(amount, currency)]


@pytest.mark.parametrize(
    "row",
    ["USD,ProShares Ultra Semiconductors,equity,10,60,,", "CASH,Pathward Financial,equity,5,70,,",
     "ABCXX,Not At One,equity,5,12.5,,", "PEND,Pending Inc,equity,1,1,,"],
)  # fmt: skip
def test_securities_that_look_like_cash_stay_positions(read: Read, row: str) -> None:
    parsed = read(f"ticker,security_name,asset_class,quantity,current_price,market_value,currency\n{row}\n")
    assert (len(parsed.positions), parsed.cash) == (1, [])


def test_money_market_funds_and_pending_activity_are_told_in_the_report(read: Read) -> None:
    parsed = read("symbol,quantity,current value\nSPAXX**,,$10.00\nPending Activity,,$5.00\n")
    assert codes(parsed) == ["money_market_as_cash", "pending_as_cash"]


def test_cash_is_not_told_as_a_money_market_fund(read: Read) -> None:
    parsed = read("ticker,security_name,asset_class,quantity,current_price\nUSD,Cash,cash,500,1\n")
    assert [(str(cash.amount), cash.currency) for cash in parsed.cash] == [("500", "USD")]
    assert codes(parsed) == []


def test_a_total_cost_basis_is_recognised_by_its_header(read: Read) -> None:
    parsed = read("symbol,quantity,cost basis total\nA,4,100\nB,-4,100\n")
    assert [row.avg_cost_price for row in parsed.positions] == [25, 25]
    assert codes(parsed) == ["cost_basis_divided"]


@pytest.mark.parametrize(
    ("basis", "cost", "code"), [("1000", "100", "cost_basis_divided"), ("95", "95", "cost_basis_per_unit")]
)
def test_a_bare_cost_basis_is_judged_by_the_prices(read: Read, basis: str, cost: str, code: str) -> None:
    parsed = read(f"symbol,quantity,price,cost basis\nA,10,110,{basis}\n")
    assert str(parsed.positions[0].avg_cost_price) == cost
    assert codes(parsed) == [code]


def test_a_bare_cost_basis_without_prices_is_left_out_and_asked_about(read: Read) -> None:
    table = "symbol,quantity,cost basis\nA,10,1000\n"
    asked = read(table)
    assert (asked.positions[0].avg_cost_price, codes(asked)) == (None, ["cost_basis_unclear"])
    assert read(table, cost_basis="total").positions[0].avg_cost_price == 100
    assert read(table, cost_basis="per_unit").positions[0].avg_cost_price == 1000


def test_a_missing_price_is_the_value_divided_by_the_quantity(read: Read) -> None:
    parsed = read("symbol,quantity,price,market value\nA,4,,100\nB,1,5,5\n")
    assert [row.current_price for row in parsed.positions] == [25, 5]
    assert codes(parsed) == ["price_derived"]


def test_a_market_value_that_does_not_fit_is_told(read: Read) -> None:
    parsed = read("symbol,quantity,price,market value\nA,4,10,100\nB,1,5,5.04\n")
    assert [(warning.row, warning.code) for warning in parsed.warnings] == [(2, "market_value_mismatch")]


def test_a_bond_quoted_per_hundred_is_brought_to_one(read: Read) -> None:
    parsed = read("symbol,asset class,quantity,price,avg cost,market value\nT,Bond,10000,99.1,98,9910\n")
    row = parsed.positions[0]
    assert (row.current_price, row.avg_cost_price) == (Decimal("0.991"), Decimal("0.98"))
    assert codes(parsed) == ["bond_price_per_100"]


def test_pence_become_pounds(read: Read) -> None:
    parsed = read("symbol,quantity,price,avg cost,currency\nVOD,10,69.52,70,GBX\n")
    row = parsed.positions[0]
    assert (row.currency, row.current_price, row.avg_cost_price) == (
        "GBP",
        Decimal("0.6952"),
        Decimal("0.70"),
    )


@pytest.mark.parametrize("header", ["Price (EUR)", "Price in EUR", "Price [EUR]"])
def test_a_currency_in_the_header_is_the_currency(read: Read, header: str) -> None:
    assert read(f"symbol,quantity,{header}\nSAP,1,243.5\n").positions[0].currency == "EUR"


def test_an_ambiguous_column_is_decided_by_its_neighbours(read: Read) -> None:
    parsed = read("symbol;quantity;price\nA;1.234;12,50\n")
    assert parsed.positions[0].quantity == 1234


def test_an_ambiguous_column_is_decided_by_arithmetic(read: Read) -> None:
    parsed = read("symbol\tquantity\tprice\tmarket value\nA\t1,234\t100\t123400\n")
    assert parsed.positions[0].quantity == 1234


def test_an_ambiguous_column_is_decided_by_the_delimiter_and_told(read: Read) -> None:
    english, semicolons = read('symbol,quantity\nA,"1,234"\n'), read("symbol;quantity\nA;1,234\n")
    assert (english.positions[0].quantity, codes(english)) == (1234, ["decimal_mark_assumed"])
    assert (semicolons.positions[0].quantity, codes(semicolons)) == (
        Decimal("1.234"),
        ["decimal_mark_assumed"],
    )


@pytest.mark.parametrize(
    "table", ["symbol;quantity\nA;1.234\nB;100\n", "symbol\tquantity\nA\t1,234\nB\t100\n"]
)
def test_what_stays_ambiguous_is_asked_about_and_a_mapping_answers(read: Read, table: str) -> None:
    parsed = read(table)
    assert problems(parsed) == [(2, "quantity", "ambiguous_number")]
    assert "decimal_mark" in parsed.errors[0].message
    answers = {str(read(table, decimal_mark=mark).positions[0].quantity) for mark in (".", ",")}
    assert answers == {"1234", "1.234"}


def test_a_cell_against_the_mark_of_its_column_is_an_error(read: Read) -> None:
    parsed = read('symbol,quantity\nA,1.5\nB,2.5\nC,"3,5"\n')
    assert problems(parsed) == [(4, "quantity", "invalid_number")]


def test_failed_rows_come_back_as_a_table_that_can_be_sent_again(read: Read) -> None:
    parsed = read("ticker,security_name,quantity\nA,=HYPERLINK(1),x\nB,ok,1\nC,-5% Note,-$3x\n")
    assert failed_rows_csv(parsed) == (
        "ticker,security_name,quantity,error\r\n"
        "A,'=HYPERLINK(1),x,'x' is not a number\r\n"
        "C,'-5% Note,'-$3x,'-$3x' is not a number\r\n"
    )


def test_numbers_of_failed_rows_stay_numbers(read: Read) -> None:
    parsed = read("ticker,asset_class,quantity,current_price\nA,nonsense,-5,-$1.50\n")
    assert failed_rows_csv(parsed).splitlines()[1].startswith("A,nonsense,-5,-$1.50,Unknown asset_class")


def test_an_isin_and_a_cusip_of_different_securities_are_told(read: Read) -> None:
    parsed = read("ticker,quantity,isin,cusip\nA,1,US0378331005,594918104\nB,1,US0378331005,037833100\n")
    assert [(warning.row, warning.code) for warning in parsed.warnings] == [(2, "isin_cusip_mismatch")]


def test_the_currency_written_in_the_prices_counts_when_the_column_is_empty(read: Read) -> None:
    assert read("ticker,quantity,price,currency\nVOD,1,£0.70,\n").positions[0].currency == "GBP"


def test_a_name_alone_does_not_make_cash_of_a_classed_security(read: Read) -> None:
    parsed = read(
        "ticker,security_name,asset_class,quantity\nT0,Cash,equity,1\nT1,Pending Activity,equity,1\n"
    )
    assert [row.ticker for row in parsed.positions] == ["T0", "T1"]

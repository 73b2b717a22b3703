import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date
from typing import Any

import msgspec
import psycopg
import pytest
from tests.support.callers import a_caller
from tests.support.database import as_api

from application.idempotency import Idempotency
from application.ledger import LostRace
from application.market.imports import ImportMarketData, MarketImportReport
from bootstrap.ledger import ledger_on
from domain.errors import Refused
from domain.market import SHARED, Kind
from infrastructure.marketdata.importing.imports import PostgresMarketImports
from infrastructure.postgres.connect import pool

TODAY = date(2026, 11, 20)
PRICES = (
    "date,ticker,currency,open,high,low,close,adjusted_close,volume\n"
    "2023-12-29,AAPL,USD,193.9,194.4,191.73,192.53,191.6,42628800\n"
    "2024-01-02,AAPL,USD,187.15,188.44,183.89,185.64,184.7,82488700\n"
    "2024-01-03,AAPL,USD,184.22,185.88,183.43,184.25,183.3,58414500\n"
    "2024-01-02,MSFT,USD,373.86,375.9,366.77,370.87,366.2,25258600\n"
)


@pytest.fixture
async def imports(database_url: str) -> AsyncIterator[PostgresMarketImports]:
    async with pool(as_api(database_url), "test", size=3) as connections:
        ledger_on(connections)  # registers what events decode into
        yield PostgresMarketImports(connections)


@pytest.fixture
def rows(database_url: str) -> Callable[[str], list[Any]]:
    def ask(query: str) -> list[Any]:
        with psycopg.connect(database_url, autocommit=True) as connection:
            found = connection.execute(query.encode()).fetchall()
        return [row[0] if len(row) == 1 else row for row in found]

    return ask


def a_command(kind: Kind = "prices", **changed: Any) -> ImportMarketData:
    told: dict[str, Any] = {
        "kind": kind,
        "owner": "acme",
        "caller": a_caller(),
        "filename": "file.csv",
        "today": TODAY,
    }
    return ImportMarketData(**{**told, **changed})


async def imported(
    imports: PostgresMarketImports, text: str | bytes, kind: Kind = "prices", **changed: Any
) -> MarketImportReport:
    content = text if isinstance(text, bytes) else text.encode()
    done = await imports.run(a_command(kind, **changed), content)
    assert done.refusal is None, done.refusal
    assert done.report is not None
    return done.report


def counts(report: MarketImportReport) -> tuple[int, int, int, int]:
    """Valid, unchanged, revised and wrong rows."""
    return report.rows_imported, report.rows_unchanged, report.rows_revised, report.rows_with_errors


def bars(rows: Callable[[str], list[Any]], ticker: str = "AAPL", owner: str = "acme") -> list[Any]:
    return rows(
        "select day::text, open, high, low, close, adjusted, volume from market.listing l, "
        f"market.bars_of('{owner}', l.listing_id) b where l.ticker = '{ticker}' order by day"
    )


async def test_prices_are_kept_as_they_were_written(imports: Any, rows: Any) -> None:
    report = await imported(imports, PRICES)
    assert counts(report) == (4, 0, 0, 0)
    assert (report.instruments_created, report.start, report.end) == (2, date(2023, 12, 29), date(2024, 1, 3))
    assert bars(rows) == [
        ("2023-12-29", 193.9, 194.4, 191.73, 192.53, 191.6, 42628800),
        ("2024-01-02", 187.15, 188.44, 183.89, 185.64, 184.7, 82488700),
        ("2024-01-03", 184.22, 185.88, 183.43, 184.25, 183.3, 58414500),
    ]
    assert rows(
        "select ticker, day::text, close, previous_day::text, previous_close from market.newest_bar "
        "join market.listing using (listing_id) order by ticker"
    ) == [("AAPL", "2024-01-03", 184.25, "2024-01-02", 185.64), ("MSFT", "2024-01-02", 370.87, None, None)]


async def test_the_import_its_report_and_its_event_are_recorded_together(imports: Any, rows: Any) -> None:
    done = await imports.run(a_command(), PRICES.encode())
    (stored,) = rows("select import_id, owner, kind, rows, revised, report from market.import")
    assert stored[:5] == (done.report.import_id, "acme", "prices", 4, 0)
    assert msgspec.convert(stored[5], MarketImportReport) == done.report
    topics = rows("select topic, tenant_id, position from events.event order by position")
    assert topics == [("market.started", "acme", 1), ("market.prices-imported", "acme", 2)]
    assert done.position == 2
    (told,) = rows("select state from events.event where topic = 'market.prices-imported'")
    assert (told["tickers"], told["rows"], told["start"]) == (["AAPL", "MSFT"], 4, "2023-12-29")


async def test_the_same_file_twice_changes_nothing_and_tells_nothing(imports: Any, rows: Any) -> None:
    first = await imported(imports, PRICES)
    again = await imports.run(a_command(), PRICES.encode())
    assert counts(again.report) == (4, 4, 0, 0)
    assert (again.report.import_id, again.position) == (first.import_id, None)
    assert rows("select count(*) from market.import") == [1]
    assert rows("select count(*) from market.bars") == [3]
    assert rows("select count(*) from events.event") == [2]


async def test_a_correction_is_a_revision_and_what_was_known_stays(imports: Any, rows: Any) -> None:
    await imported(imports, PRICES)
    (before,) = rows("select recorded_at from market.import")
    report = await imported(imports, PRICES.replace("185.64", "185.94"))
    assert counts(report) == (4, 3, 1, 0)
    assert [row[4] for row in bars(rows)] == [192.53, 185.94, 184.25]
    earlier = rows(
        "select close from market.listing l, market.bars_of('acme', l.listing_id, '-infinity', 'infinity', "
        f"'{before.isoformat()}') where ticker = 'AAPL' order by day"
    )
    assert earlier == [192.53, 185.64, 184.25]
    assert rows("select sum(cardinality(days)) from market.bars") == [5]
    assert rows("select previous_close from market.newest_bar where day = '2024-01-03'") == [185.94]


async def test_what_a_later_file_does_not_say_stays(imports: Any, rows: Any) -> None:
    await imported(imports, PRICES)
    report = await imported(imports, "date,ticker,close\n2024-01-02,AAPL,185.64\n2024-01-03,AAPL,\n")
    assert counts(report) == (1, 1, 0, 1)
    volume = await imported(imports, "date,ticker,close,volume\n2024-01-02,AAPL,185.64,5\n")
    assert counts(volume) == (1, 0, 1, 0)
    assert bars(rows)[1] == ("2024-01-02", 187.15, 188.44, 183.89, 185.64, 184.7, 5)


async def test_a_corrected_close_keeps_its_adjustment(imports: Any, rows: Any) -> None:
    await imported(imports, "date,ticker,close,adjusted_close\n2024-01-02,A,100,50\n")
    await imported(imports, "date,ticker,close\n2024-01-02,A,102\n")
    assert [row[4:6] for row in bars(rows, "A")] == [(102, 51)]


async def test_many_instruments_are_compared_a_few_at_a_time(
    imports: Any, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infrastructure.marketdata.importing.bars.BARS_AT_ONCE", 2)
    assert counts(await imported(imports, PRICES)) == (4, 0, 0, 0)
    assert counts(await imported(imports, PRICES)) == (4, 4, 0, 0)
    assert counts(await imported(imports, PRICES.replace("370.87", "371").replace("192.53", "193"))) == (
        4,
        2,
        2,
        0,
    )
    assert rows(
        "select ticker, day::text, close from market.newest_bar join market.listing using (listing_id)"
        " order by 1"
    ) == [("AAPL", "2024-01-03", 184.25), ("MSFT", "2024-01-02", 371.0)]
    told = "select json_array_length(state->'listing_ids') from events.event where topic = 'market.prices-imported'"
    assert rows(told + " order by position") == [2, 2]


async def test_rows_that_contradict_each_other_are_errors_and_repeated_ones_are_not(imports: Any) -> None:
    text = (
        "date,ticker,close\n2024-01-02,A,1\n2024-01-02,A,2\n2024-01-03,A,3\n2024-01-03,A,3\n2024-01-04,A,4\n"
    )
    report = await imported(imports, text)
    assert [(issue.row, issue.code) for issue in report.errors] == [
        (2, "contradicting_rows"),
        (3, "contradicting_rows"),
    ]
    assert counts(report) == (3, 1, 0, 2)
    assert "repeated_rows" in {warning.code for warning in report.warnings}


async def test_an_instrument_whose_rows_all_contradict_each_other_is_known_by_name_only(
    imports: Any, rows: Any
) -> None:
    report = await imported(imports, "date,ticker,close\n2024-01-02,new,1\n2024-01-02,NEW,2\n")
    assert (counts(report), report.instruments_created) == ((0, 0, 0, 2), 1)
    assert rows("select state->'tickers' from events.event where topic = 'market.prices-imported'") == [
        ["NEW"]
    ]


async def test_abort_imports_nothing_where_a_row_is_wrong(imports: Any, rows: Any) -> None:
    for text in (
        "date,ticker,close\nx,A,1\n2024-01-02,A,1\n",
        "date,ticker,close\n2024-01-02,A,1\n2024-01-02,A,2\n",
    ):
        with pytest.raises(Refused) as refused:
            await imports.run(a_command(on_error="abort"), text.encode())
        assert refused.value.violations[0].field == "row 2"
    assert rows("select count(*) from market.listing") == [0]
    assert rows("select count(*) from events.event") == [0]


async def test_a_dry_run_says_what_would_happen_and_does_nothing(imports: Any, rows: Any) -> None:
    report = await imported(imports, PRICES, dry_run=True)
    assert (counts(report), report.import_id, report.instruments_created) == ((4, 0, 0, 0), None, 2)
    for table in ("import", "listing", "bars", "newest_bar"):
        assert rows(f"select count(*) from market.{table}") == [0], table
    assert rows("select count(*) from events.event") == [0]


async def test_a_tenant_sees_nothing_of_another_ones_import(imports: Any, rows: Any) -> None:
    await imported(imports, PRICES)
    report = await imported(imports, PRICES, owner="other", caller=a_caller("other"))
    assert (counts(report), report.instruments_created) == ((4, 0, 0, 0), 2)
    assert rows("select owner, count(*) from market.listing group by 1 order by 1") == [
        ("acme", 2),
        ("other", 2),
    ]


async def test_a_tenants_prices_of_a_shared_instrument_go_beside_the_shared_ones(
    imports: Any, rows: Any
) -> None:
    await imported(imports, PRICES, owner=SHARED, caller=a_caller("operator"))
    report = await imported(imports, "date,ticker,close\n2024-01-03,AAPL,200\n")
    assert (counts(report), report.instruments_created) == ((1, 0, 0, 0), 0)
    assert [row[4] for row in bars(rows)] == [192.53, 185.64, 200]
    assert [row[4] for row in bars(rows, owner="other")] == [192.53, 185.64, 184.25]
    assert rows("select tenant_id from events.event order by position") == ["*", "*", "acme", "acme"]


async def test_a_ticker_listed_twice_needs_to_say_which(imports: Any) -> None:
    await imported(imports, "date,ticker,currency,close\n2024-01-02,VOD,USD,9\n2024-01-02,VOD,GBP,0.7\n")
    report = await imported(imports, "date,ticker,close\n2024-01-03,VOD,1\n2024-01-03,NEW,1\n")
    assert [(issue.row, issue.code) for issue in report.errors] == [(2, "ambiguous_ticker")]
    assert (report.rows_imported, report.instruments_created) == (1, 1)
    settled = await imported(imports, "date,ticker,currency,close\n2024-01-03,VOD,GBp,71\n")
    assert (settled.rows_imported, settled.instruments_created) == (1, 0)


async def test_an_answer_under_a_key_is_stored_even_where_nothing_changed(imports: Any, rows: Any) -> None:
    await imported(imports, PRICES)
    keyed = Idempotency(tenant="acme", route="POST /x", key="k", payload_hash=b"\1")
    done = await imports.run(a_command(idempotency=keyed), PRICES.encode())
    ((status, headers, body),) = rows("select status, headers, body from events.answer")
    assert (status, headers) == (201, {"Location": f"/v1/market/imports/{done.report.import_id}"})
    assert msgspec.json.decode(body, type=MarketImportReport) == done.report
    assert rows("select count(*) from events.event") == [2]
    with pytest.raises(LostRace):
        await imports.run(a_command(idempotency=keyed), PRICES.replace("185.64", "1").encode())
    assert [row[4] for row in bars(rows)] == [192.53, 185.64, 184.25]


async def test_exchange_rates_are_exact_and_revised_by_day(imports: Any, rows: Any) -> None:
    text = "date,base,quote,rate\n2024-01-02,EUR,USD,1.09560000000000001\n2024-01-03,EUR,USD,1.0919\n"
    assert counts(await imported(imports, text, "fx")) == (2, 0, 0, 0)
    assert counts(await imported(imports, text, "fx")) == (2, 2, 0, 0)
    assert counts(await imported(imports, text.replace("1.0919", "1.092"), "fx")) == (2, 1, 1, 0)
    assert [str(rate) for rate in rows("select rate from market.fx order by day, sequence")] == [
        "1.09560000000000001",
        "1.0919",
        "1.092",
    ]


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("2024-01-02,EUR,EUR,1", "target", "same_currency"),
        ("2024-01-02,EUR,XXQ,1", "target", "unknown_currency"),
        ("2024-01-02,,USD,1", "source", "missing"),
        ("2024-01-02,EUR,USD,0", "rate", "not_positive"),
        ("2024-01-02,EUR,USD,", "rate", "missing"),
        ("2024-01-02,GBX,USD,0.0127", "source", "minor_unit"),
        ("2027-01-02,EUR,USD,1", "date", "future_date"),
    ],
)
async def test_what_is_no_exchange_rate_is_left_out(imports: Any, row: str, column: str, code: str) -> None:
    report = await imported(imports, f"date,source,target,rate\n{row}\n", "fx")
    assert [(issue.row, issue.column, issue.code) for issue in report.errors] == [(2, column, code)]


async def test_a_pair_of_currencies_may_stand_in_one_column(imports: Any, rows: Any) -> None:
    await imported(imports, "date,pair,close\n2024-01-02,EUR/USD,1.1\n2024-01-02,GBPUSD=X,1.3\n", "fx")
    assert rows("select source || target from market.fx order by 1") == ["EURUSD", "GBPUSD"]


async def test_rates_that_look_like_percent_are_taken_and_doubted(imports: Any, rows: Any) -> None:
    text = (
        "date,currency,tenor,rate\n2024-01-02,USD,3M,5.25\n2024-01-02,INR,10y,0.0717\n2024-01-02,EUR,3m,12\n"
    )
    report = await imported(imports, text, "rates")
    assert [warning.code for warning in report.warnings] == ["looks_like_percent"]
    assert "USD 3m" in report.warnings[0].message
    assert [(issue.row, issue.code) for issue in report.errors] == [(4, "out_of_range")]
    assert rows("select tenor from market.rate order by currency") == ["10y", "3m"]


async def test_factor_returns_are_imported(imports: Any, rows: Any) -> None:
    text = "date,factor_name,return\n2024-01-02,Low Volatility,0.001\n2024-01-02,value,-99.99\n"
    report = await imported(imports, text, "factors")
    assert (counts(report), report.errors[0].code) == ((1, 0, 0, 1), "out_of_range")
    assert rows("select factor_name, value from market.factor") == [("low_volatility", 0.001)]


async def test_splits_and_dividends_are_understood_as_people_write_them(imports: Any, rows: Any) -> None:
    await imported(imports, PRICES)
    text = (
        "ex_date,ticker,kind,value,currency\n2020-08-31,AAPL,Stock Split,4-for-1,\n2024-02-09,AAPL,Dividend,0.24,USD\n"
        "2024-02-10,AAPL,merger,1,\n2024-02-11,AAPL,split,0,\n2024-02-12,AAPL,dividend,-1,\n"
    )
    report = await imported(imports, text, "actions")
    assert [(issue.row, issue.column, issue.code) for issue in report.errors] == [
        (4, "kind", "unknown_kind"),
        (5, "value", "not_positive"),
        (6, "value", "not_positive"),
    ]
    assert rows("select kind, value::float8, currency from market.action order by ex_date") == [
        ("split", 4, None),
        ("dividend", 0.24, "USD"),
    ]
    assert counts(await imported(imports, text, "actions")) == (2, 2, 0, 3)


async def test_a_comma_in_a_dividend_is_no_thousand_where_it_cannot_be(imports: Any, rows: Any) -> None:
    text = "ex_date;ticker;kind;value\n2024-02-09;AAPL;dividend;0,24\n2024-08-09;AAPL;split;2:1\n"
    assert counts(await imported(imports, text, "actions")) == (2, 0, 0, 0)
    assert rows("select value::float8 from market.action order by ex_date") == [0.24, 2.0]
    unclear = await imported(
        imports, "ex_date;ticker;kind;value\n2024-05-09;AAPL;dividend;1,234\n", "actions"
    )
    assert [issue.code for issue in unclear.errors] == ["ambiguous_number"]


async def test_what_is_said_of_instruments_is_added_up_field_by_field(imports: Any, rows: Any) -> None:
    text = "ticker,exchange,currency,name,sector,country\nAAPL,NASDAQ,USD,Apple Inc.,Technology,USA\n"
    first = await imported(imports, text, "instruments")
    assert (counts(first), first.instruments_created) == ((1, 0, 0, 0), 1)
    assert counts(await imported(imports, text, "instruments")) == (1, 1, 0, 0)
    isin = await imported(imports, "ticker,isin,kind\nAAPL,US0378331005,Stock\n", "instruments")
    assert (counts(isin), isin.instruments_created) == ((1, 0, 1, 0), 0)
    assert rows("select ticker, name, isin, sector, geography, kind from market.listings('acme')") == [
        ("AAPL", "Apple Inc.", "US0378331005", "technology", "US", "equity")
    ]


SET = "ticker,weight,sector\nAAPL,0.6,Technology\nXOM,0.4,Energy\n"


async def constituents(imports: Any, text: str | bytes, **changed: Any) -> MarketImportReport:
    given = {"benchmark": "SPX", "day": date(2024, 1, 2), **changed}
    return await imported(imports, text, "constituents", **given)


async def test_a_benchmark_is_a_dated_set_that_is_replaced_as_a_whole(imports: Any, rows: Any) -> None:
    await imported(imports, PRICES)
    assert counts(await constituents(imports, SET)) == (2, 0, 0, 0)
    assert counts(await constituents(imports, SET)) == (2, 2, 0, 0)
    assert counts(await constituents(imports, "ticker,weight\nAAPL,1\n")) == (1, 0, 1, 0)
    assert rows(
        "select ticker, weight::float8, listing_id is not null from market.constituents order by sequence, 1"
    ) == [
        ("AAPL", 0.6, True),
        ("XOM", 0.4, False),
        ("AAPL", 1, True),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ticker,weight\nA,0.5\nB,0.4\n", [("file", "weights_do_not_add_up")]),
        ("ticker,weight\nA,60\nB,40\n", [("file", "weights_do_not_add_up")]),
        ("ticker,weight\nA,1.2\nB,-0.2\n", [("row 3", "out_of_range")]),
        ("ticker,weight\nA,0.5\nA,0.5\n", [("row 3", "repeated")]),
        ("ticker,weight\nA,x\n,1\n", [("row 2", "invalid_number"), ("row 3", "missing")]),
    ],
)
async def test_a_set_with_anything_wrong_is_refused_with_all_of_it(
    imports: Any, rows: Any, text: str, expected: Sequence[tuple[str, str]]
) -> None:
    with pytest.raises(Refused) as refused:
        await constituents(imports, text)
    assert [(one.field, one.code) for one in refused.value.violations] == list(expected)
    assert rows("select count(*) from market.constituents") == [0]


async def test_violations_of_json_name_their_place_in_the_body(imports: Any) -> None:
    body = {
        "date": "2024-01-02",
        "constituents": [{"ticker": "A", "weight": "1.5"}, {"ticker": "B", "weight": "-0.5"}],
    }
    with pytest.raises(Refused) as refused:
        await constituents(imports, msgspec.json.encode(body), form="json")
    assert [one.field for one in refused.value.violations] == ["constituents.1.weight"]


@pytest.mark.parametrize(("day", "code"), [("0001-01-02", "out_of_range"), ("2027-01-02", "future_date")])
async def test_a_set_is_of_a_day_that_prices_may_have(imports: Any, day: str, code: str) -> None:
    body = {"date": day, "constituents": [{"ticker": "A", "weight": 1}]}
    with pytest.raises(Refused) as refused:
        await constituents(imports, msgspec.json.encode(body), form="json")
    assert [(one.field, one.code) for one in refused.value.violations] == [("date", code)]


async def test_imports_of_one_owner_come_one_after_the_other(imports: Any, rows: Any) -> None:
    texts = [f"date,ticker,close\n2024-01-02,A,{number}\n" for number in range(1, 4)]
    done = await asyncio.gather(*(imported(imports, text) for text in texts))
    assert sorted(counts(report)[2] for report in done) == [0, 1, 1]
    assert rows("select count(*) from market.listing") == [1]
    assert rows("select sequence = max(sequence) over () from market.newest_bar") == [True]


async def test_a_transaction_that_dies_leaves_nothing(imports: Any, rows: Any, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("alter function events.append(json, text[]) rename to append_away")
        with pytest.raises(psycopg.Error):
            await imported(imports, PRICES)
        owner.execute("alter function events.append_away(json, text[]) rename to append")
    assert rows("select count(*) from market.bars") == [0]
    assert counts(await imported(imports, PRICES)) == (4, 0, 0, 0)

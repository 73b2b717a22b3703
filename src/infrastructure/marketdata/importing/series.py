"""Exchange rates, interest rates and factor returns: one figure per name and day."""

import re
from collections import defaultdict
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Any, Final, LiteralString

import numpy as np
from psycopg import AsyncConnection

from infrastructure.imports import words
from infrastructure.imports.findings import Flaw
from infrastructure.marketdata.importing.cells import days_of, exact_of, numbers_of, words_of
from infrastructure.marketdata.importing.content import Content
from infrastructure.marketdata.importing.findings import Findings, cells
from infrastructure.marketdata.importing.tables import dates, each_once, upsert, valid_rows
from infrastructure.marketdata.importing.work import Import, Parsed, Written

_WRITE: LiteralString = """
with told as (
    select * from unnest({told}, %(day)s::date[], %({figure})s::{type}[]) as t ({names}, day, {figure})
), known as (
    select t.*, k.{figure} as before from told t
      left join lateral (select s.{figure} from market.{table} s
                          where {same} and s.owner = %(owner)s and s.day = t.day
                          order by s.sequence desc limit 1) k on true
), written as (
    insert into market.{table} ({names}, owner, day, {figure}, sequence, recorded_at)
    select {names}, %(owner)s, day, {figure}, %(sequence)s, %(recorded_at)s from known
     where before is distinct from {figure}
)
select {names}, before is not null from known where before is distinct from {figure}"""


def _write(table: LiteralString, names: tuple[LiteralString, ...], **figure: LiteralString) -> LiteralString:
    """Return the statement that writes what differs; `names` tell a series, and its figure comes with its type."""
    ((name, type_name),) = figure.items()
    return _WRITE.format(
        table=table,
        names=", ".join(names),
        told=", ".join(f"%({one})s::text[]" for one in names),
        same=" and ".join(f"s.{one} = t.{one}" for one in names),
        figure=name,
        type=type_name,
    )


WRITE_FX: Final = _write("fx", ("source", "target"), rate="numeric")
WRITE_RATES: Final = _write("rate", ("currency", "tenor"), rate="numeric")
WRITE_FACTORS: Final = _write("factor", ("factor_name",), value="float8")
LIKE_PERCENT: Final = Decimal("0.3")
"""Annual rates beyond it are rare; as percent nearly all rates are."""
LARGEST_RATE: Final = Decimal(10)
LARGEST_RETURN: Final = 1000.0
RETURNS_LIKE_PERCENT: Final = 0.05
_PAIR: Final = re.compile(r"([A-Za-z]{3})\s*[/\-_. ]?\s*([A-Za-z]{3})(?:=X)?")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_.+&-]{0,63}")


def parse_fx(content: Content, findings: Findings, today: date) -> Parsed:
    """Read exchange rates: units of the target currency per unit of the source."""
    days = days_of(content.columns["date"], "date", findings, today)
    sources, targets = _pairs(content, findings)
    rates = exact_of(content.columns["rate"], "rate", findings)
    shown = cells(content.columns["rate"])
    _require_figures(rates, "rate", findings)
    wrong = np.array([rate is not None and rate <= 0 for rate in rates], dtype=np.bool_)
    findings.error(wrong, "rate", Flaw("not_positive", "rate is not positive"), shown)
    same = np.array([one == other for one, other in zip(sources, targets, strict=True)], dtype=np.bool_)
    same &= findings.fits("source") & findings.fits("target") & findings.fits("pair")
    findings.error(same, "target", Flaw("same_currency", "source and target are the same currency"))
    keys = list(zip(sources, targets, dates(days, findings), strict=True))
    found = each_once(keys, rates, findings, "rate")

    async def write(connection: AsyncConnection[Any], work: Import) -> Written:
        columns: dict[str, list[Any]] = {
            "source": [key[0] for key in found],
            "target": [key[1] for key in found],
            "day": [key[2] for key in found],
            "rate": list(found.values()),
        }
        rows = await upsert(connection, WRITE_FX, columns | work._asdict())
        currencies = sorted({code for row in rows for code in row[:2]})
        return _written(rows, columns["day"], findings, {"currencies": currencies})

    return Parsed(content=content, findings=findings, write=write)


def parse_rates(content: Content, findings: Findings, today: date) -> Parsed:
    """Read interest rates: annual, as fractions."""
    days = days_of(content.columns["date"], "date", findings, today)
    currencies = words_of(content.columns["currency"], "currency", findings, _currency, "")
    tenors = words_of(content.columns["tenor"], "tenor", findings, _tenor, "")
    rates = exact_of(content.columns["rate"], "rate", findings)
    _require_figures(rates, "rate", findings)
    wrong = np.array([rate is not None and not -1 < rate < LARGEST_RATE for rate in rates], dtype=np.bool_)
    flaw = Flaw("out_of_range", "rate is out of range", "Rates are annual fractions: 0.0525 is 5.25 %.")
    findings.error(wrong, "rate", flaw, cells(content.columns["rate"]))
    keys = [(currencies.at(place), tenors.at(place), day) for place, day in enumerate(dates(days, findings))]
    found = each_once(keys, rates, findings, "rate")
    _warn_of_percent(found, findings)

    async def write(connection: AsyncConnection[Any], work: Import) -> Written:
        columns: dict[str, list[Any]] = {
            "currency": [key[0] for key in found],
            "tenor": [key[1] for key in found],
            "day": [key[2] for key in found],
            "rate": list(found.values()),
        }
        rows = await upsert(connection, WRITE_RATES, columns | work._asdict())
        return _written(rows, columns["day"], findings, {"currencies": sorted({row[0] for row in rows})})

    return Parsed(content=content, findings=findings, write=write)


def parse_factors(content: Content, findings: Findings, today: date) -> Parsed:
    """Read factor returns: per day, as fractions."""
    days = days_of(content.columns["date"], "date", findings, today)
    names = words_of(content.columns["factor_name"], "factor_name", findings, _factor_name, "")
    returns = numbers_of(content.columns["return"], "return", findings)
    shown = cells(content.columns["return"])
    missing = np.isnan(returns) & findings.fits("return")
    findings.error(missing, "return", Flaw("missing", "return is missing"))
    wrong = (returns >= LARGEST_RETURN) | (returns <= -1)
    findings.error(wrong, "return", Flaw("out_of_range", "return is not above -1 and below 1,000"), shown)
    keys = [(names.at(place), day) for place, day in enumerate(dates(days, findings))]
    found = each_once(keys, returns.tolist(), findings, "return")
    _warn_of_percent_returns(found, findings)

    async def write(connection: AsyncConnection[Any], work: Import) -> Written:
        columns: dict[str, list[Any]] = {
            "factor_name": [key[0] for key in found],
            "day": [key[1] for key in found],
            "value": list(found.values()),
        }
        rows = await upsert(connection, WRITE_FACTORS, columns | work._asdict())
        return _written(rows, columns["day"], findings, {"factor_names": sorted({row[0] for row in rows})})

    return Parsed(content=content, findings=findings, write=write)


def _written(rows: list[Any], days: list[Any], findings: Findings, told: dict[str, Any]) -> Written:
    revised = sum(1 for row in rows if row[-1])
    return Written(
        valid=valid_rows(findings),
        new=len(rows) - revised,
        revised=revised,
        start=min(days, default=None),
        end=max(days, default=None),
        told=told,
    )


def _require_figures(values: list[Decimal | None], name: str, findings: Findings) -> None:
    missing = np.array([value is None for value in values], dtype=np.bool_) & findings.fits(name)
    findings.error(missing, name, Flaw("missing", f"{name} is missing"))


def _pairs(content: Content, findings: Findings) -> tuple[list[str], list[str]]:
    columns = content.columns
    if "source" in columns and "target" in columns:
        sources = words_of(columns["source"], "source", findings, _currency, "")
        targets = words_of(columns["target"], "target", findings, _currency, "")
        return [sources.values[code] for code in sources.codes], [
            targets.values[code] for code in targets.codes
        ]
    pairs = words_of(columns["pair"], "pair", findings, _pair, ("", ""))
    named = [pairs.values[code] for code in pairs.codes]
    return [pair[0] for pair in named], [pair[1] for pair in named]


def _pair(text: str) -> tuple[str, str] | Flaw:
    found = _PAIR.fullmatch(text.strip())
    both = [words.currency(code) for code in found.groups()] if found else []
    codes = [one[0] for one in both if not isinstance(one, Flaw) and one[0]]
    if len(codes) != 2:
        return Flaw("unknown_currency", f"'{text[:40]}' is no pair of currencies", "Write it as EURUSD.")
    return codes[0], codes[1]


def _currency(text: str) -> str | Flaw:
    read = words.currency(text)
    if isinstance(read, Flaw):
        return read
    code, factor = read
    if code is None:
        return Flaw("missing", "The currency is missing")
    if factor != 1:
        return Flaw("minor_unit", f"'{text[:10]}' is a part of {code}", f"State the rate for {code}.")
    return code


def _tenor(text: str) -> str | Flaw:
    word = words.tidy(text).casefold()
    if not word:
        return Flaw("missing", "tenor is missing")
    return word if len(word) <= 20 else Flaw("invalid_tenor", f"Tenor '{word[:20]}…' is too long")


def _factor_name(text: str) -> str | Flaw:
    word = re.sub(r"\s+", "_", words.tidy(text).casefold())
    if not word:
        return Flaw("missing", "factor_name is missing")
    if not _NAME.fullmatch(word):
        return Flaw("invalid_factor", f"'{word[:40]}' is no name of a factor", "Use letters, digits and _.")
    return word


def _warn_of_percent(found: dict[tuple[str, str, date], Decimal | None], findings: Findings) -> None:
    by_series: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for (currency, tenor, _), rate in found.items():
        if rate is not None:
            by_series[currency, tenor].append(abs(rate))
    for (currency, tenor), rates in by_series.items():
        if median(rates) > LIKE_PERCENT:
            message = (
                f"The rates of {currency} {tenor} look like percent: half of them are above {median(rates):f}. "
                "They were taken as fractions, where 0.0525 is 5.25 %."
            )
            findings.warn(None, "rate", "looks_like_percent", message)


def _warn_of_percent_returns(found: dict[tuple[str, date], float], findings: Findings) -> None:
    by_factor: dict[str, list[float]] = defaultdict(list)
    for (name, _), value in found.items():
        by_factor[name].append(abs(value))
    for name, values in by_factor.items():
        if median(values) > RETURNS_LIKE_PERCENT:
            message = (
                f"The returns of {name} look like percent: half of them are beyond {median(values):g}. They were "
                "taken as fractions, where 0.01 is 1 %."
            )
            findings.warn(None, "return", "looks_like_percent", message)

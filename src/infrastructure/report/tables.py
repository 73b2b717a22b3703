"""Tables of the report: headings with scope, figures aligned on their decimals."""

from collections.abc import Iterable, Sequence

import msgspec

from application.report.content import (
    Attribution,
    Drawdown,
    Drift,
    Factors,
    Figure,
    HoldingRow,
    Holdings,
    Month,
    QualityFlag,
)
from infrastructure.report import wording
from infrastructure.report.markup import Markup, joined, tag

Cell = object
STRONGEST_MONTH = 0.10
"""Return from which a month has the deepest color."""
MONTH_NAMES = tuple(name[:3] for name in wording.MONTHS)


class Column(msgspec.Struct, frozen=True):
    """A heading; text columns are aligned left, figures right."""

    heading: object
    is_text: bool = False


def table(
    caption: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Cell]],
    *,
    total: Sequence[Cell] | None = None,
    class_: str | None = None,
) -> Markup:
    """Return a table; the first cell of each row is its heading."""
    head = tag("tr", *(tag("th", one.heading, scope="col", class_=_kind(one)) for one in columns))
    body = joined(*(_row(columns, row) for row in rows))
    foot = tag("tfoot", _row(columns, total)) if total is not None else None
    shown = tag("table", tag("caption", caption), tag("thead", head), tag("tbody", body), foot, class_=class_)
    return tag("div", shown, class_="table")


def figures(caption: str, shown: Sequence[Figure], currency: str) -> Markup:
    """Return named figures as a list of terms; why one is missing stands below it."""
    entries = (
        tag(
            "div",
            tag("dt", one.label),
            tag("dd", wording.figure(one, currency), tag("small", one.note) if one.note else None),
            class_="figure",
        )
        for one in shown
    )
    return tag("dl", *entries, class_="figures", aria_label=caption)


def months(shown: Sequence[Month], years: Sequence[tuple[int, float]]) -> Markup:
    """Return monthly returns, a year per row, deeper colors for larger moves."""
    by_year: dict[int, dict[int, Month]] = {}
    for one in shown:
        by_year.setdefault(one.year, {})[one.month] = one
    whole = dict(years)
    rows = [
        (str(year), *(_month(found.get(month)) for month in range(1, 13)), _year(whole.get(year)))
        for year, found in sorted(by_year.items(), reverse=True)
    ]
    columns = [Column("Year", is_text=True), *(Column(name) for name in MONTH_NAMES), Column("Year’s return")]
    return table("Time-weighted return by month, in percent", columns, rows, class_="months")


def worst(shown: Sequence[Drawdown]) -> Markup:
    """Return the deepest falls."""
    columns = [Column("From peak", is_text=True), Column("Trough"), Column("Recovered"), Column("Depth")]
    rows = [(one.peak, one.trough, one.recovered or "not yet", wording.percent(one.depth)) for one in shown]
    return table("Deepest drawdowns", columns, rows)


def drift(shown: Drift) -> Markup:
    """Return weights against targets."""
    headings = ("Weight", "Target", "Drift", "Band from", "Band to")
    columns = [Column("Bucket", is_text=True), Column("Type", is_text=True), *map(Column, headings)]
    columns.append(Column("State", is_text=True))
    rows = [
        (
            wording.title(row.bucket),
            wording.title(row.allocation_type),
            wording.percent(row.actual),
            wording.percent(row.target),
            wording.percent(row.actual - row.target, sign=True),
            wording.percent(max(row.lower, 0.0)),
            wording.percent(row.upper),
            tag("strong", "outside", class_="out") if row.breached else "inside",
        )
        for row in shown.rows
    ]
    return table("Weights, targets and bands", columns, rows)


def attribution(shown: Attribution) -> Markup:
    """Return effects with their sum; exchange rates have a column where they have an effect."""
    parts = [
        "allocation",
        "selection",
        "interaction",
        *(["currency"] if shown.currency_effect is not None else []),
    ]
    headings = ("Weight", "Benchmark", "Return", "Benchmark’s", *map(str.capitalize, parts), "Total")
    columns = [Column(wording.title(shown.grouping), is_text=True), *map(Column, headings)]
    effects = [
        (
            wording.title(one.bucket),
            wording.percent(one.portfolio_weight, 1),
            wording.percent(one.benchmark_weight, 1),
            wording.percent(one.portfolio_return, 1, sign=True),
            wording.percent(one.benchmark_return, 1, sign=True),
            *(wording.percent(getattr(one, part), sign=True) for part in parts),
            tag("strong", wording.percent(one.total, sign=True)),
        )
        for one in sorted(shown.effects, key=lambda one: -abs(one.total))
    ]
    sums = [sum(getattr(one, part) for one in shown.effects) for part in parts]
    total = (
        "Active return",
        wording.percent(sum(one.portfolio_weight for one in shown.effects), 1),
        wording.percent(sum(one.benchmark_weight for one in shown.effects), 1),
        wording.percent(shown.portfolio_return, 1, sign=True),
        wording.percent(shown.benchmark_return, 1, sign=True),
        *(wording.percent(x, sign=True) for x in sums),
        wording.percent(shown.active_return, sign=True),
    )
    return table("Effects on the active return", columns, effects, total=total)


def factors(shown: Factors) -> Markup:
    """Return loadings, jointly and one by one."""
    headings = ("Loading", "Std. error", "t", "Alone", "t alone", "R² alone", "Share of risk")
    columns = [Column("Factor", is_text=True), *map(Column, headings)]
    rows = [
        (
            wording.title(one.factor_name),
            wording.number(one.loading, sign=True),
            wording.number(one.std_error, 3),
            wording.number(one.t_stat, 1, sign=True),
            wording.number(one.single_loading, sign=True),
            wording.number(one.single_t_stat, 1, sign=True),
            wording.percent(one.single_r_squared, 0),
            wording.percent(one.risk_share, 1, sign=True),
        )
        for one in shown.loadings
    ]
    return table("Factor loadings", columns, rows)


def holdings(shown: Holdings, currency: str) -> Markup:
    """Return what is held, cash last."""
    headings = ("Quantity", "Price", f"Value, {currency}", "Weight", "Unrealised")
    columns = [Column("Ticker", is_text=True), Column("Name", is_text=True), Column("Sector", is_text=True)]
    columns += map(Column, headings)
    cash = [
        (
            f"Cash {one.currency}", "", "", wording.number(one.balance), "",
            wording.number(one.value), wording.percent(one.weight), "",
        )
        for one in shown.cash
    ]  # fmt: skip
    rows = [*(_holding(row) for row in shown.rows), *cash]
    total = ("Total", "", "", "", "", wording.number(shown.total), wording.percent(1.0), "")
    return table("Holdings, the largest first", columns, rows, total=total, class_="holdings")


def quality(shown: Sequence[QualityFlag]) -> Markup:
    """Return what is doubtful about the data."""
    columns = [Column(name, is_text=True) for name in ("Instrument", "Finding", "In words")]
    rows = [(one.ticker, wording.title(one.code), one.detail) for one in shown]
    return table("Doubtful data", columns, rows)


def _holding(row: HoldingRow) -> tuple[Cell, ...]:
    return (
        row.ticker,
        row.name or "",
        wording.title(row.sector) if row.sector else "",
        wording.quantity(row.quantity),
        wording.number(row.price) + (f"{wording.NARROW}{row.currency}" if row.price is not None else ""),
        wording.number(row.value),
        wording.percent(row.weight),
        wording.number(row.gain, sign=True),
    )


def _row(columns: Sequence[Column], cells: Sequence[Cell]) -> Markup:
    first, *rest = cells
    others = (
        cell if isinstance(cell, Markup) and cell.startswith("<td") else tag("td", cell, class_=_kind(column))
        for column, cell in zip(columns[1:], rest, strict=True)
    )
    return tag("tr", tag("th", first, scope="row"), *others)


def _kind(column: Column) -> str | None:
    return "text" if column.is_text else None


def _month(one: Month | None) -> Markup:
    if one is None:
        return tag("td", "")
    text = wording.number(100 * one.value, 1)
    shown = joined(text, tag("sup", "*")) if one.partial else text
    return tag("td", shown, style=f"background:{_shade(one.value)}")


def _year(value: float | None) -> Markup:
    return tag("td", wording.NOTHING if value is None else tag("strong", wording.number(100 * value, 1)))


def _shade(value: float) -> str:
    """Return blue for gains and orange for losses, light enough for dark text."""
    strength = min(abs(value) / STRONGEST_MONTH, 1.0)
    far = (143, 182, 236) if value >= 0 else (246, 178, 132)
    mixed = (round(255 + (channel - 255) * strength) for channel in far)
    return "#" + "".join(f"{channel:02x}" for channel in mixed)

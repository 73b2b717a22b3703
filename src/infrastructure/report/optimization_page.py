"""The report of an optimisation as one page."""

from string import Template
from typing import Any

import msgspec

from application.optimization.answer import MethodResult
from application.optimization.report import OptimizationReport
from application.report.content import Figure
from infrastructure.report import optimization_charts as charts
from infrastructure.report import optimization_tables as tables
from infrastructure.report import wording
from infrastructure.report.markup import Markup, joined, tag
from infrastructure.report.optimization_forecasts import forecasts
from infrastructure.report.page import template
from infrastructure.report.parts import drawing, section
from infrastructure.report.tables import figures

DEFINITIONS = (
    (
        "Weights",
        "Fractions of what is invested; they add up to the budget, and negative ones are sold short.",
    ),
    (
        "Return, volatility",
        "By the estimated moments, per year; with moments that were sent, per period. The Sharpe ratio takes the "
        "risk-free rate off.",
    ),
    (
        "Tested",
        "Walk-forward: fitted on all periods before a test, held through it, four tests one after another. No test "
        "knows what comes later.",
    ),
    ("CVaR 95 %", "Mean loss of one period in the worst 5 % of them; a positive figure is a loss."),
    (
        "Share of risk",
        "Share of the variance of the portfolio; the shares add up to 100 %, and a negative one hedges.",
    ),
    ("Assets, effectively", "1 / Σw²: how many equal weights would be as concentrated."),
    (
        "Past returns",
        "All figures come from past returns or from moments that were sent. Neither is a promise.",
    ),
)


def render(report: OptimizationReport) -> str:
    """Return the report as HTML: the same bytes for the same content."""
    done = report.completed
    body = joined(
        _cover(report, done),
        _compared(report, done),
        _weights(done),
        _risk(done),
        _tested(done),
        _trees(done, [one.name for one in report.facts.assets]),
        _forecasts(done),
        _computed(report, done),
        _conventions(),
    )
    title = tag("title", f"Optimisation {report.id}: {len(report.results)} methods")
    return Template(template()).substitute(title=title, body=body)


def _cover(report: OptimizationReport, done: dict[str, MethodResult]) -> Markup:
    facts = report.facts
    span = (
        f"{facts.first_day} to {facts.last_day}" if facts.first_day and facts.last_day else "moments as sent"
    )
    told = [
        f"{len(facts.assets)} assets",
        f"{facts.periods:,} periods" if facts.periods else None,
        span if facts.first_day or not facts.periods else None,
        facts.currency,
        f"benchmark {facts.benchmark.ticker}" if facts.benchmark else "no benchmark",
    ]
    heading = f"{report.name}: {_count(done)}" if report.name else _count(done)
    return joined(
        tag(
            "header",
            tag("p", "Optimisation report", class_="kind"),
            tag("h1", heading),
            tag("p", " · ".join(part for part in told if part), class_="facts"),
            tag(
                "p",
                "Asked for on ",
                tag("strong", wording.long_day(report.requested_at.date())),
                class_="as-of",
            ),
        ),
        _headline(done),
        _warnings(report),
    )


def _count(done: dict[str, MethodResult]) -> str:
    if len(done) == 1:
        return next(iter(done))
    return f"{len(done)} methods" if done else "No method has weights"


def _headline(done: dict[str, MethodResult]) -> Markup | None:
    if not done:
        return None
    best, result = next(iter(done.items()))
    estimated, tested = _values(result.metrics), _values(result.out_of_sample)
    shown = [
        Figure(label="Return", value=estimated.get("expected_return"), unit="percent"),
        Figure(label="Volatility", value=estimated.get("volatility"), unit="percent"),
        Figure(label="Sharpe ratio", value=estimated.get("sharpe_ratio"), unit="ratio"),
        Figure(label="Sharpe ratio, tested", value=tested.get("sharpe_ratio"), unit="ratio"),
        Figure(label="Max drawdown, tested", value=tested.get("max_drawdown"), unit="percent"),
        Figure(label="CVaR 95 %, one period", value=estimated.get("cvar_95"), unit="percent"),
        Figure(label="Largest weight", value=max((result.weights or {"": 0.0}).values()), unit="percent"),
    ]
    lead = tag("p", tag("strong", best), " is first in rank:" if len(done) > 1 else ":", class_="lead first")
    return joined(lead, figures(f"Figures of {best}", shown, ""))


def _values(told: msgspec.Struct | None) -> dict[str, Any]:
    return {} if told is None else msgspec.structs.asdict(told)


def _warnings(report: OptimizationReport) -> Markup | None:
    facts = report.facts
    told = [one.detail for one in facts.warnings]
    told += [f"{one.name} was left out: {one.detail}" for one in facts.dropped]
    if not told:
        return None
    return tag("div", tag("strong", "About the data. "), " ".join(told), class_="banner", role="note")


def _compared(report: OptimizationReport, done: dict[str, MethodResult]) -> Markup | None:
    if report.comparison is None or not done:
        return None
    drawn = charts.plane(done)
    return section(
        "comparison",
        "Methods side by side",
        tag("p", f"Ranked by {_ranked_by(report)}.", class_="lead"),
        drawing(drawn, "Expected return against volatility, as estimated; the first in rank in blue.")
        if drawn
        else None,
        tables.comparison(report.comparison),
    )


def _ranked_by(report: OptimizationReport) -> str:
    tested = report.comparison is not None and report.comparison.ranked_by.startswith("out_of_sample")
    return (
        "the Sharpe ratio in periods that no weights had seen" if tested else "the Sharpe ratio as estimated"
    )


def _weights(done: dict[str, MethodResult]) -> Markup | None:
    if not done:
        return None
    return section(
        "weights",
        "Weights",
        drawing(
            charts.weights(done), "Percent; the deeper the blue, the larger the weight. Orange is sold short."
        ),
        tables.weights(done),
    )


def _risk(done: dict[str, MethodResult]) -> Markup | None:
    if not any(one.risk_contributions for one in done.values()):
        return None
    best, result = next((name, one) for name, one in done.items() if one.risk_contributions)
    single, all_of_them = charts.risk_shares(best, result), charts.contributions(done)
    return section(
        "risk",
        "Where the risk is",
        drawing(single, f"{best}: weight as a bar, share of risk as a diamond.") if single else None,
        drawing(all_of_them, "Share of risk by method, percent; the shares of a method add up to 100.")
        if all_of_them and len(done) > 1
        else None,
    )


def _tested(done: dict[str, MethodResult]) -> Markup | None:
    drawn = charts.growth(done)
    if drawn is None:
        return None
    tested = next(
        one.out_of_sample for one in done.values() if one.out_of_sample and one.out_of_sample.growth
    )
    ends = "; ".join(
        f"{one.test_from or one.test_start} to {one.test_to or one.test_end}" for one in tested.splits
    )
    return section(
        "tested",
        "Out of sample",
        tag("p", f"Fitted on what was known before, held through {ends}.", class_="lead"),
        drawing(
            drawn,
            "Growth of 100 net of costs, and the distance from the last peak, drawn at 120 points at most; the best "
            f"{charts.MOST_LINES} methods.",
        ),
    )


def _trees(done: dict[str, MethodResult], assets: list[str]) -> Markup | None:
    shared: dict[str, list[str]] = {}
    for name, one in done.items():
        if one.dendrogram:
            shared.setdefault(repr((one.dendrogram, one.clusters)), []).append(name)
    drawn = [(names, charts.dendrogram(names[0], done[names[0]], assets)) for names in shared.values()]
    shown = [
        drawing(tree, f"{', '.join(names)}: assets that move together join low down.")
        for names, tree in drawn
        if tree is not None
    ]
    return section("clusters", "Clusters", *shown) if shown else None


def _forecasts(done: dict[str, MethodResult]) -> Markup | None:
    told = forecasts(done)
    return section("forecasts", "Forecasts", told) if told else None


def _computed(report: OptimizationReport, done: dict[str, MethodResult]) -> Markup:
    facts, rate = report.facts, report.facts.risk_free
    source = ", ".join(str(part) for part in (rate.source, rate.tenor, rate.date) if part)
    lead = f"Risk-free rate {wording.percent(rate.value)} ({source or 'none known'})."
    return section(
        "computed",
        "How it was computed",
        tag("p", lead, class_="lead"),
        tables.failures(report.failed) if report.failed else None,
        tables.methods(done) if done else None,
        tag(
            "p",
            "Inputs ",
            tag("code", facts.inputs_hash),
            ", code ",
            tag("code", facts.code_version),
            class_="note",
        ),
    )


def _conventions() -> Markup:
    terms = (joined(tag("dt", about), tag("dd", text)) for about, text in DEFINITIONS)
    return section("conventions", "Conventions", tag("dl", *terms, class_="conventions"))

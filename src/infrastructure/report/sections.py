"""The sections of the report: a heading, a drawing, the figures behind it, and what it means in a sentence."""

from application.report.content import (
    Attribution,
    Cover,
    Drift,
    Factors,
    Footnote,
    Holdings,
    Performance,
    QualityFlag,
    Regime,
    Risk,
    Section,
)
from domain.unavailable import Missing
from infrastructure.report import charts, tables, wording
from infrastructure.report.markup import Markup, joined, tag
from infrastructure.report.parts import drawing, section


def cover(shown: Cover) -> Markup:
    """Return the head of the page."""
    facts = [
        wording.title(shown.portfolio_type),
        shown.currency,
        f"benchmark {shown.benchmark}" if shown.benchmark else "no benchmark",
        f"since {wording.long_day(shown.inception)}",
    ]
    return joined(
        tag(
            "header",
            tag("p", "Portfolio report", class_="kind"),
            tag("h1", shown.name),
            tag("p", " · ".join(facts), class_="facts"),
            tag("p", shown.description, class_="description") if shown.description else None,
            tag("p", "As of ", tag("strong", wording.long_day(shown.as_of)), class_="as-of"),
        ),
        _banner(shown),
        tables.figures("Headline figures", shown.figures, shown.currency),
    )


def _banner(shown: Cover) -> Markup | None:
    if shown.data_end is None:
        return None
    text = f" The data end on {wording.long_day(shown.data_end)}: nothing here speaks of today."
    return tag("p", tag("strong", "Historical data."), text, class_="banner", role="note")


def performance(shown: Section[Performance], currency: str) -> Markup:
    """Return growth, drawdowns and months."""
    if isinstance(shown, Missing):
        return _missing("performance", "Performance", shown)
    against = f", {shown.benchmark} in grey" if shown.benchmark_growth is not None else ""
    return section(
        "performance",
        "Performance",
        drawing(
            charts.equity(shown),
            f"Growth of 100, deposits and withdrawals left out{against}; below it the distance from the last peak.",
        ),
        tables.figures("Performance figures", shown.figures, currency),
        tables.months(shown.months, shown.years) if shown.months else None,
        tag("p", "* a part of the month", class_="note")
        if any(one.partial for one in shown.months)
        else None,
        tables.worst(shown.worst) if shown.worst else None,
    )


def drift(shown: Section[Drift]) -> Markup:
    """Return weights against targets."""
    if isinstance(shown, Missing):
        return _missing("drift", "Drift from targets", shown)
    out = [wording.title(row.bucket) for row in shown.rows if row.breached]
    told = f"Outside: {', '.join(out)}." if out else "Every bucket is inside its band."
    return section(
        "drift",
        "Drift from targets",
        tag("p", told, class_="lead"),
        drawing(
            charts.drift(shown),
            "Band in light blue, target as a line, weight as a dot; a diamond is outside.",
        ),
        tables.drift(shown),
    )


def attribution(shown: Section[Attribution]) -> Markup:
    """Return where the active return came from."""
    if isinstance(shown, Missing):
        return _missing("attribution", "Attribution", shown)
    lead = (
        f"From {wording.long_day(shown.start)} to {wording.long_day(shown.end)} the portfolio returned "
        f"{wording.percent(shown.portfolio_return, sign=True)}, {shown.benchmark} "
        f"{wording.percent(shown.benchmark_return, sign=True)}: an active return of "
        f"{wording.percent(shown.active_return, sign=True)}."
    )
    return section(
        "attribution",
        "Attribution",
        tag("p", lead, class_="lead"),
        drawing(charts.attribution(shown), "Effects from zero; the bar across each row is their sum."),
        tables.attribution(shown),
    )


def risk(shown: Section[Risk], regime: Section[Regime], currency: str) -> Markup:
    """Return the risk of what is held, and the state of the market."""
    if isinstance(shown, Missing):
        return joined(_missing("risk", "Risk", shown), _regime(regime))
    span = f" from {shown.data_from} to {shown.data_to}" if shown.data_from and shown.data_to else ""
    lead = (
        f"What is held now, on {shown.n_observations:,} daily returns{span}; value at risk: {shown.method}."
    )
    return joined(
        section(
            "risk",
            "Risk",
            tag("p", lead, class_="lead"),
            tables.figures("Risk figures", shown.figures, currency),
            drawing(
                charts.contributions(shown),
                "Share of one-day value at risk; the shares sum to 100 %. A negative share hedges.",
            )
            if shown.contributions
            else None,
            tag("p", "Inputs ", tag("code", shown.inputs_hash), class_="note"),
        ),
        _regime(regime),
    )


def _regime(shown: Section[Regime]) -> Markup:
    if isinstance(shown, Missing):
        return _missing("regime", "Market regime", shown)
    told = [f"{wording.percent(shown.probability[-1], 0)} turbulent on the last day, by {shown.index}"]
    if shown.calm_volatility is not None and shown.turbulent_volatility is not None:
        calm, turbulent = (wording.percent(x, 1) for x in (shown.calm_volatility, shown.turbulent_volatility))
        told.append(f"volatility {calm} in the calm state, {turbulent} in the turbulent one")
    return section(
        "regime",
        "Market regime",
        tag("p", tag("strong", wording.title(shown.label)), ": ", "; ".join(told), ".", class_="lead"),
        drawing(
            charts.regime(shown), "Filtered probability of the turbulent state: no day knows a later one."
        ),
    )


def factors(shown: Section[Factors]) -> Markup:
    """Return loadings on factor returns."""
    if isinstance(shown, Missing):
        return _missing("factors", "Factors", shown)
    lead = (
        f"Daily returns from {shown.data_from} to {shown.data_to} ({shown.window_days} days) on all factors "
        f"together; R² {wording.percent(shown.r_squared, 1)}."
    )
    specific = shown.specific_risk_share
    return section(
        "factors",
        "Factors",
        tag("p", lead, class_="lead"),
        drawing(charts.loadings(shown), "Loading with 95 % confidence; hollow where zero lies inside."),
        tables.factors(shown),
        tag("p", f"Risk that no factor explains: {wording.percent(specific, 1)}.")
        if specific is not None
        else None,
    )


def holdings(shown: Section[Holdings], currency: str) -> Markup:
    """Return what is held."""
    if isinstance(shown, Missing):
        return _missing("holdings", "Holdings", shown)
    return section("holdings", "Holdings", tables.holdings(shown, currency))


def quality(shown: tuple[QualityFlag, ...]) -> Markup:
    """Return what is doubtful about the data."""
    said = tables.quality(shown) if shown else tag("p", "Nothing doubtful was found in the data used here.")
    return section("quality", "Data quality", said)


def footnotes(shown: tuple[Footnote, ...]) -> Markup:
    """Return how the figures are made."""
    terms = (joined(tag("dt", one.about), tag("dd", one.text)) for one in shown)
    return section("conventions", "Conventions", tag("dl", *terms, class_="conventions"))


def _missing(name: str, heading: str, why: Missing) -> Markup:
    return section(
        name, heading, tag("p", tag("strong", "Not available."), " ", why.detail, class_="missing")
    )

"""Drawings of what is rare but happens: nothing moved, nothing was gained, names without end. Warnings are errors."""

import re
from datetime import date, timedelta

import msgspec
import pytest
from tests.support.reports import a_report

from application.report.content import (
    Attribution,
    Contribution,
    Drift,
    DriftRow,
    Factors,
    Performance,
    Regime,
    Report,
    Risk,
)
from domain.unavailable import Missing
from infrastructure.report import charts, tables

DAYS = tuple(date(2024, 1, 1) + timedelta(days=count) for count in range(3))
NAMES = ("x" * 200, "日本株式", "مؤشر", "🚀", "a$b^c$d_", "")


def section(report: Report, name: str) -> object:
    found = getattr(report, name)
    assert not isinstance(found, Missing)
    return found


def a_row(bucket: str, actual: float = 0.3) -> DriftRow:
    return DriftRow(
        allocation_type="security",
        bucket=bucket,
        actual=actual,
        target=0.2,
        lower=0.15,
        upper=0.25,
        breached=True,
    )


@pytest.mark.parametrize("name", NAMES)
def test_any_name_can_be_drawn(name: str) -> None:
    assert "<svg" in charts.drift(Drift(threshold=0.05, rows=(a_row(name),)))
    performance = section(a_report(), "performance")
    assert isinstance(performance, Performance)
    assert "<svg" in charts.equity(msgspec.structs.replace(performance, benchmark=name))


def test_a_long_name_is_cut_in_the_drawing_and_whole_in_the_table() -> None:
    shown = Drift(threshold=0.05, rows=(a_row("x" * 200),))
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", charts.drift(shown))
    assert "X" + "x" * 30 + "…" in texts
    assert "X" + "x" * 199 in tables.drift(shown)


def test_what_never_moved_is_a_flat_line() -> None:
    flat = Performance(
        days=DAYS,
        growth=(1.0, 1.0, 1.0),
        benchmark_growth=None,
        benchmark=None,
        drawdown=(0.0, 0.0, 0.0),
        benchmark_drawdown=None,
        months=(),
        years=(),
        worst=(),
        figures=(),
    )
    assert "Portfolio 100.0, at worst 0.00" in charts.equity(flat)


def test_a_single_day_of_a_regime_can_be_drawn() -> None:
    one = Regime(
        days=DAYS[:1],
        probability=(0.4,),
        label="unknown",
        index="SP500",
        calm_volatility=None,
        turbulent_volatility=None,
    )
    assert "40" in charts.regime(one)


def test_effects_of_nothing_are_drawn() -> None:
    attribution = section(a_report(), "attribution")
    assert isinstance(attribution, Attribution)
    nothing = tuple(
        msgspec.structs.replace(one, allocation=0.0, selection=0.0, interaction=0.0, total=0.0)
        for one in attribution.effects
    )
    assert "<svg" in charts.attribution(msgspec.structs.replace(attribution, effects=nothing))
    assert "<svg" in charts.attribution(msgspec.structs.replace(attribution, effects=()))


def test_a_portfolio_that_is_short_can_be_drawn() -> None:
    rows = (a_row("short", -0.4), a_row("long", 1.4))
    assert "<svg" in charts.drift(Drift(threshold=0.05, rows=rows))
    risk = section(a_report(), "risk")
    assert isinstance(risk, Risk)
    hedge = Contribution(name="hedge", weight=-0.4, component_var=-0.01, share=-1.5)
    assert "hedge" in charts.contributions(msgspec.structs.replace(risk, contributions=(hedge,)))


def test_a_factor_without_an_error_can_be_drawn() -> None:
    factors = section(a_report(), "factors")
    assert isinstance(factors, Factors)
    exact = tuple(msgspec.structs.replace(one, std_error=0.0, loading=0.0) for one in factors.loadings)
    assert "<svg" in charts.loadings(msgspec.structs.replace(factors, loadings=exact))

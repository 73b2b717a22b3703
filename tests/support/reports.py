"""Contents of a report made by hand: as large as real ones, and the same every time."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
from numpy.typing import NDArray

from application.report.content import (
    Attribution,
    CashRow,
    Contribution,
    Cover,
    Drawdown,
    Drift,
    DriftRow,
    Effect,
    Factors,
    Figure,
    Footnote,
    HoldingRow,
    Holdings,
    Loading,
    Month,
    Performance,
    QualityFlag,
    Regime,
    Report,
    Risk,
)

LAST = date(2022, 12, 28)
SECTORS = ("technology", "health_care", "consumer_staples", "energy", "financials", "industrials")
TICKERS = tuple("AAPL AMD BAC BBY CVX GE HD JNJ JPM KO LLY MRK MSFT PEP PFE PG RRC UNH WMT XOM".split())  # noqa: SIM905


def a_report(**changes: Any) -> Report:
    """Return a report with every section."""
    rng = np.random.default_rng(7)
    content = {
        "cover": _cover(),
        "performance": _performance(rng),
        "drift": _drift(),
        "attribution": _attribution(rng),
        "risk": _risk(rng),
        "regime": _regime(rng),
        "factors": _factors(rng),
        "holdings": _holdings(rng),
        "quality": (QualityFlag(ticker="RRC", code="jump", detail="Moved by 31.2 % on 2020-03-09."),),
        "footnotes": (
            Footnote(
                about="Returns", text="Time-weighted: linked daily returns, flows at the end of the day."
            ),
            Footnote(about="Risk", text="Today’s weights on past returns; losses are positive."),
        ),
    }
    return Report(**{**content, **changes})


def a_cover(**changes: Any) -> Cover:
    """Return the cover of that report."""
    return msgspec.structs.replace(_cover(), **changes)


def _cover() -> Cover:
    return Cover(
        portfolio_id=UUID("afa6503f-e3eb-5931-b67e-4ac415459357"),
        name="Global Equity Alpha",
        description="Real closing prices, a made-up portfolio.",
        portfolio_type="long_only",
        currency="USD",
        inception=date(2020, 1, 2),
        as_of=LAST,
        data_end=LAST,
        benchmark="SP20EW",
        benchmark_note=None,
        figures=(
            Figure(label="Total value", value=1373297.35, unit="money"),
            Figure(label="Year to date", value=-0.0712, unit="change"),
            Figure(label="Active, year to date", value=0.0214, unit="change"),
            Figure(label="Since inception, a year", value=0.1382, unit="change"),
            Figure(label="Value at risk, 95 %, 1 day", value=0.0187, unit="percent"),
            Figure(label="Sharpe ratio", value=None, unit="ratio", note="No risk-free rate is known."),
        ),
    )


def _days(count: int) -> tuple[date, ...]:
    days = (LAST - timedelta(days=back) for back in range(count * 2))
    return tuple(sorted([day for day in days if day.weekday() < 5][:count]))


def _performance(rng: np.random.Generator) -> Performance:
    days = _days(750)
    market = rng.normal(0.0004, 0.012, len(days))
    own = market * 1.05 + rng.normal(0.0001, 0.004, len(days))
    growth, other = (np.cumprod(1 + np.concatenate(([0.0], series[1:]))) for series in (own, market))
    return Performance(
        days=days,
        growth=tuple(growth.tolist()),
        benchmark_growth=tuple(other.tolist()),
        benchmark="SP20EW",
        drawdown=tuple((growth / np.maximum.accumulate(growth) - 1).tolist()),
        benchmark_drawdown=tuple((other / np.maximum.accumulate(other) - 1).tolist()),
        months=_months(days, growth),
        years=((2020, 0.121), (2021, 0.274), (2022, -0.0712)),
        worst=(
            Drawdown(
                depth=-0.324, peak=date(2020, 2, 19), trough=date(2020, 3, 23), recovered=date(2020, 8, 3)
            ),
            Drawdown(depth=-0.187, peak=date(2022, 1, 3), trough=date(2022, 9, 30), recovered=None),
        ),
        figures=(
            Figure(label="Time-weighted return", value=0.4712, unit="change"),
            Figure(label="Money-weighted, a year", value=0.1391, unit="change"),
            Figure(label="Volatility", value=0.2314, unit="percent"),
            Figure(label="Maximum drawdown", value=-0.324, unit="percent"),
        ),
    )


def _months(days: tuple[date, ...], growth: NDArray[np.float64]) -> tuple[Month, ...]:
    ends = {(day.year, day.month): place for place, day in enumerate(days)}
    months, before = [], growth[0]
    for (year, month), place in ends.items():
        partial = (year, month) == (days[0].year, days[0].month)
        months.append(Month(year=year, month=month, value=growth[place] / before - 1, partial=partial))
        before = growth[place]
    return tuple(months)


def _drift() -> Drift:
    weights = (
        (0.27, 0.302, 0.35),
        (0.20, 0.171, 0.30),
        (0.15, 0.141, 0.25),
        (0.11, 0.178, 0.16),
        (0.10, 0.104, 0.2),
    )
    rows = tuple(
        DriftRow(
            allocation_type="sector",
            bucket=bucket,
            actual=actual,
            target=target,
            lower=target - 0.05,
            upper=min(upper, target + 0.05),
            breached=abs(actual - target) > 0.05,
        )
        for bucket, (target, actual, upper) in zip(SECTORS, weights, strict=False)
    )
    return Drift(threshold=0.05, rows=rows)


def _attribution(rng: np.random.Generator) -> Attribution:
    effects = []
    for bucket in SECTORS:
        allocation, selection, interaction = rng.normal(0, 0.006, 3).tolist()
        effects.append(
            Effect(
                bucket=bucket,
                portfolio_weight=1 / 6,
                benchmark_weight=1 / 6,
                portfolio_return=float(rng.normal(0, 0.1)),
                benchmark_return=float(rng.normal(0, 0.1)),
                allocation=allocation,
                selection=selection,
                interaction=interaction,
                total=allocation + selection + interaction,
            )
        )
    active = sum(one.total for one in effects)
    return Attribution(
        period="ytd",
        start=date(2021, 12, 31),
        end=LAST,
        grouping="sector",
        linking="carino",
        benchmark="SP20EW",
        portfolio_return=-0.05 + active,
        benchmark_return=-0.05,
        active_return=active,
        currency_effect=None,
        effects=tuple(effects),
    )


def _risk(rng: np.random.Generator) -> Risk:
    weights, shares = (rng.dirichlet(np.full(len(TICKERS), 3.0)) for _ in range(2))
    rows = zip(TICKERS, weights.tolist(), shares.tolist(), strict=True)
    return Risk(
        method="historical",
        data_from=date(2012, 12, 19),
        data_to=LAST,
        n_observations=2520,
        figures=(
            Figure(label="Value at risk, 95 %, 1 day", value=0.0187, unit="percent"),
            Figure(label="Value at risk, 99 %, 1 day", value=0.0331, unit="percent"),
            Figure(label="Expected shortfall, 95 %", value=0.0289, unit="percent"),
            Figure(label="Volatility, 30 days", value=0.1902, unit="percent"),
            Figure(label="Tracking error", value=0.0311, unit="percent"),
            Figure(label="Beta", value=1.04, unit="ratio"),
            Figure(label="Days to liquidate", value=None, unit="days", note="No volume is known."),
            Figure(label="Cost of capital", value=55.2, unit="bps", note="from the equity premium alone"),
        ),
        contributions=tuple(
            Contribution(name=name, weight=weight, component_var=0.0187 * share, share=share)
            for name, weight, share in rows
        ),
        inputs_hash="9f2c" * 16,
    )


def _regime(rng: np.random.Generator) -> Regime:
    days = _days(750)
    wave = 0.5 + 0.5 * np.sin(np.linspace(0, 14, len(days))) + rng.normal(0, 0.05, len(days))
    return Regime(
        days=days,
        probability=tuple(np.clip(wave, 0, 1).tolist()),
        label="risk_off",
        index="SP500",
        calm_volatility=0.101,
        turbulent_volatility=0.317,
    )


def _factors(rng: np.random.Generator) -> Factors:
    names = ("market", "size", "value", "momentum", "quality", "low_volatility")
    return Factors(
        data_from=date(2021, 12, 28),
        data_to=LAST,
        window_days=252,
        r_squared=0.931,
        loadings=tuple(
            Loading(
                factor_name=name,
                loading=(loading := float(rng.normal(0.3, 0.4))),
                std_error=0.12,
                t_stat=loading / 0.12,
                single_loading=float(rng.normal(0.3, 0.4)),
                single_t_stat=2.1,
                single_r_squared=0.31,
                risk_share=0.12,
            )
            for name in names
        ),
        specific_risk_share=0.07,
    )


def _holdings(rng: np.random.Generator) -> Holdings:
    rows = tuple(
        HoldingRow(
            ticker=ticker,
            name=f"{ticker.title()} Incorporated",
            account="",
            sector=SECTORS[place % len(SECTORS)],
            currency="USD",
            quantity=100.0 * (place + 1),
            price=125.674,
            value=12567.4 * (place + 1),
            weight=(place + 1) / 210 * 0.95,
            gain=float(rng.normal(1000, 5000)),
        )
        for place, ticker in reversed(list(enumerate(TICKERS)))
    )
    cash = CashRow(currency="USD", balance=60_000.0, value=60_000.0, weight=0.05)
    return Holdings(rows=rows, cash=(cash,), total=1_373_297.35)

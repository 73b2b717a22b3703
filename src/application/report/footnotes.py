"""How the report's figures are made, in a sentence each."""

from application.performance.against import Benchmark
from application.report.content import Footnote
from application.valuation.book import Book
from domain.risk import RiskSnapshot


def footnotes(book: Book, benchmark: Benchmark, measured: RiskSnapshot) -> tuple[Footnote, ...]:
    """Return the conventions that this report follows."""
    rate = measured.risk_free_rate
    source = f"{rate.value:.4%} a year, {rate.source} of {rate.date}" if rate.source else "none is known: 0 %"
    said = {
        "Value": f"Holdings at the newest price on or before the day, at the last exchange rate to {book.currency}.",
        "Returns": "Time-weighted: daily returns linked, deposits and withdrawals at the end of their day left out.",
        "Money-weighted": "The yearly rate at which all flows and the last value are worth nothing together.",
        "Active return": "The portfolio’s return less the benchmark’s, over the same days.",
        "Benchmark": _benchmark(benchmark),
        "Attribution": "Brinson-Fachler by day, linked by Cariño’s method; effects add up to the active return.",
        "Risk": "Today’s weights on the daily returns of the past; losses are positive, drawdowns negative. "
        "Components add up to the total.",
        "Risk-free rate": source + ".",
        "Market regime": "Two-state hidden Markov model of an index’s daily returns. It sees prices, not the economy.",
        "Factors": "Ordinary least squares on daily factor returns, Newey-West errors.",
    }
    return tuple(Footnote(about=about, text=text) for about, text in said.items())


def _benchmark(benchmark: Benchmark) -> str:
    path = benchmark.path
    if path is None:
        return benchmark.missing.detail if benchmark.missing else "None."
    levels = (
        "its constituents, weights drifting between sets" if path.series == "constituents" else "its levels"
    )
    note = f" {path.note}" if path.note else ""
    return f"{path.ticker}, from {levels}; source: {path.source}.{note}"

"""How much is measured, quickly or fully."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Counts and seconds of one mode; `turns` is how often ours and the baseline alternate."""

    mode: str
    turns: int
    slow_turns: int
    single_appends: int
    groups: int
    rebuild_events: int
    library_events: int
    load_seconds: float
    lag_seconds: float
    settled_requests: int
    recommendations: int
    compute_turns: int


QUICK = Scale(
    mode="quick",
    turns=3,
    slow_turns=2,
    single_appends=200,
    groups=40,
    rebuild_events=20_000,
    library_events=3_000,
    load_seconds=2.0,
    lag_seconds=4.0,
    settled_requests=150,
    recommendations=12,
    compute_turns=7,
)
FULL = Scale(
    mode="full",
    turns=9,
    slow_turns=5,
    single_appends=1_000,
    groups=100,
    rebuild_events=100_000,
    library_events=20_000,
    load_seconds=5.0,
    lag_seconds=20.0,
    settled_requests=600,
    recommendations=60,
    compute_turns=25,
)

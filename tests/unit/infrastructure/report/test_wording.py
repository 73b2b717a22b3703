import pytest

from application.report.content import Figure, Unit
from infrastructure.report import wording


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.0142, "percent", "1.42 %"),
        (-0.0142, "percent", "-1.42 %"),
        (0.0142, "change", "+1.42 %"),
        (-0.00001, "change", "0.00 %"),
        (1373297.35, "money", "1,373,297 EUR"),
        (-12.5, "money", "-12.50 EUR"),
        (1.846, "ratio", "1.85"),
        (-25.0, "bps", "-25.0 bp"),
        (2.46, "days", "2.5 days"),
        (48.0, "count", "48"),
        (None, "money", "–"),
        (None, "percent", "–"),
        (None, "bps", "–"),
    ],
)
def test_a_figure_is_written_with_its_unit(value: float | None, unit: Unit, shown: str) -> None:
    assert plain(wording.figure(Figure(label="", value=value, unit=unit), "EUR")) == shown


@pytest.mark.parametrize(
    ("units", "shown"), [(1400.0, "1,400"), (0.25, "0.25"), (-3.5, "-3.5"), (1662.684494, "1,662.684494")]
)
def test_units_keep_their_decimals(units: float, shown: str) -> None:
    assert plain(wording.quantity(units)) == shown


@pytest.mark.parametrize(
    ("slug", "shown"),
    [
        ("health_care", "Health care"),
        ("AAPL", "AAPL"),
        ("cash", "Cash"),
        ("", ""),
        ("low_volatility", "Low volatility"),
    ],
)
def test_a_bucket_is_written_as_a_name(slug: str, shown: str) -> None:
    assert wording.title(slug) == shown

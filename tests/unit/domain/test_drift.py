from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.drift import BucketDrift, DriftReport, Exposure, Target, band_edges, measure_drift

THRESHOLD = Decimal("0.05")
money = st.decimals(min_value=-1_000_000, max_value=1_000_000, places=2)


def an_exposure(ticker: str, value: str, **given: str) -> Exposure:
    facts: dict[str, object] = {"asset_class": "equity", "account": "", "sector": "technology"} | given
    return _exposure(ticker, Decimal(value), facts)


def _exposure(ticker: str, value: Decimal, facts: dict[str, object]) -> Exposure:
    ids = {"position_id": uuid4(), "instrument_id": facts.pop("instrument_id", uuid4())}
    return Exposure(ticker=ticker, value=value, price=Decimal(1), quantity=value, **ids, **facts)  # type: ignore[arg-type]


def a_target(bucket: str, weight: str, allocation_type: str = "sector", **given: object) -> Target:
    return Target(
        allocation_id=uuid4(),
        allocation_type=allocation_type,  # type: ignore[arg-type]
        bucket=bucket,
        target_weight=Decimal(weight),
        **given,  # type: ignore[arg-type]
    )


def bucket_of(report: DriftReport, name: str) -> BucketDrift:
    return next(bucket for bucket in report.buckets if bucket.bucket == name)


def drift_of(value: str, cash: str, target: Target) -> BucketDrift:
    return bucket_of(
        measure_drift([an_exposure("A", value)], Decimal(cash), [target], THRESHOLD), target.bucket
    )


def test_a_weight_is_signed_value_over_total_with_cash_in_it() -> None:
    exposures = [an_exposure("LONG", "900"), an_exposure("SHORT", "-100", sector="energy")]
    report = measure_drift(
        exposures, Decimal(200), [a_target("technology", "0.5"), a_target("energy", "0")], THRESHOLD
    )
    assert report.total_value == 1000
    assert bucket_of(report, "technology").actual_weight == Decimal("0.9")
    assert bucket_of(report, "energy").actual_weight == Decimal("-0.1")
    assert report.max_abs_drift == Decimal("0.4")


def test_cash_is_a_bucket_of_the_asset_classes() -> None:
    report = measure_drift(
        [an_exposure("A", "700")], Decimal(300), [a_target("cash", "0.1", "asset_class")], THRESHOLD
    )
    assert bucket_of(report, "cash").actual_weight == Decimal("0.3")
    assert bucket_of(report, "equity").status == "untargeted"


def test_only_a_drift_strictly_beyond_the_threshold_breaches() -> None:
    assert not drift_of("550", "450", a_target("technology", "0.5")).breached
    assert drift_of("550.01", "449.99", a_target("technology", "0.5")).status == "above"
    assert drift_of("449.99", "550.01", a_target("technology", "0.5")).status == "below"


def test_the_edge_is_exact_even_where_the_weight_has_no_last_digit() -> None:
    third = a_target("technology", "0", band=Decimal(1) / Decimal(3) + Decimal("1e-28"))
    assert not drift_of("1", "2", third).breached


@pytest.mark.parametrize(
    ("target", "lower", "upper"),
    [
        ("0.20", "0.15", "0.25"),
        ("0.10", "0.075", "0.125"),
        ("0.60", "0.55", "0.65"),
        ("0.04", "0.03", "0.05"),
    ],
)
def test_a_hybrid_band_is_the_published_5_25_rule(target: str, lower: str, upper: str) -> None:
    # Swedroe: 5 points or 25 % of the target, whichever is less; the legs meet at a target of 20 %.
    edges = band_edges(a_target("x", target, band_kind="hybrid"), Decimal("0.99"))
    assert edges == (Decimal(lower), Decimal(upper))


def test_a_hybrid_band_of_ones_own_scales_both_legs() -> None:
    target = a_target("x", "0.10", band_kind="hybrid", band=Decimal("0.02"))
    assert band_edges(target, THRESHOLD) == (Decimal("0.09"), Decimal("0.11"))


def test_a_relative_band_of_20_percent_around_40_percent_is_32_to_48() -> None:
    target = a_target("x", "0.40", band_kind="relative", band=Decimal("0.20"))
    assert band_edges(target, THRESHOLD) == (Decimal("0.32"), Decimal("0.48"))


def test_an_absolute_band_of_its_own_replaces_the_threshold() -> None:
    target = a_target("technology", "0.5", band_kind="absolute", band=Decimal("0.01"))
    assert drift_of("520", "480", target).breached
    assert not drift_of("520", "480", a_target("technology", "0.5")).breached


def test_a_bucket_outside_its_limits_counts_although_its_drift_is_small() -> None:
    target = a_target("technology", "0.5", max_weight=Decimal("0.51"))
    assert drift_of("520", "480", target).status == "outside_limits"
    assert drift_of("520", "480", target).breached
    assert drift_of("520", "480", target).upper == Decimal("0.51")


def test_a_target_that_is_not_held_weighs_nothing() -> None:
    report = measure_drift([], Decimal(100), [a_target("energy", "0.2")], THRESHOLD)
    assert bucket_of(report, "energy").actual_weight == 0
    assert bucket_of(report, "energy").status == "below"


def test_a_bucket_without_a_target_is_listed_and_never_breaches() -> None:
    exposures = [an_exposure("A", "90", sector="Utilities"), an_exposure("B", "10", sector="energy")]
    report = measure_drift(exposures, Decimal(0), [a_target("energy", "0.1")], THRESHOLD)
    assert bucket_of(report, "utilities").status == "untargeted"
    assert bucket_of(report, "utilities").actual_weight == Decimal("0.9")
    assert not report.drifted


def test_buckets_match_without_regard_to_case() -> None:
    assert drift_of("500", "500", a_target("TECHNOLOGY", "0.5")).status == "inside"


@pytest.mark.parametrize("bucket", ["abc", "us0000000001", "00000000-0000-0000-0000-00000000000a"])
def test_a_security_is_known_by_ticker_isin_or_instrument(bucket: str) -> None:
    exposure = an_exposure("ABC", "50", isin="US0000000001", instrument_id=UUID(int=10))  # type: ignore[arg-type]
    report = measure_drift([exposure], Decimal(50), [a_target(bucket, "0.5", "security")], THRESHOLD)
    assert [one.actual_weight for one in report.buckets] == [Decimal("0.5")]


@pytest.mark.parametrize("cash", ["-100", "-200"])
def test_without_a_positive_total_nothing_is_weighed_and_the_report_says_so(cash: str) -> None:
    report = measure_drift(
        [an_exposure("A", "100")], Decimal(cash), [a_target("technology", "0.5")], THRESHOLD
    )
    assert bucket_of(report, "technology").actual_weight is None
    assert not report.drifted
    assert report.reason is not None
    assert "total value" in report.reason


def test_what_could_not_be_valued_is_named() -> None:
    assert measure_drift([], Decimal(1), [], THRESHOLD, excluded=["ZZZ", "AAA"]).excluded == ("AAA", "ZZZ")


@given(values=st.lists(money, max_size=8), cash=money, factor=st.integers(1, 1000))
def test_drift_does_not_depend_on_the_unit_of_account(
    values: list[Decimal], cash: Decimal, factor: int
) -> None:
    targets = [a_target("technology", "0.3"), a_target("cash", "0.2", "asset_class")]
    once = measure_drift([an_exposure("A", str(v)) for v in values], cash, targets, THRESHOLD)
    scaled = [an_exposure("A", str(v * factor)) for v in values]
    again = measure_drift(scaled, cash * factor, targets, THRESHOLD)
    assert [b.status for b in once.buckets] == [b.status for b in again.buckets]
    assert once.drifted == again.drifted


@given(values=st.lists(money, min_size=1, max_size=8), cash=money)
def test_weights_of_all_asset_classes_and_cash_sum_to_one(values: list[Decimal], cash: Decimal) -> None:
    exposures = [an_exposure("A", str(v), asset_class=f"class{i % 3}") for i, v in enumerate(values)]
    report = measure_drift(exposures, cash, [a_target("cash", "0", "asset_class")], THRESHOLD)
    if report.total_value > 0:
        weights = [b.actual_weight for b in report.buckets if b.actual_weight is not None]
        assert abs(sum(weights) - 1) < Decimal("1e-20")


def test_a_bucket_without_a_target_is_spelt_like_one_with_it() -> None:
    portfolio = [an_exposure("AAPL", "60", sector="technology"), an_exposure("XOM", "40", sector="energy")]
    report = measure_drift(portfolio, Decimal(0), [a_target("AAPL", "0.6", "security")], Decimal("0.05"))
    assert [bucket.bucket for bucket in report.buckets] == ["AAPL", "XOM"]

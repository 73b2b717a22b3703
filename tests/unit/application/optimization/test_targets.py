"""What a result becomes: targets that add up exactly, however its weights were rounded."""

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.aggregates import NOW, a_portfolio, a_position, a_target, new_facts

from application.optimization.dataset import AssetFacts
from application.optimization.targets import Replacement, Wanted, replacement, rounded
from domain.drift import AllocationType, band_edges
from domain.errors import Refused
from domain.policy import RebalanceOptions
from domain.portfolio import Portfolio

ASSETS = (
    AssetFacts(name="AAPL", ticker="AAPL", isin="US0378331005", sector="technology", geography="US"),
    AssetFacts(name="JPM", ticker="JPM", sector="financials", geography="US"),
    AssetFacts(name="SAP", ticker="SAP", sector="technology", geography="DE"),
)
WEIGHTS = {"AAPL": 1 / 3, "JPM": 1 / 3, "SAP": 1 / 3}


def a_result(
    weights: dict[str, float] | None = None, kind: AllocationType = "security", **given: object
) -> Wanted:
    wanted = {"weights": WEIGHTS if weights is None else weights, "assets": ASSETS, "allocation_type": kind}
    return Wanted(**{**wanted, **given})  # type: ignore[arg-type]


def shown(found: Replacement) -> dict[str, str]:
    return {target.bucket: str(target.target_weight) for target in found.targets}


def test_a_third_each_adds_up_to_one() -> None:
    found = replacement(a_result(), a_portfolio(), [])
    assert shown(found) == {"AAPL": "0.333334", "JPM": "0.333333", "SAP": "0.333333"}


@given(st.lists(st.floats(min_value=1e-9, max_value=1), min_size=1, max_size=60), st.integers(1, 1_000_000))
def test_shares_add_up_to_the_total_and_are_a_step_off_at_most(shares: list[float], millionths: int) -> None:
    total = Decimal(millionths).scaleb(-6)
    found = rounded({str(at): share for at, share in enumerate(shares)}, total)
    assert sum(found.values()) == total
    for at, share in enumerate(shares):
        exact = share / sum(shares) * float(total)
        assert abs(float(found.get(str(at), 0)) - exact) <= 1.0001e-6


def test_sectors_get_the_sum_of_their_assets() -> None:
    found = replacement(a_result({"AAPL": 0.2, "JPM": 0.5, "SAP": 0.3}, "sector"), a_portfolio(), [])
    assert shown(found) == {"financials": "0.500000", "technology": "0.500000"}


def test_what_a_position_says_of_itself_counts_before_what_the_market_says() -> None:
    held = [a_position("SAP", "1", sector="energy", isin="DE0007164600")]
    found = replacement(a_result({"SAP": 1.0}, "sector"), a_portfolio(), held)
    assert shown(found) == {"energy": "1.000000"}


def test_an_asset_without_a_sector_is_refused_by_name() -> None:
    wanted = a_result({"AAPL": 0.5, "XXX": 0.5}, "sector")
    with pytest.raises(Refused, match="sector of XXX is not known") as refusal:
        replacement(wanted, a_portfolio(), [])
    assert refusal.value.violations[0].field == "allocation_type"


def test_an_asset_without_a_sector_and_without_weight_is_no_matter() -> None:
    wanted = a_result({"AAPL": 1.0, "XXX": 0.0}, "sector")
    assert shown(replacement(wanted, a_portfolio(), [])) == {"technology": "1.000000"}


def test_what_is_held_and_not_in_the_result_is_sold_to_the_last() -> None:
    found = replacement(a_result({"AAPL": 1.0}), a_portfolio(), [a_position("KO", "10")])
    assert shown(found) == {"AAPL": "1.000000", "KO": "0"}
    assert found.sold == ("KO",)
    assert band_edges(found.targets[1], Decimal("0.05"))[1] == 0


def test_what_is_held_under_an_isin_is_the_same_asset() -> None:
    held = [a_position("APC", "10", isin="US0378331005")]
    found = replacement(a_result({"AAPL": 1.0}), a_portfolio(), held)
    assert shown(found) == {"AAPL": "1.000000"}


def test_a_target_known_by_its_isin_keeps_its_name() -> None:
    portfolio = a_portfolio()
    portfolio.set_target(a_target(portfolio, "US0378331005", "0.5", allocation_type="security"), at=NOW)
    found = replacement(a_result({"AAPL": 1.0}), portfolio, [])
    assert shown(found) == {"US0378331005": "1.000000"}


def test_cash_that_is_to_stay_is_left_out_of_the_weights() -> None:
    portfolio = a_portfolio(rebalance_policy=RebalanceOptions(cash_buffer=Decimal("0.1")))
    found = replacement(a_result({"AAPL": 0.5, "JPM": 0.5}), portfolio, [])
    assert shown(found) == {"AAPL": "0.450000", "JPM": "0.450000"}
    assert [code for code, _ in found.warnings] == ["cash_kept"]


def test_a_target_for_cash_is_left_out_of_the_weights_too() -> None:
    portfolio = a_portfolio()
    portfolio.set_target(a_target(portfolio, "cash", "0.2", allocation_type="asset_class"), at=NOW)
    found = replacement(a_result({"AAPL": 1.0}), portfolio, [])
    assert shown(found) == {"AAPL": "0.800000"}
    assert [code for code, _ in found.warnings] == ["cash_kept", "other_targets"]


def test_asset_classes_add_up_to_one_with_cash() -> None:
    assets = (
        AssetFacts(name="AAPL", asset_class="equity"),
        AssetFacts(name="TLT", asset_class="fixed_income"),
    )
    portfolio = a_portfolio(rebalance_policy=RebalanceOptions(cash_buffer=Decimal("0.05")))
    wanted = a_result({"AAPL": 0.6, "TLT": 0.4}, "asset_class", assets=assets)
    expected = {"cash": "0.050000", "equity": "0.570000", "fixed_income": "0.380000"}
    assert shown(replacement(wanted, portfolio, [])) == expected


def test_a_budget_below_one_leaves_cash() -> None:
    found = replacement(a_result({"AAPL": 0.5, "JPM": 0.4}), a_portfolio(), [])
    assert sum(target.target_weight for target in found.targets) == Decimal("0.9")


@pytest.mark.parametrize(
    ("weights", "code", "said"),
    [
        ({"AAPL": 1.3, "JPM": -0.3}, "short_weight", "sells JPM short"),
        ({"AAPL": 0.7, "JPM": 0.6}, "targets_over_one", "add up to 1.3"),
        ({"AAPL": 0.0}, "no_weights", "invests nothing"),
    ],
)
def test_what_cannot_be_held_is_refused(weights: dict[str, float], code: str, said: str) -> None:
    with pytest.raises(Refused, match=said) as refusal:
        replacement(a_result(weights), a_portfolio(), [])
    assert [(one.field, one.code) for one in refusal.value.violations] == [("method", code)]


def test_short_weights_within_a_sector_are_fine_for_who_may_sell_short() -> None:
    portfolio = a_portfolio(portfolio_type="long_short")
    weights = {"AAPL": 0.9, "SAP": -0.4, "JPM": 0.5}
    found = replacement(a_result(weights, "sector"), portfolio, [])
    assert shown(found) == {"financials": "0.500000", "technology": "0.500000"}
    with pytest.raises(Refused, match="cannot be negative: SAP"):
        replacement(a_result(weights), portfolio, [])


def test_applying_twice_is_one_set_of_facts() -> None:
    portfolio = a_portfolio()
    kept = [a_position("KO", "10")]
    first = replacement(a_result(), portfolio, kept)
    portfolio.replace_targets("security", first.targets, at=NOW)
    assert len(new_facts(portfolio)) == 4
    portfolio.replace_targets("security", replacement(a_result(), portfolio, kept).targets, at=NOW)
    assert new_facts(portfolio) == []


def test_old_targets_of_the_type_go_and_others_stay() -> None:
    portfolio = a_portfolio()
    portfolio.set_target(a_target(portfolio, "KO", "0.5", allocation_type="security"), at=NOW)
    portfolio.set_target(a_target(portfolio, "technology", "0.9"), at=NOW)
    gone = portfolio.replace_targets(
        "security", replacement(a_result({"AAPL": 1.0}), portfolio, []).targets, at=NOW
    )
    assert [target.bucket for target in gone] == ["KO"]
    assert buckets(portfolio) == {"technology", "AAPL"}


def buckets(portfolio: Portfolio) -> set[str]:
    return {target.bucket for target in portfolio.targets.values()}


def test_an_instrument_of_the_portfolio_is_found_by_its_id() -> None:
    held = a_position("LOCAL-TICKER", "5")
    asset = AssetFacts(name="X", ticker="X", instrument_id=UUID(str(held.instrument_id)))
    found = replacement(a_result({"X": 1.0}, assets=(asset,)), a_portfolio(), [held])
    assert shown(found) == {"X": "1.000000"}


def two_listings(isin: str | None) -> tuple[AssetFacts, ...]:
    return (
        AssetFacts(name="ABC:XNYS", ticker="ABC", exchange="XNYS", isin="US0000000001"),
        AssetFacts(name="ABC:XLON", ticker="ABC", exchange="XLON", isin=isin),
    )


def test_assets_with_one_ticker_are_told_apart_by_their_isins() -> None:
    weights = {"ABC:XNYS": 0.7, "ABC:XLON": 0.3}
    found = replacement(a_result(weights, assets=two_listings("GB0000000002")), a_portfolio(), [])
    assert shown(found) == {"GB0000000002": "0.300000", "US0000000001": "0.700000"}
    with pytest.raises(Refused, match="ticker of ABC:XLON") as refusal:
        replacement(a_result(weights, assets=two_listings(None)), a_portfolio(), [])
    assert refusal.value.violations[0].code == "ambiguous_security"


def test_a_ticker_is_clear_where_only_one_of_its_assets_has_weight() -> None:
    weights = {"ABC:XNYS": 1.0, "ABC:XLON": 0.0}
    assert shown(replacement(a_result(weights, assets=two_listings(None)), a_portfolio(), [])) == {
        "ABC": "1.000000"
    }


@given(
    shares=st.lists(st.floats(min_value=0, max_value=1), min_size=1, max_size=30).filter(
        lambda found: sum(found) > 0.01
    ),
    budget=st.sampled_from([1.0, 0.95, 0.333333]),
    data=st.data(),
)
def test_targets_add_up_in_whatever_order_the_weights_come(
    shares: list[float], budget: float, data: st.DataObject
) -> None:
    weights = {f"S{at}": share / sum(shares) * budget for at, share in enumerate(shares)}
    turned = dict(data.draw(st.permutations(list(weights.items()))))
    one, other = (replacement(a_result(found, assets=()), a_portfolio(), []) for found in (weights, turned))
    assert one == other
    assert sum(target.target_weight for target in one.targets) == Decimal(str(budget))

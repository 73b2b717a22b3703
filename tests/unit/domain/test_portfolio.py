"""What a portfolio decides."""

from decimal import Decimal
from uuid import uuid4

import pytest
from tests.support.aggregates import NOW, a_portfolio, a_target, new_facts

from domain.errors import Refused
from domain.policy import RebalanceOptions
from domain.portfolio import AllocationNotFound, PortfolioArchived, normalised_bucket


def test_a_revision_records_only_what_changes() -> None:
    portfolio = a_portfolio(name="Alpha")
    portfolio.revise({"name": "Alpha", "benchmark_ticker": "SPY"}, at=NOW)
    (fact,) = new_facts(portfolio)
    assert fact.changes == {"benchmark_ticker": "SPY"}


def test_a_revision_that_changes_nothing_is_no_fact() -> None:
    portfolio = a_portfolio(name="Alpha")
    portfolio.revise({"name": "Alpha"}, at=NOW)
    assert new_facts(portfolio) == []


def test_a_new_threshold_or_policy_is_a_new_policy_version() -> None:
    portfolio = a_portfolio()
    portfolio.revise({"name": "other"}, at=NOW)
    assert portfolio.policy_version == 1
    portfolio.revise({"rebalance_threshold": Decimal("0.08")}, at=NOW)
    portfolio.revise({"rebalance_policy": RebalanceOptions(whole_shares=True)}, at=NOW)
    assert portfolio.policy_version == 3


def test_archiving_twice_is_one_fact() -> None:
    portfolio = a_portfolio()
    portfolio.archive(at=NOW)
    portfolio.archive(at=NOW)
    assert len(new_facts(portfolio)) == 1


def test_an_archived_portfolio_takes_no_changes_until_it_is_back() -> None:
    portfolio = a_portfolio()
    portfolio.archive(at=NOW)
    for change in (
        lambda: portfolio.revise({"name": "x"}, at=NOW),
        lambda: portfolio.set_target(a_target(portfolio, "energy", "0.1"), at=NOW),
        lambda: portfolio.remove_target(uuid4(), at=NOW),
        lambda: portfolio.request_rebalance(force=True, options={}, at=NOW),
    ):
        with pytest.raises(PortfolioArchived):
            change()
    portfolio.restore(at=NOW)
    portfolio.revise({"name": "x"}, at=NOW)
    assert portfolio.name == "x"


def test_a_bucket_has_one_target_however_it_is_spelt() -> None:
    portfolio = a_portfolio()
    assert portfolio.set_target(a_target(portfolio, "technology", "0.2"), at=NOW)
    assert portfolio.allocation_id("sector", " Technology ") == portfolio.allocation_id(
        "sector", "technology"
    )
    assert not portfolio.set_target(a_target(portfolio, "technology", "0.3"), at=NOW)
    assert [target.target_weight for target in portfolio.targets.values()] == [Decimal("0.3")]


def test_targets_of_one_type_over_one_are_refused_by_name() -> None:
    portfolio = a_portfolio()
    portfolio.set_target(a_target(portfolio, "technology", "0.7"), at=NOW)
    portfolio.set_target(a_target(portfolio, "US", "0.9", allocation_type="geography"), at=NOW)
    with pytest.raises(Refused) as refusal:
        portfolio.set_target(a_target(portfolio, "energy", "0.31"), at=NOW)
    assert "technology 0.7" in str(refusal.value)
    assert "energy 0.31" in str(refusal.value)
    assert refusal.value.violations[0].code == "targets_over_one"


def test_a_target_that_is_not_there_cannot_be_removed() -> None:
    with pytest.raises(AllocationNotFound):
        a_portfolio().remove_target(uuid4(), at=NOW)


@pytest.mark.parametrize(
    ("allocation_type", "bucket", "spelling"),
    [
        ("sector", "Information Technology", "technology"),
        ("sector", "Real Estate", "real_estate"),
        ("sector", "Space Mining", "space_mining"),
        ("sector", "Other", "other"),
        ("asset_class", "Fixed Income", "fixed_income"),
        ("geography", "us", "US"),
        ("security", "brk.b", "BRK.B"),
    ],
)
def test_a_bucket_is_spelled_as_positions_are(allocation_type: str, bucket: str, spelling: str) -> None:
    assert normalised_bucket(allocation_type, bucket) == spelling

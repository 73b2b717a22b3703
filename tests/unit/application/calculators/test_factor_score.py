from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from application.calculators import factor_score_request
from application.calculators.factor_score import calculate
from application.calculators.factor_score_request import FACTORS, FactorScoreAnswer, FactorScoreRequest
from domain.errors import Refused


def an_asset(ticker: str, *prices: float, **known: float) -> dict[str, Any]:
    return {"ticker": ticker, "priceHistory": list(prices), **known}


def answered(*assets: dict[str, Any], **options: Any) -> FactorScoreAnswer:
    return calculate(msgspec.convert({"assets": assets, "lookback": 3, **options}, FactorScoreRequest))


def refused(*assets: dict[str, Any], **options: Any) -> list[tuple[str | None, str]]:
    with pytest.raises(Refused) as refusal:
        answered(*assets, **options)
    return [(one.field, one.code) for one in refusal.value.violations]


CALM = an_asset("CALM", 100, 101, 102, 103, roe=0.2, debtToEquity=0.5, bookValuePerShare=50, price=103)
WILD = an_asset("WILD", 100, 130, 90, 120, roe=0.1, debtToEquity=2.0, bookValuePerShare=10, price=120)
YOUNG = an_asset("YOUNG", 100, 101)


def test_the_better_asset_has_rank_one_and_the_higher_score() -> None:
    answer = answered(CALM, WILD)

    assert answer.ranks == {
        "CALM": {"momentum": 2, "lowVol": 1, "quality": 1, "value": 1},
        "WILD": {"momentum": 1, "lowVol": 2, "quality": 2, "value": 2},
    }
    for name in ("lowVol", "quality", "value"):
        assert answer.scores["CALM"][name] > 0.5 > answer.scores["WILD"][name]  # type: ignore[operator,index]
    assert answer.values["WILD"]["momentum"] == pytest.approx(0.2)
    assert answer.values["CALM"]["value"] == pytest.approx(50 / 103)
    assert answer.unavailable == {}


def test_what_lacks_data_is_null_with_the_reason_and_takes_no_rank() -> None:
    answer = answered(CALM, YOUNG, WILD)

    assert answer.scores["YOUNG"] == {"momentum": None, "lowVol": None, "quality": None, "value": None}
    assert answer.ranks["YOUNG"] == answer.scores["YOUNG"]
    assert {name: one.code for name, one in answer.unavailable["YOUNG"].items()} == {
        "momentum": "too_few_prices",
        "lowVol": "too_few_prices",
        "quality": "missing_fields",
        "value": "missing_fields",
    }
    assert answer.unavailable["YOUNG"]["quality"].detail == "It needs roe and debtToEquity."
    without = answered(CALM, WILD)
    assert answer.scores["CALM"] == without.scores["CALM"]
    assert answer.ranks["WILD"] == without.ranks["WILD"]


def test_only_what_was_asked_for_is_told() -> None:
    answer = answered(CALM, YOUNG, factors=["lowVol"])

    assert answer.scores["CALM"].keys() == answer.ranks["CALM"].keys() == {"lowVol"}
    assert answer.unavailable["YOUNG"].keys() == {"lowVol"}


def test_an_asset_alone_is_in_the_middle() -> None:
    answer = answered(CALM)

    assert answer.scores["CALM"] == {"momentum": 0.5, "lowVol": 0.5, "quality": 0.5, "value": 0.5}
    assert answer.ranks["CALM"] == {"momentum": 1, "lowVol": 1, "quality": 1, "value": 1}


def test_a_company_without_equity_has_no_quality() -> None:
    answer = answered(CALM, an_asset("BANKRUPT", roe=3.0, debtToEquity=-4.0), factors=["quality"])

    assert answer.scores["BANKRUPT"]["quality"] is None
    assert answer.unavailable["BANKRUPT"]["quality"].code == "no_equity"


def test_one_return_has_no_volatility() -> None:
    answer = answered(CALM, lookback=1, factors=["momentum", "lowVol"])

    assert answer.values["CALM"]["momentum"] == pytest.approx(103 / 102 - 1)
    assert answer.unavailable["CALM"]["lowVol"].detail == "One daily return has no volatility."


def test_a_year_is_looked_back_on_unless_told_otherwise() -> None:
    prices = [100.0] * 253
    answer = calculate(msgspec.convert({"assets": [an_asset("A", *prices)]}, FactorScoreRequest))

    assert answer.values["A"] == {"momentum": 0, "lowVol": 0, "quality": None, "value": None}
    assert answer.unavailable["A"].keys() == {"quality", "value"}


PRICE = st.floats(1e-9, 1e12)
RATIO = st.none() | st.floats(-1e6, 1e6)
ASSETS = st.lists(
    st.fixed_dictionaries(
        {
            "priceHistory": st.lists(PRICE, max_size=6),
            "roe": RATIO,
            "debtToEquity": RATIO,
            "bookValuePerShare": st.none() | st.floats(-1e12, 1e12),
            "price": st.none() | PRICE,
        }
    ),
    min_size=1,
    max_size=6,
)


@settings(deadline=None)
@given(ASSETS, st.integers(1, 5))
def test_every_figure_is_a_number_or_has_a_reason_and_ranks_follow_scores(
    assets: list[dict[str, Any]], lookback: int
) -> None:
    answer = answered(*({"ticker": str(at), **one} for at, one in enumerate(assets)), lookback=lookback)

    for factor in FACTORS:
        known = [name for name, scores in answer.scores.items() if scores[factor] is not None]
        reasons = {name for name, missing in answer.unavailable.items() if factor in missing}
        assert set(known) == answer.scores.keys() - reasons
        assert {name for name, places in answer.ranks.items() if places[factor] is not None} == set(known)
        ranked = sorted((answer.ranks[name][factor], answer.scores[name][factor]) for name in known)
        assert all(0 <= score <= 1 for _, score in ranked)  # type: ignore[operator]
        for (_, better), (_, worse) in pairwise(ranked):
            assert better >= worse - 1e-9  # type: ignore[operator]


def test_everything_that_comes_twice_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factor_score_request, "CELLS_MAX", 11)

    assert refused(CALM, WILD, CALM, factors=["value", "momentum", "value"]) == [
        ("assets.2.ticker", "duplicate"),
        ("factors.2", "duplicate"),
        ("assets", "too_large"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"assets": []},
        {"assets": [{"ticker": "A"}]},
        {"assets": [{"ticker": "", "priceHistory": []}]},
        {"assets": [an_asset("A", 1, 0)]},
        {"assets": [an_asset("A", 1, -1)]},
        {"assets": [an_asset("A", 1, price=0)]},
        {"assets": [an_asset("A")], "factors": []},
        {"assets": [an_asset("A")], "factors": ["size"]},
        {"assets": [an_asset("A")], "lookback": 0},
        {"assets": [an_asset("A")], "lookback": 2.5},
        {"assets": [an_asset("A", sharpe=1)]},
    ],
)
def test_what_is_no_request_is_not_decoded(body: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, FactorScoreRequest)

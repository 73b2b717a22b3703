from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pytest
from tests.support.market import weekdays
from tests.support.market_arrays import ArrayMarket
from tests.support.optimization_samples import normal_returns

from application.history.past import History
from application.market.history import RiskFreeRate
from application.optimization.answer import Prepared
from application.optimization.dataset import Dataset
from application.optimization.prepare import prepare
from application.optimization.request import OptimizationRequest
from application.optimization.sampling import matrix, vector
from domain.errors import Refused
from infrastructure.imports.vocabulary import market_code

DAYS = [day.isoformat() for day in weekdays("2023-01-02", 261)]
RETURNS = normal_returns(1, 3, periods=60)


class Kept(dict[str, bytes]):
    """Datasets by hash, of whatever tenant."""

    async def keep(self, tenant: str, dataset_hash: str, content: bytes) -> None:
        self[dataset_hash] = content

    async def read(self, tenant: str, dataset_hash: str) -> bytes | None:
        return self.get(dataset_hash)


class NoEvents:
    """A log in which nothing was ever recorded."""

    async def stream(self, *_: Any, **__: Any) -> Sequence[Any]:
        return []


def levels(returns: Any, start: float = 100.0) -> dict[str, float]:
    grown = start * np.cumprod(np.concatenate(([1.0], 1 + np.asarray(returns))))
    return dict(zip(DAYS, grown.tolist(), strict=False))


def a_market(seed: int = 5) -> ArrayMarket:
    market = ArrayMarket(today="2024-01-01")
    for ticker, column in zip(("AAA", "BBB", "CCC"), normal_returns(seed, 3, periods=260).T, strict=True):
        market.prices(ticker, levels(column), sector="technology" if ticker == "AAA" else None)
    return market


def a_request(**changes: Any) -> OptimizationRequest:
    body = {"assets": ["A", "B", "C"], "returns": RETURNS.tolist(), "methods": ["MinVol"]} | changes
    sent = {name: value for name, value in body.items() if value is not None}
    return msgspec.convert(msgspec.json.decode(msgspec.json.encode(sent)), OptimizationRequest)


def of_stocks(**changes: Any) -> OptimizationRequest:
    stocks = [{"ticker": ticker} for ticker in ("AAA", "BBB", "CCC")]
    return a_request(**({"assets": None, "returns": None, "stocks": stocks} | changes))


def of_moments(covariance: Any, **changes: Any) -> OptimizationRequest:
    means = [0.1] * len(covariance)
    names = [f"A{at}" for at in range(len(covariance))]
    moments = {"returns": None, "assets": names, "expected_returns": means, "covariance": covariance}
    return a_request(**(moments | changes))


async def prepared(
    request: OptimizationRequest, market: ArrayMarket | None = None
) -> tuple[Prepared, Dataset]:
    kept = Kept()
    answer = await prepare(
        market or a_market(),
        History(NoEvents()),  # type: ignore[arg-type]
        kept,
        "acme",
        request,
        market_code=market_code,
    )
    return answer, Dataset.decoded(kept[answer.dataset_hash])


async def refused(
    request: OptimizationRequest, market: ArrayMarket | None = None
) -> list[tuple[str | None, str]]:
    with pytest.raises(Refused) as refusal:
        await prepared(request, market)
    return [(one.field, one.code) for one in refusal.value.violations]


async def test_returns_are_kept_as_they_were_sent() -> None:
    answer, dataset = await prepared(a_request(benchmark_returns=[0.001] * 60))

    assert answer.periods == 60
    assert answer.periods_per_year == 252
    assert (matrix(dataset.returns, 3) == RETURNS).all()
    assert answer.benchmark is not None
    assert answer.dataset_hash == dataset.hash
    assert dataset.names == ("A", "B", "C")


async def test_the_same_request_has_the_same_hash_and_another_another() -> None:
    one, _ = await prepared(a_request())
    same, _ = await prepared(a_request())
    other, _ = await prepared(a_request(seed=1))

    assert one.inputs_hash == same.inputs_hash
    assert one.inputs_hash != other.inputs_hash
    assert one.dataset_hash == other.dataset_hash


async def test_prices_become_returns_and_rows_with_gaps_go() -> None:
    prices = [[100, 50], [110, None], [121, 55], [133.1, 60.5], [140, 59]]

    answer, dataset = await prepared(
        a_request(assets=["A", "B"], returns=None, prices=prices, benchmark_returns=[0.1, 0.2, 0.3, 0.4])
    )

    expected = [[0.21, 0.1], [0.1, 0.1], [140 / 133.1 - 1, 59 / 60.5 - 1]]
    assert matrix(dataset.returns, 2) == pytest.approx(np.array(expected))
    assert vector(dataset.benchmark_returns) == pytest.approx([1.1 * 1.2 - 1, 0.3, 0.4])
    assert [(one.name, one.code) for one in answer.dropped] == [("periods", "gaps")]


async def test_gaps_are_refused_where_the_request_says_so() -> None:
    prices = [[100, 50, 10], [110, None, 11], [121, 55, 12], [133, 60, 11], [120, 61, 10]]

    assert await refused(a_request(returns=None, prices=prices, missing="refuse")) == [("assets.1", "gaps")]


async def test_an_asset_without_the_whole_window_can_be_left_out() -> None:
    prices = [[100 + at * (at % 3), None if at < 10 else 50 + at % 4, 20 + at % 5] for at in range(30)]

    answer, dataset = await prepared(a_request(returns=None, prices=prices, missing="drop_assets"))

    assert dataset.names == ("A", "C")
    assert answer.periods == 29
    assert [(one.name, one.code) for one in answer.dropped] == [("B", "short_history")]
    assert await refused(
        a_request(returns=None, prices=prices, missing="drop_assets", constraints={"max_weight": {"B": 0.5}})
    ) == [("constraints.max_weight.B", "unknown_asset")]


async def test_an_asset_without_prices_is_named() -> None:
    prices = [[100, None, 10], [110, None, 11], [121, 55, 12], [133, 60, 11]]

    assert await refused(a_request(returns=None, prices=prices)) == [("assets.1", "short_history")]


async def test_assets_that_never_change_are_named() -> None:
    still = RETURNS.copy()
    still[:, 1] = 0.001

    assert await refused(a_request(returns=still.tolist())) == [("assets.1", "no_variation")]


@pytest.mark.parametrize("made_of", ["twice A", "A and B"])
async def test_assets_that_others_make_up_are_named(made_of: str) -> None:
    collinear = RETURNS.copy()
    collinear[:, 2] = 2 * RETURNS[:, 0] if made_of == "twice A" else (RETURNS[:, 0] + RETURNS[:, 1]) / 2

    (field, code), *others = await refused(a_request(returns=collinear.tolist()))

    assert field is not None
    assert field.startswith("assets.")
    assert code == "collinear"
    assert others == []


async def test_twins_are_found_in_few_periods_too() -> None:
    few = normal_returns(3, 3, periods=3)
    few[:, 2] = few[:, 0]

    assert await refused(a_request(returns=few.tolist(), methods=["HRP"])) == [("assets.2", "collinear")]


async def test_fewer_periods_than_assets_need_another_covariance() -> None:
    few = normal_returns(4, 8, periods=6)
    names = [f"A{at}" for at in range(8)]

    asked: dict[str, Any] = {"assets": names, "returns": few.tolist()}

    assert await refused(a_request(**asked, methods=["MinVol", "HRP"])) == [
        ("estimators.covariance", "short_history")
    ]
    assert (await prepared(a_request(**asked, methods=["HRP"])))[0].periods == 6
    shrunk = a_request(**asked, estimators={"covariance": "ledoit_wolf"})
    assert (await prepared(shrunk))[0].periods == 6


@pytest.mark.parametrize(
    ("covariance", "expected"),
    [
        ([[0.04, 0.01], [0.02, 0.09]], [("covariance.0.1", "not_symmetric")]),
        ([[0.04, 0.07], [0.07, 0.09]], [("covariance", "not_positive_semidefinite")]),
        ([[0.04, 0.0], [0.0, -0.09]], [("covariance.1.1", "not_positive_semidefinite")]),
        ([[0.04, 0.0], [0.0, 0.0]], [("covariance.1.1", "no_variation")]),
    ],
    ids=["not symmetric", "not definite", "negative", "still"],
)
async def test_a_matrix_that_is_no_covariance_is_refused(covariance: Any, expected: Any) -> None:
    assert await refused(of_moments(covariance)) == expected


async def test_moments_are_kept_as_they_are() -> None:
    answer, dataset = await prepared(of_moments([[0.04, 0.01], [0.01, 0.09]], periods_per_year=252))

    assert answer.periods == 0
    assert answer.periods_per_year == 1
    assert [one.code for one in answer.warnings] == ["not_used"]
    assert (matrix(dataset.covariance, 2) == [[0.04, 0.01], [0.01, 0.09]]).all()


async def test_falling_assets_have_no_highest_sharpe_ratio() -> None:
    falling = (RETURNS - RETURNS.mean(axis=0) - 0.002).tolist()

    assert await refused(a_request(returns=falling, methods=["MVO", "CriticalLineAlgorithm"])) == [
        ("methods.0", "no_excess_return"),
        ("methods.1", "no_excess_return"),
    ]
    answer, _ = await prepared(a_request(returns=falling, methods=["MVO", "HRP"]))
    assert {name: one.code for name, one in answer.impossible.items()} == {"MVO": "no_excess_return"}
    least = a_request(returns=falling, methods=["MVO"], options={"MVO": {"target": "min_vol"}})
    assert (await prepared(least))[0].impossible == {}


async def test_nothing_enters_a_sparse_portfolio_where_all_fall_unless_it_may_be_sold_short() -> None:
    falling = (RETURNS - RETURNS.mean(axis=0) - 0.002).tolist()
    asked: dict[str, Any] = {"returns": falling, "methods": ["SparseMarkowitzL1"]}

    assert await refused(a_request(**asked)) == [("methods.0", "no_excess_return")]
    short = asked | {"constraints": {"min_weight": -1}}
    assert (await prepared(a_request(**short)))[0].impossible == {}
    hurdled = a_request(**short, options={"SparseMarkowitzL1": {"hurdle": 0.1}})
    assert await refused(hurdled) == [("methods.0", "no_excess_return")]


async def test_an_asset_that_mirrors_another_is_not_said_to_move_as_it_does() -> None:
    mirrored = np.column_stack((RETURNS[:, :2], 0.01 - 2 * RETURNS[:, 0])).tolist()

    with pytest.raises(Refused, match=r"The returns of (A follow from those of C|C follow from those of A)"):
        await prepared(a_request(returns=mirrored))


async def test_limits_that_cannot_hold_are_named_with_a_way_out() -> None:
    with pytest.raises(Refused) as refusal:
        await prepared(a_request(constraints={"max_weight": 0.3}))

    assert "constraints.max_weight" in [one.field for one in refusal.value.violations]
    assert {one.code for one in refusal.value.violations} == {"infeasible"}


async def test_stocks_are_looked_up_over_the_window() -> None:
    market = a_market()
    market.level_benchmark("INDEX", levels(normal_returns(6, 1, periods=260)[:, 0]))
    market.rate = RiskFreeRate(currency="USD", value=0.03, source="test", tenor="3m")

    answer, dataset = await prepared(of_stocks(benchmark="INDEX", window={"start": DAYS[60]}), market)

    assert answer.currency == "USD"
    assert (answer.periods, answer.periods_per_year) == (200, 252)
    assert (str(answer.first_day), str(answer.last_day)) == (DAYS[60], DAYS[-1])
    assert matrix(dataset.returns, 3) == pytest.approx(normal_returns(5, 3, periods=260)[60:])
    assert vector(dataset.benchmark_returns) == pytest.approx(normal_returns(6, 1, periods=260)[60:, 0])
    assert answer.risk_free.value == 0.03
    assert answer.risk_free.source == "test"


async def test_a_window_may_be_a_number_of_periods() -> None:
    answer, _ = await prepared(of_stocks(window={"periods": 50, "end": DAYS[200]}))

    assert answer.periods == 50
    assert str(answer.last_day) == DAYS[200]


@pytest.mark.parametrize(("frequency", "periods", "year"), [("weekly", 51, 52), ("monthly", 11, 12)])
async def test_returns_may_be_those_of_weeks_or_months(frequency: str, periods: int, year: int) -> None:
    answer, dataset = await prepared(of_stocks(frequency=frequency))

    assert (answer.periods, answer.periods_per_year) == (periods, year)
    grown = np.prod(1 + normal_returns(5, 3, periods=260), axis=0)
    kept = matrix(dataset.returns, 3)
    assert kept is not None
    first, last = DAYS.index(str(answer.first_day)), DAYS.index(str(answer.last_day))
    expected = np.prod(1 + normal_returns(5, 3, periods=260)[first:last], axis=0)
    assert np.prod(1 + kept, axis=0) == pytest.approx(expected)
    assert grown.shape == expected.shape


async def test_unknown_stocks_and_benchmarks_are_named_together() -> None:
    stocks = [{"ticker": ticker} for ticker in ("AAA", "NOPE", "BBB", "NADA")]

    said = await refused(of_stocks(stocks=stocks, benchmark="nifty"))

    assert said == [
        ("stocks.1.ticker", "unknown_ticker"),
        ("stocks.3.ticker", "unknown_ticker"),
        ("benchmark", "benchmark_not_found"),
    ]


async def test_stocks_of_several_currencies_are_converted_to_one() -> None:
    market = a_market()
    market.prices("EEE", levels(normal_returns(7, 1, periods=260)[:, 0]), currency="EUR")
    market.fx("EUR", "USD", {day: 1.0 + at / 1_000 for at, day in enumerate(DAYS)})

    answer, dataset = await prepared(of_stocks(stocks=[{"ticker": "AAA"}, {"ticker": "EEE"}]), market)

    assert answer.currency == "USD"
    assert "converted" in [one.code for one in answer.warnings]
    returns = matrix(dataset.returns, 2)
    assert returns is not None
    expected = (1 + normal_returns(7, 1, periods=260)[0, 0]) * 1.001 - 1
    assert returns[0, 1] == pytest.approx(expected)


async def test_without_a_risk_free_rate_ratios_take_off_nothing_and_the_answer_says_what_to_import() -> None:
    answer, _ = await prepared(of_stocks())
    assert (answer.risk_free.value, answer.risk_free.source) == (0.0, None)
    (warned,) = answer.warnings
    assert warned.code == "no_risk_free_rate"
    assert "POST /v1/market/rates/import" in warned.detail


async def test_what_is_wrong_with_figures_is_said_beside_what_is_wrong_with_the_request() -> None:
    uneven = of_moments([[0.04, 0.01], [0.02, 0.04]], methods=["MinVol", "MinCVaR"])
    assert await refused(uneven) == [("methods.1", "needs_returns"), ("covariance.0.1", "not_symmetric")]

    still = [[row[0], row[1], 0.01] for row in RETURNS.tolist()]
    named = a_request(returns=still, constraints={"min_weight": {"Z": 0.1}})
    assert await refused(named) == [
        ("constraints.min_weight.Z", "unknown_asset"),
        ("assets.2", "no_variation"),
    ]

    stocks = of_stocks(benchmark="NONE", options={"MVO": {"risk_free_rate": 0.02}}, methods=["MVO"])
    assert await refused(stocks) == [
        ("options.MVO.risk_free_rate", "not_used"),
        ("benchmark", "benchmark_not_found"),
    ]


async def test_nothing_is_said_twice() -> None:
    wrong = a_request(methods=["BenchmarkTracker"], constraints={"sectors": {"energy": {"max_weight": 0.1}}})
    said = await refused(wrong)
    assert len(said) == len({field for field, _ in said}) == 2


async def test_figures_that_do_not_fit_together_are_not_looked_at() -> None:
    ragged = a_request(returns=[[0.01, 0.02], [0.01, 0.02, 0.03]], methods=["MVO", "MVO"])
    assert await refused(ragged) == [("methods.1", "duplicate"), ("returns.0", "length")]


async def test_a_currency_without_a_rate_is_named() -> None:
    market = a_market()
    market.prices("EEE", levels(normal_returns(7, 1, periods=260)[:, 0]), currency="EUR")

    said = await refused(of_stocks(stocks=[{"ticker": "AAA"}, {"ticker": "EEE"}]), market)

    assert said == [("stocks.1.ticker", "no_rate")]


async def test_a_stock_that_came_late_shortens_the_sample_and_says_so() -> None:
    market = a_market()
    late = dict(list(levels(normal_returns(8, 1, periods=260)[:, 0]).items())[200:])
    market.prices("LATE", late)

    answer, _ = await prepared(of_stocks(stocks=[{"ticker": "AAA"}, {"ticker": "LATE"}]), market)

    assert answer.periods == 60
    assert [one.code for one in answer.dropped] == ["gaps"]
    assert "LATE" in answer.dropped[0].detail


async def test_sectors_that_nothing_is_in_are_named() -> None:
    limits = {"sectors": {"Information Technology": {"max_weight": 0.5}, "energy": {"max_weight": 0.5}}}

    assert await refused(of_stocks(constraints=limits)) == [("constraints.sectors.energy", "unknown_sector")]


async def test_a_portfolio_that_is_not_there_is_named() -> None:
    request = of_stocks(stocks=None, portfolio_id="00000000-0000-7000-8000-000000000001")

    assert await refused(request) == [("portfolio_id", "unknown_portfolio")]


async def test_a_benchmark_that_begins_later_than_the_window_is_refused() -> None:
    market = a_market()
    late = dict(list(levels(normal_returns(6, 1, periods=260)[:, 0]).items())[100:])
    market.level_benchmark("INDEX", late)

    assert await refused(of_stocks(benchmark="INDEX"), market) == [("benchmark", "incomplete_benchmark")]


async def test_current_weights_of_stocks_come_from_the_request() -> None:
    answer, _ = await prepared(of_stocks(constraints={"current_weights": {"aaa": 0.25, "BBB": 0.75}}))

    assert answer.current_weights == {"AAA": 0.25, "BBB": 0.75, "CCC": 0.0}


async def test_a_rate_in_the_options_goes_before_none() -> None:
    answer, _ = await prepared(a_request(methods=["MVO"], options={"MVO": {"risk_free_rate": 0.02}}))

    assert answer.risk_free.value == 0.02
    assert answer.risk_free.source == "request"


async def test_a_window_ends_with_the_newest_price_where_that_is_old() -> None:
    market = a_market()
    market.today = market.today.replace(year=2031)

    answer, _ = await prepared(of_stocks(), market)
    fewer, _ = await prepared(of_stocks(window={"periods": 40}), market)

    assert answer.periods == 260
    assert fewer.periods == 40
    assert str(fewer.last_day) == DAYS[-1]


@pytest.mark.parametrize(
    "window",
    [
        {"end": "0001-01-01"},
        {"end": "0004-02-29"},
        {"end": "0001-02-01", "periods": 20_000},
        {"start": "2900-01-01"},
        {"start": "1000-01-01", "end": "1000-02-01"},
    ],
    ids=str,
)
async def test_windows_without_any_price_are_refused(window: dict[str, Any]) -> None:
    said = await refused(of_stocks(window=window))

    assert said == [(f"stocks.{at}.ticker", "short_history") for at in range(3)]

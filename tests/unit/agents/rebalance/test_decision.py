from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import msgspec
import pytest
from tests.support.streams import NOW, TENANT, a_portfolio

from agents.rebalance.decision import Decision, Hold, Lapse, Nothing, Recommend, decide, doubted
from agents.rebalance.state import State, state_of
from agents.rebalance.triggers import Question
from application.market.history import Flag
from application.market.pricing import priced
from application.market.quotes import Listing, Quote
from application.rebalancing.sight import Sight
from domain.drift import AllocationType, Target
from domain.holding_facts import CashLevel, Position, holdings_id, position_id
from domain.holdings import Holdings
from domain.portfolio import Portfolio
from domain.rebalancing import Rebalancing, Recommendation, rebalancing_id
from domain.trades import Candidate
from domain.valuation import Rate

NAMES = UUID(int=7)
EXPIRY = datetime(2026, 4, 2, 8, tzinfo=UTC)
D = Decimal


class DollarRates:
    """Two dollars for a euro, and nothing else."""

    def rate(self, source: str, target: str, on: date) -> Rate | None:
        values = {("USD", "USD"): 1, ("EUR", "USD"): 2}
        value = values.get((source, target))
        return None if value is None else Rate(D(value), on)


class Desk:
    """A portfolio with its holdings and recommendations, as the agent loads them."""

    def __init__(self, **given: Any) -> None:
        self.portfolio: Portfolio = a_portfolio(**given)
        portfolio_id = self.portfolio.id
        started: dict[str, Any] = {"tenant_id": TENANT, "portfolio_id": portfolio_id, "effective_at": NOW}
        self.holdings = Holdings.start(Holdings.Started, id=holdings_id(portfolio_id), **started)
        self.rebalancing = Rebalancing.start(Rebalancing.Started, id=rebalancing_id(portfolio_id), **started)
        self.position = 10
        self.clock = date(2026, 3, 26)
        self.quotes: dict[str, Quote] = {}
        self.offers: list[Candidate] = []

    def quote(self, ticker: str, close: str, day: date) -> None:
        self.quotes[ticker] = Quote(listing=Listing(listing_id=1, ticker=ticker), day=day, close=D(close))

    def hold(
        self, ticker: str, value: str, sector: str, price: str | None = "10", currency: str = "USD"
    ) -> None:
        instrument_id = uuid5(NAMES, ticker)
        held = Position(
            position_id=position_id(self.portfolio.id, "", instrument_id),
            instrument_id=instrument_id,
            ticker=ticker,
            quantity=D(value) / D(price or 10),
            currency=currency,
            current_price=None if price is None else D(price),
            price_date=date(2026, 3, 25),
            sector=sector,
        )
        self.holdings.change([held], at=NOW)

    def put_cash(self, amount: str, currency: str = "USD") -> None:
        self.holdings.change([], [CashLevel(currency=currency, amount=D(amount))], at=NOW)

    def aim(self, bucket: str, weight: str, kind: AllocationType = "sector", **limits: str) -> None:
        target = Target(
            allocation_id=self.portfolio.allocation_id(kind, bucket),
            allocation_type=kind,
            bucket=bucket,
            target_weight=D(weight),
            **{name: D(limit) for name, limit in limits.items()},  # type: ignore[arg-type]
        )
        self.portfolio.set_target(target, at=NOW)

    def state(self) -> State:
        held = [
            priced(stated, since, self.quotes.get(stated.ticker), clock=self.clock)
            for since, stated in self.holdings.dated_positions()
        ]
        sight = Sight(
            held=held,
            candidates=self.offers,
            candidate_days=[self.clock] * len(self.offers),
            rates=DollarRates(),
            clock=self.clock,
            on=self.clock,
        )
        return state_of(self.portfolio, self.holdings, self.rebalancing, sight=sight)

    def decide(self, **asked: Any) -> Decision:
        self.position += 1
        question = Question(**{"source_position": self.position, "triggers": ("pm.x.v1",), **asked})
        return decide(self.state(), question, expires_at=EXPIRY, hold_back_days=30)

    def recommend(self, **asked: Any) -> Recommendation:
        decision = self.decide(**asked)
        assert isinstance(decision, Recommend), decision
        self.rebalancing.recommend(decision.recommendation, at=NOW)
        return decision.recommendation


def a_drifted_desk(**given: Any) -> Desk:
    desk = Desk(**given)
    desk.hold("AAPL", "700", "technology")
    desk.hold("XOM", "300", "energy")
    desk.aim("technology", "0.5")
    desk.aim("energy", "0.5")
    return desk


def test_drift_beyond_the_threshold_is_answered_with_trades() -> None:
    recommended = a_drifted_desk().recommend()
    assert {(t.ticker, t.side, t.value) for t in recommended.trades} == {
        ("AAPL", "sell", D("200.00")),
        ("XOM", "buy", D("200.00")),
    }
    assert recommended.turnover_one_way == D("0.2")
    assert recommended.residual_cash == 0
    assert recommended.expires_at == EXPIRY
    assert recommended.prices_as_of == "2026-03-25"
    assert [one["drift"] for one in recommended.after] == [0, 0]


def test_the_reasons_say_which_bucket_left_which_band_and_what_came_in() -> None:
    recommended = a_drifted_desk().recommend(triggers=("pm.holdings.positions-imported.v1",))
    [energy, technology, trigger] = recommended.reasons
    assert technology["explanation"] == (
        "sector technology weighs 70 %, 20 points above its target of 50 % and above its band of 45 % to 55 %."
    )
    assert (energy["drift"], energy["threshold"], energy["status"]) == (D("-0.2"), D("0.05"), "below")
    assert trigger["trigger"] == ["pm.holdings.positions-imported.v1"]
    assert trigger["explanation"] == "The agent looked because of: positions imported."


def test_a_portfolio_inside_its_bands_is_left_alone() -> None:
    desk = Desk()
    desk.hold("AAPL", "550", "technology")
    desk.put_cash("450")
    desk.aim("technology", "0.5")
    assert isinstance(desk.decide(), Nothing)


def test_the_same_state_is_recommended_on_once() -> None:
    desk = a_drifted_desk()
    desk.recommend()
    assert isinstance(desk.decide(), Nothing)
    desk.hold("XOM", "301", "energy")
    assert isinstance(desk.decide(), Recommend)


def test_a_declined_state_is_not_recommended_on_again() -> None:
    desk = a_drifted_desk()
    declined = desk.recommend()
    desk.rebalancing.decline(declined.id, reason="no", at=NOW)
    assert isinstance(desk.decide(), Nothing)


def test_a_request_with_other_options_counts_as_another_state_and_later_events_do_not_undo_it() -> None:
    desk = a_drifted_desk()
    desk.recommend()
    assert isinstance(desk.decide(options={}), Nothing)
    recommended = desk.recommend(options={"to": "edge", "min_trade_value": D("20.0")})
    assert recommended.policy["to"] == "edge"
    assert isinstance(desk.decide(options={"to": "edge", "min_trade_value": 20}), Nothing)
    assert isinstance(desk.decide(), Nothing)


def test_force_recommends_on_an_unchanged_state_with_another_id() -> None:
    desk = a_drifted_desk()
    first, second = desk.recommend(), desk.recommend(forced=True)
    assert second.forced
    assert first.id != second.id
    assert desk.rebalancing.status == {first.id: "superseded", second.id: "open"}


@pytest.mark.parametrize("weight", ["1", None])
def test_force_with_nothing_to_do_recommends_no_trades(weight: str | None) -> None:
    desk = Desk()
    desk.hold("AAPL", "500", "technology")
    if weight is not None:
        desk.aim("technology", weight)
    recommended = desk.recommend(forced=True)
    assert recommended.trades == []
    assert recommended.reasons[0]["trigger"] == ["pm.x.v1"]


def test_force_on_an_empty_portfolio_says_why_there_are_no_trades() -> None:
    desk = Desk()
    desk.aim("technology", "1")
    recommended = desk.recommend(forced=True)
    assert "positive" in recommended.reasons[-1]["explanation"]


def test_an_open_recommendation_lapses_when_the_drift_is_gone() -> None:
    desk = a_drifted_desk()
    desk.recommend()
    desk.hold("AAPL", "300", "technology")
    assert desk.decide() == Lapse("Every bucket is back inside its band.")


def test_an_archived_portfolio_gets_nothing_and_its_open_recommendation_lapses() -> None:
    desk = a_drifted_desk()
    desk.portfolio.archive(at=NOW)
    assert isinstance(desk.decide(forced=True), Nothing)
    desk.portfolio.restore(at=NOW)
    desk.recommend()
    desk.portfolio.archive(at=NOW)
    assert desk.decide(forced=True) == Lapse("The portfolio was archived.")


def test_what_cannot_be_valued_is_named_and_in_no_total() -> None:
    desk = a_drifted_desk()
    desk.hold("GAZP", "500", "energy", currency="XXX")
    desk.hold("PRIV", "500", "energy", price=None)
    desk.put_cash("5", "XXX")
    recommended = desk.recommend()
    assert recommended.total_value == 1000
    assert recommended.excluded == ["GAZP", "PRIV", "cash XXX"]


def test_foreign_positions_are_traded_in_the_portfolios_currency() -> None:
    desk = Desk()
    desk.hold("SAP", "350", "technology", currency="EUR")
    desk.hold("XOM", "300", "energy")
    desk.aim("technology", "0.5")
    desk.aim("energy", "0.5")
    sale = next(trade for trade in desk.recommend().trades if trade.side == "sell")
    assert (sale.ticker, sale.estimated_price, sale.value) == ("SAP", D(20), D("200.00"))


def test_the_state_is_known_again_however_its_numbers_are_written() -> None:
    desk = a_drifted_desk()
    before = desk.state().facts
    desk.hold("AAPL", "700.00", "technology", price="10.000")
    assert desk.state().facts == before
    desk.hold("AAPL", "700", "technology", price="20")
    assert desk.state().facts != before


@pytest.mark.parametrize(
    "change",
    [
        lambda desk: desk.aim("technology", "0.4"),
        lambda desk: desk.put_cash("1"),
        lambda desk: desk.portfolio.revise({"rebalance_threshold": D("0.06")}, at=NOW),
        lambda desk: desk.hold("AAPL", "700", "utilities"),
        lambda desk: desk.portfolio.revise(
            {"rebalance_policy": msgspec.structs.replace(desk.portfolio.rebalance_policy, whole_shares=True)},
            at=NOW,
        ),
    ],
)
def test_whatever_changes_a_recommendation_changes_the_state(change: Any) -> None:
    desk = a_drifted_desk()
    before = desk.state().facts
    change(desk)
    assert desk.state().facts != before


def test_a_price_of_the_market_makes_another_state_and_another_recommendation() -> None:
    desk = a_drifted_desk()
    desk.recommend()
    assert isinstance(desk.decide(), Nothing)
    desk.quote("AAPL", "12", date(2026, 3, 26))
    recommended = desk.recommend()
    assert recommended.total_value == 1140
    assert recommended.prices_as_of == "2026-03-25"


def test_prices_are_named_as_what_made_the_agent_look() -> None:
    recommended = a_drifted_desk().recommend(triggers=("pm.analysis.requested.v1",))
    assert recommended.reasons[-1]["explanation"] == "The agent looked because of: new market data."


def test_prices_that_came_back_inside_the_bands_let_the_recommendation_lapse() -> None:
    desk = a_drifted_desk()
    desk.recommend()
    desk.quote("AAPL", "4.2857", date(2026, 3, 26))
    assert isinstance(desk.decide(), Lapse)


def test_drift_at_old_prices_is_held_back_once_per_state() -> None:
    desk = a_drifted_desk()
    desk.clock = date(2026, 4, 25)
    held = desk.decide()
    assert isinstance(held, Hold)
    assert held.hold_back.reason == (
        "Prices are older than 30 days: AAPL of 2026-03-25 (31 days), XOM of 2026-03-25 (31 days)."
    )
    desk.rebalancing.hold_back(held.hold_back, at=NOW)
    assert isinstance(desk.decide(), Nothing)
    desk.hold("XOM", "310", "energy")
    assert isinstance(desk.decide(), Hold)


def test_a_price_of_thirty_days_is_young_enough() -> None:
    desk = a_drifted_desk()
    desk.clock = date(2026, 4, 24)
    assert isinstance(desk.decide(), Recommend)


def test_fresh_prices_end_the_hold_back() -> None:
    desk = a_drifted_desk()
    desk.clock = date(2026, 4, 25)
    held = desk.decide()
    assert isinstance(held, Hold)
    desk.rebalancing.hold_back(held.hold_back, at=NOW)
    for ticker in ("AAPL", "XOM"):
        desk.quote(ticker, "10", date(2026, 4, 24))
    assert isinstance(desk.decide(), Recommend)


def test_force_recommends_at_old_prices_and_says_so() -> None:
    desk = a_drifted_desk()
    desk.clock = date(2026, 5, 25)
    recommended = desk.recommend(forced=True)
    assert recommended.reasons[-1]["code"] == "stale"


def test_a_target_that_is_not_held_is_bought_at_the_markets_price() -> None:
    desk = Desk()
    desk.hold("AAPL", "1000", "technology")
    desk.aim("AAPL", "0.5", kind="security")
    desk.aim("MSFT", "0.5", kind="security")
    assert desk.recommend().conflicts
    offer = Candidate(instrument_id=uuid5(NAMES, "MSFT"), ticker="MSFT", asset_class="equity", price=D(50))
    desk.offers = [offer]
    recommended = desk.recommend()
    assert {(t.ticker, t.side, t.quantity) for t in recommended.trades} == {
        ("AAPL", "sell", 50),
        ("MSFT", "buy", 10),
    }
    assert recommended.conflicts == []


def test_what_is_doubtful_about_traded_prices_is_among_the_reasons() -> None:
    recommended = a_drifted_desk().recommend()
    told = doubted(
        recommended,
        [
            Flag(ticker="AAPL", code="jump", detail="The price moved by +80.0%."),
            Flag(ticker="KO", code="split_suspect", detail="Nobody holds it."),
        ],
    )
    assert told.reasons[len(recommended.reasons) :] == [
        {"code": "jump", "explanation": "AAPL: The price moved by +80.0%."}
    ]

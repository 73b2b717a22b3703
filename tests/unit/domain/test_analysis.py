"""Requests for figures, and which figures answer them."""

from tests.support.aggregates import NOW, PORTFOLIO, new_facts

from domain.analysis import (
    KINDS,
    Analysis,
    AttributionStudy,
    Found,
    RiskStudy,
    analysis_id,
    attribution_key,
)
from domain.unavailable import Missing


def an_analysis() -> Analysis:
    opened = Analysis.start(
        Analysis.Started,
        id=analysis_id(PORTFOLIO),
        tenant_id="acme",
        portfolio_id=PORTFOLIO,
        effective_at=NOW,
    )
    new_facts(opened)
    return opened


def figures(source_position: int) -> Found:
    return Found(source_position=source_position, market_version=3, snapshot={"hhi": 0.1})


def test_an_import_of_market_data_asks_once_however_often_it_is_delivered() -> None:
    analysis = an_analysis()
    analysis.reprice(KINDS, market_position=7, at=NOW)
    analysis.reprice(KINDS, market_position=7, at=NOW)
    analysis.reprice(KINDS, market_position=5, at=NOW)
    [asked] = new_facts(analysis)
    assert (asked.reason, asked.market_position) == ("prices", 7)
    assert asked.kinds == ["drift", "risk", "factors", "attribution"]


def test_an_import_that_concerns_more_than_a_later_one_asks_for_the_rest() -> None:
    analysis = an_analysis()
    analysis.reprice(["risk"], market_position=7, at=NOW)
    analysis.reprice(["drift", "risk"], market_position=5, at=NOW)
    assert [one.kinds for one in new_facts(analysis)] == [["risk"], ["drift"]]


def test_a_refresh_asks_every_time_and_says_for_what() -> None:
    analysis = an_analysis()
    for _ in range(2):
        analysis.refresh(["attribution"], options={"period": "1y"}, at=NOW)
    asked = new_facts(analysis)
    assert [(one.kinds, one.options, one.market_position) for one in asked] == [
        (["attribution"], {"period": "1y"}, None)
    ] * 2


def test_figures_answer_what_came_before_them() -> None:
    study = RiskStudy.begin("acme", PORTFOLIO, at=NOW)
    assert not study.answers(1)
    assert not study.has_figures
    study.compute(figures(10), {}, at=NOW)
    assert study.answers(10)
    assert not study.answers(11)


def test_one_attribution_answers_for_no_other() -> None:
    study = AttributionStudy.begin("acme", PORTFOLIO, at=NOW)
    study.compute(figures(10), period="ytd", by="sector", linking="carino", at=NOW)
    assert study.answers(10, of=attribution_key("ytd", "sector", "carino"))
    assert not study.answers(10, of=attribution_key("1y", "sector", "carino"))


def test_figures_that_cannot_be_told_are_an_answer_too() -> None:
    study = RiskStudy.begin("acme", PORTFOLIO, at=NOW)
    why = Missing(code="no_positions", detail="Nothing is held.")
    found = Found(source_position=4, market_version=0, snapshot=None, refusal=why)
    study.compute(found, {}, at=NOW)
    assert (study.answers(4), new_facts(study)[-1].refusal) == (True, why)

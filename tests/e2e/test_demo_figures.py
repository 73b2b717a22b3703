"""The demo tenant's figures: all of them are there, and they agree with each other wherever they meet."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.support.running import RunningService
from tests.support.waiting import eventually

from bootstrap.demo import LAST_DAY, PORTFOLIO

HERE = f"/v1/portfolios/{PORTFOLIO}"
CLOSE = 1e-9
Body = dict[str, Any]


@pytest.fixture(scope="module")
def demo(running_service: RunningService) -> Iterator[httpx.Client]:
    """A client of the demo tenant, once its agents have computed."""
    with running_service.client("demo", timeout=60) as client:

        def computed() -> bool:
            kinds = ("risk", "factors", "attribution")
            return all(client.get(f"{HERE}/{kind}").status_code == 200 for kind in kinds) and (
                listed(client)["ytd_return"] is not None
            )

        eventually(computed, seconds=60)
        yield client


def answer(client: httpx.Client, path: str, **parameters: str) -> Body:
    got = client.get(f"{HERE}{path}", params=parameters)
    assert got.status_code == 200, got.text
    body: Body = got.json()
    return body


def listed(client: httpx.Client) -> Body:
    (line,) = [
        one
        for one in client.get("/v1/portfolios").json()["portfolios"]
        if one["portfolio_id"] == str(PORTFOLIO)
    ]
    return dict(line)


def test_the_list_and_the_detail_have_their_figures(demo: httpx.Client) -> None:
    line = listed(demo)
    for name in ("ytd_return", "active_return_ytd", "day_change", "var_95_1d", "sharpe_ratio"):
        assert line[name] is not None, f"{name}: {line['unavailable']}"
    assert line["macro_regime"] in {"risk_on", "risk_off"}
    risk = answer(demo, "")["risk"]
    assert risk["var_95_1d"] == pytest.approx(line["var_95_1d"])


def test_the_year_to_date_is_the_same_everywhere(demo: httpx.Client) -> None:
    line = listed(demo)
    performance = answer(demo, "/performance", period="ytd")["summary"]
    attribution = answer(demo, "/attribution", period="ytd")
    assert line["ytd_return"] == pytest.approx(performance["time_weighted_return"], abs=CLOSE)
    assert attribution["portfolio_return"] == pytest.approx(performance["time_weighted_return"], abs=CLOSE)
    assert attribution["benchmark_return"] == pytest.approx(performance["benchmark_return"], abs=CLOSE)
    assert attribution["total_active_return"] == pytest.approx(line["active_return_ytd"], abs=CLOSE)
    effects = sum(one["total_effect"] for one in attribution["attribution"])
    assert effects == pytest.approx(attribution["total_active_return"], abs=1e-12)


def test_what_positions_add_is_the_risk_of_the_whole(demo: httpx.Client) -> None:
    risk = answer(demo, "/risk")["risk"]
    assert sum(one["component_var"] for one in risk["components"]) == pytest.approx(
        risk["var_95_1d"], abs=1e-12
    )
    assert sum(one["weight"] for one in risk["components"]) == pytest.approx(1)
    assert risk["as_of"] == str(LAST_DAY)


def test_factors_explain_a_share_of_the_risk(demo: httpx.Client) -> None:
    factors = answer(demo, "/factors")
    names = {one["factor_name"] for one in factors["factors"]}
    assert names == {"market", "size", "value", "momentum", "quality", "low_volatility"}
    assert sum(one["share"] for one in factors["risk"]) == pytest.approx(1)


def test_a_change_of_value_is_explained_without_a_rest(demo: httpx.Client) -> None:
    days = {"from": "2022-08-01", "to": "2022-12-28"}
    bridge = answer(demo, "/explain", metric="total_value", **days)
    performance = answer(demo, "/performance", **days)["summary"]
    assert bridge["end"] == pytest.approx(performance["end_value"])
    assert bridge["start"] == pytest.approx(performance["start_value"])
    steps = {one["stage"]: one["contribution"] for one in bridge["contributions"]}
    assert sum(steps.values()) == pytest.approx(bridge["change"], abs=1e-6)
    assert bridge["end"] - bridge["start"] == pytest.approx(bridge["change"], abs=1e-6)
    assert steps["prices"] == pytest.approx(performance["gain"], abs=0.01)
    assert steps["flows"] == -40_000


def test_the_report_shows_every_section(demo: httpx.Client) -> None:
    page = demo.get(f"{HERE}/report")
    assert page.status_code == 200
    assert "Not available." not in page.text
    assert "Historical data." in page.text
    assert len(re.findall(r"<svg ", page.text)) == 6
    year = answer(demo, "/performance", period="ytd")["summary"]["time_weighted_return"]
    assert f"{abs(100 * year):.2f}" in page.text


def test_the_command_line_writes_the_same_report(
    running_service: RunningService, demo: httpx.Client, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("report") / "report.html"
    done = running_service.trimtab("report", str(PORTFOLIO), "-o", str(file))
    assert done.returncode == 0, done.stderr
    assert file.read_text(encoding="utf-8") == demo.get(f"{HERE}/report").text

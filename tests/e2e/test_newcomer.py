"""The first quarter of an hour: start it, paste three lines, drop a broker's file, watch a recommendation come."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from tests.e2e.things import a_portfolio
from tests.support.running import REPOSITORY, RunningService
from tests.support.waiting import eventually

SCHWAB = REPOSITORY / "tests" / "corpus" / "positions" / "schwab.csv"
CONSUMER = REPOSITORY / "examples" / "python" / "consume_recommendations.py"


def printed(service: RunningService, label: str) -> str:
    """What the welcome says after a label."""
    (line,) = {line for line in service.output().splitlines() if line.startswith(label)}
    return line.removeprefix(label).strip()


def curl_lines(service: RunningService) -> list[str]:
    return [line for line in service.output().splitlines() if line.startswith("curl ")][:3]


def pasted(line: str) -> dict[str, Any]:
    """What a line of shell answers."""
    done = subprocess.run(
        ["bash", "-c", line], cwd=REPOSITORY, capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stderr == ""
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_the_three_lines_work_when_they_are_pasted(running_service: RunningService) -> None:
    lines = curl_lines(running_service)
    assert len(lines) == 3
    created, imported, inbox = (pasted(line) for line in lines)
    assert created["created"] is True
    assert created["name"] == "My first portfolio"
    assert imported["rows_imported"] > 0
    assert imported["rows_with_errors"] == 0
    assert imported["agents_fired"] == ["PortfolioRiskAgent", "RebalanceAgent"]
    (recommendation,) = inbox["recommendations"]
    assert recommendation["status"] == "open"
    assert recommendation["reasons"]
    assert recommendation["trades"]


def test_the_printed_token_and_key_open_the_demo_tenant(running_service: RunningService) -> None:
    key, token = (printed(running_service, label) for label in ("Demo key", "Demo token"))
    for headers in (
        {"X-API-Key": key},
        {"Authorization": f"Bearer {key}"},
        {"Authorization": f"Bearer {token}"},
    ):
        answer = httpx.get(f"{running_service.address}/v1/portfolios", headers=headers)
        assert answer.status_code == 200
        assert "Global Equity Alpha" in [one["name"] for one in answer.json()["portfolios"]]


def test_a_brokers_file_leads_to_a_recommendation_that_a_consumer_prints(
    running_service: RunningService,
) -> None:
    with running_service.client("schwab-customer") as client:
        path = a_portfolio(client, name="From my broker")
        imported = client.post(
            f"{path}/positions/import", files={"file": (SCHWAB.name, downloaded_today())}
        ).json()
        assert imported["format"] == "schwab"
        assert imported["rows_with_errors"] == 0
        bucket = heaviest(client, path)
        target = {"allocation_type": "security", "bucket": bucket["ticker"], "target_weight": 0.01}
        client.post(f"{path}/allocations", json=target).raise_for_status()
        (made,) = eventually(lambda: client.get(f"{path}/recommendations").json()["recommendations"])
    told = eventually(lambda: consumed(running_service, made["id"]))
    assert told[0].endswith(f"portfolio/{made['portfolio_id']} recommendation {made['id']}")
    assert [line for line in told[1:] if " at about " not in line], "no reason is told"
    assert any(f" {bucket['ticker']} at about " in line for line in told)


def downloaded_today() -> bytes:
    """The broker's file as if it came today: on prices of last year nothing is recommended."""
    today = datetime.now(UTC).strftime("%Y/%m/%d")
    return SCHWAB.read_bytes().replace(b"2025/03/14", today.encode())


def heaviest(client: httpx.Client, path: str) -> dict[str, Any]:
    positions: list[dict[str, Any]] = client.get(f"{path}/positions").json()["positions"]
    return positions[0]


def consumed(service: RunningService, recommendation_id: str) -> list[str]:
    """The lines of one recommendation as the example program prints them, read by a group of its own."""
    url = service.settings().redis_url
    command = [sys.executable, str(CONSUMER), str(url), "--once", "--group", f"reader-of-{recommendation_id}"]
    lines = subprocess.run(
        command, capture_output=True, text=True, timeout=30, check=True
    ).stdout.splitlines()
    begins = [place for place, line in enumerate(lines) if line.endswith(recommendation_id)]
    if not begins:
        return []
    ends = next((at for at in range(begins[0] + 1, len(lines)) if not lines[at].startswith(" ")), len(lines))
    return lines[begins[0] : ends]


def test_everything_is_there_again_after_a_stop_and_a_start(running_service: RunningService) -> None:
    key = printed(running_service, "Demo key")
    with running_service.client("patient") as client:
        path = a_portfolio(client, name="Kept", initial_cash="1234.56")
        before = client.get(path).json()
        streams = running_service.status().relay.position
        assert running_service.stop() == 0
        assert not left(running_service.home)
        running_service.start()
        assert client.get(path).json() == before
        assert client.get("/v1/portfolios").json()["total"] == 1
    assert running_service.status().relay.position >= streams
    assert printed(running_service, "Demo key") == key
    with running_service.client("demo") as client:
        names = [one["name"] for one in client.get("/v1/portfolios").json()["portfolios"]]
    assert names.count("Global Equity Alpha") == 1


def left(home: Path) -> list[str]:
    """Processes that still name the home on their command lines."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(home) in command:
            found.append(command)
    return found

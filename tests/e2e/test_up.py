import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGINT
from typing import Any

import pytest
from tests.support.servers import reachable_folder
from tests.support.waiting import eventually

from bootstrap.home import process_start
from infrastructure.embedded.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = {"postgres", "redis", "api", "projector", "relay", "agent rebalance"}


class Service:
    """`trimtab up` as a user starts it."""

    def __init__(self, home: Path, port: int) -> None:
        self.output = home.parent / "output"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TRIMTAB_")}
        self.environment = {**kept, "TRIMTAB_HOME": str(home), "TRIMTAB_LOG_FORMAT": "text", "NO_COLOR": "1"}
        self.output.write_text("")
        with self.output.open("a") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bootstrap.cli", "up", "--port", str(port)],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=output,
            )

    def welcome(self) -> str:
        """What it prints when it is up."""
        return eventually(lambda: self._welcome() or self._must_run(), seconds=60)

    def _welcome(self) -> str:
        printed = self.output.read_text()
        found = re.search(r"(?ms)^Trimtab answers at .*?^curl .*?^curl .*?^curl [^\n]*\n", printed)
        return found[0] if found else ""

    def _must_run(self) -> str:
        assert self.process.poll() is None, self.output.read_text()
        return ""

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another `trimtab` beside it."""
        command = [sys.executable, "-m", "bootstrap.cli", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)

    def status(self) -> dict[str, Any]:
        """What `trimtab status --json` prints."""
        found: dict[str, Any] = json.loads(self.command("status", "--json").stdout)
        return found


@contextmanager
def up(home: Path, port: int) -> Iterator[Service]:
    service = Service(home, port)
    try:
        yield service
    finally:
        service.process.send_signal(SIGINT)
        try:
            service.process.wait(60)
        finally:
            service.process.kill()
            service.process.wait()


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with reachable_folder() as folder:
        yield folder / "home"


@pytest.fixture(scope="module")
def service(home: Path) -> Iterator[Service]:
    with up(home, free_port()) as service:
        service.welcome()
        yield service


def pasted(line: str) -> Any:
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def curl_lines(welcome: str) -> list[str]:
    return [line for line in welcome.splitlines() if line.startswith("curl ")]


def test_the_three_lines_work_when_pasted(service: Service) -> None:
    create, import_file, read = curl_lines(service.welcome())
    assert pasted(create)["name"] == "My first portfolio"
    report = pasted(import_file)
    assert report["rows_with_errors"] == 0
    assert report["rows_imported"] > 0
    assert eventually(lambda: pasted(read)["recommendations"], seconds=30)


def test_the_demo_token_opens_the_same_door_as_the_key(service: Service) -> None:
    token = re.search(r"(?m)^Demo token +(\S+)$", service.welcome())
    address = re.search(r"(?m)^Trimtab answers at (\S+)$", service.welcome())
    assert token is not None
    assert address is not None
    listed = pasted(f"curl -sS -H 'Authorization: Bearer {token[1]}' {address[1]}/v1/portfolios")
    assert listed["total"] >= 1


def test_status_names_every_process_and_all_is_well(service: Service) -> None:
    found = eventually(lambda: len((now := service.status())["processes"]) == len(PROCESSES) and now)
    assert {process["name"] for process in found["processes"]} == PROCESSES  # type: ignore[index]
    assert service.command("status").returncode == 0
    assert service.command("doctor").returncode == 0


def test_the_api_holds_no_password_of_the_owner(service: Service) -> None:
    found = service.status()
    password = found["database_url"].split(":")[2].split("@")[0]
    (api,) = [process["pid"] for process in found["processes"] if process["name"] == "api"]
    assert password.encode() not in Path(f"/proc/{api}/environ").read_bytes()


def test_a_second_one_in_the_same_home_says_so(service: Service) -> None:
    second = service.command("up", "--port", str(free_port()))
    assert second.returncode == 1
    assert re.fullmatch(r"Trimtab already runs in \S+ \(process \d+\)\.\n", second.stderr)


def test_what_was_there_is_there_after_a_restart() -> None:
    with reachable_folder() as folder:
        port = free_port()
        with up(folder / "home", port) as service:
            welcome = service.welcome()
            made = pasted(curl_lines(welcome)[0])["portfolio_id"]
            pids = [process["pid"] for process in service.status()["processes"]]
        assert service.process.returncode == 0
        assert [pid for pid in pids if process_start(pid) is not None] == []
        with up(folder / "home", port) as service:
            again = service.welcome()
            key = re.search(r"(?m)^Demo key +(\S+)$", again)
            assert key is not None
            assert key[1] in welcome
            listed = pasted(f"curl -sS -H 'X-API-Key: {key[1]}' http://127.0.0.1:{port}/v1/portfolios")
            assert made in {portfolio["portfolio_id"] for portfolio in listed["portfolios"]}
            assert sorted(p["name"] for p in listed["portfolios"]).count("Global Equity Alpha") == 1

import socket
from pathlib import Path

import pytest

from bootstrap.services import Services
from bootstrap.settings import PROCESSES, Settings
from infrastructure.embedded.ports import free_port

OWN_SERVERS = {"database_url": "postgresql://owner:secret@h/d", "redis_url": "redis://:r@h/0"}


def services(home: Path, **settings: object) -> Services:
    return Services(Settings(home=home, **{**OWN_SERVERS, **settings}), text=False)  # type: ignore[arg-type]


def test_servers_that_are_named_are_not_started(tmp_path: Path) -> None:
    assert services(tmp_path).servers() == []
    embedded = services(tmp_path, database_url=None, redis_url=None).servers()
    assert [program.name for program in embedded] == ["redis", "postgres"]


def test_the_api_is_told_its_own_way_into_the_database_and_nothing_else(tmp_path: Path) -> None:
    told = services(tmp_path).environment("api")
    assert told["TRIMTAB_DATABASE_URL"] == ""
    assert told["TRIMTAB_API_DATABASE_URL"].startswith("postgresql://trimtab_api:")
    assert not any("secret" in value for name, value in told.items() if name.startswith("TRIMTAB_"))
    assert services(tmp_path).environment("relay")["TRIMTAB_DATABASE_URL"] == OWN_SERVERS["database_url"]


def test_every_process_gets_a_metrics_port_that_is_free(tmp_path: Path) -> None:
    port = free_port()
    with socket.socket() as neighbour:
        neighbour.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        neighbour.bind(("127.0.0.1", port + 2))
        neighbour.listen()
        programs = services(tmp_path, port=port)
        ports = [int(programs.environment(name)["TRIMTAB_METRICS_PORT"]) for name in PROCESSES]
    assert len(set(ports)) == len(PROCESSES)
    assert port + 2 not in ports


def test_a_metrics_port_that_is_set_is_the_first_of_a_row(tmp_path: Path) -> None:
    programs = services(tmp_path, metrics_port=9100)
    ports = [programs.environment(name)["TRIMTAB_METRICS_PORT"] for name in PROCESSES]
    assert ports == [str(port) for port in range(9100, 9109)]


@pytest.mark.parametrize("command", ["migrate", "demo"])
def test_commands_that_run_once_work_as_the_owner(tmp_path: Path, command: str) -> None:
    assert services(tmp_path).environment(command)["TRIMTAB_DATABASE_URL"] == OWN_SERVERS["database_url"]


def test_as_many_processes_answer_http_as_are_asked_for(tmp_path: Path) -> None:
    programs = services(tmp_path, api_processes=3)
    names = [program.name for program in programs.workers()]
    agents = [f"agent {name}" for name in ("rebalance", "risk", "attribution", "repricing", "optimization")]
    assert names == ["api 2", "api 3", "api", *agents, "webhooks", "relay", "projector"]
    assert {program.name for program in programs.workers() if program.starts_last} == {*agents, "webhooks"}
    assert all(program.command()[-1] == "api" for program in programs.workers() if "api" in program.name)
    assert programs.environment("api 2")["TRIMTAB_DATABASE_URL"] == ""

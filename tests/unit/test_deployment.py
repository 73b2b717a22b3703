import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bootstrap.settings import documented, read_settings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
AGENTS = ("rebalance", "risk", "attribution", "repricing", "optimization")
PAID_SERVICES = {"TRIMTAB_STRIPE_WEBHOOK_SECRET"}
STRIPE_ITSELF = "TRIMTAB_STRIPE_API_URL"
OURS = ("migrate", "api", "projector", "relay", "webhooks", *AGENTS)


def test_there_is_one_service_per_process_beside_the_two_servers() -> None:
    assert set(SERVICES) == {"postgres", "redis", *OURS}
    commands = {name: " ".join(SERVICES[name]["command"]) for name in OURS}
    assert commands == {
        "migrate": "migrate",
        "api": "api",
        "projector": "projector",
        "relay": "relay",
        "webhooks": "webhooks",
        **{name: f"agent {name}" for name in AGENTS},
    }


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "migrate"])
def test_every_lasting_service_has_a_health_check_and_comes_back(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", ["api", "projector", "relay", "webhooks", *AGENTS])
def test_processes_wait_for_the_migration(name: str) -> None:
    assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_only_settings_that_exist_are_set() -> None:
    known = {setting.variable for setting in documented()}
    given = {variable for name in OURS for variable in SERVICES[name]["environment"]}
    assert given <= known


def test_the_api_does_not_know_the_owners_password() -> None:
    assert "TRIMTAB_DATABASE_URL" not in SERVICES["api"]["environment"]
    assert SERVICES["api"]["environment"]["TRIMTAB_API_DATABASE_URL"].startswith("postgresql://trimtab_api:")
    owner = SERVICES["migrate"]["environment"]
    assert owner["TRIMTAB_API_DATABASE_URL"] == SERVICES["api"]["environment"]["TRIMTAB_API_DATABASE_URL"]


def test_every_secret_comes_from_the_environment_and_is_demanded() -> None:
    text = (ROOT / "compose.yaml").read_text()
    used = set(re.findall(r"\$\{(TRIMTAB_\w+)", text))
    offered = set(re.findall(r"(?m)^(TRIMTAB_\w+)=", (ROOT / ".env.example").read_text()))
    assert used == offered
    secrets = {name for name in used if name.endswith(("PASSWORD", "SECRET"))} - PAID_SERVICES
    assert len(secrets) == 4
    for name in secrets:
        assert len(re.findall(rf"\${{{name}:\?", text)) == len(re.findall(rf"\${{{name}\b", text))


def test_the_api_can_be_told_who_may_come_how_often_and_who_pays() -> None:
    told = SERVICES["api"]["environment"]
    prefixes = ("TRIMTAB_STRIPE_", "TRIMTAB_BILLING_", "TRIMTAB_LIMIT_", "TRIMTAB_JWT_", "TRIMTAB_OIDC_")
    wanted = {one.variable for one in documented() if one.variable.startswith(prefixes)} - {STRIPE_ITSELF}
    assert len(wanted) > 15
    assert wanted <= told.keys()
    for name in (*PAID_SERVICES, "TRIMTAB_STRIPE_SECRET_KEY", "TRIMTAB_SMTP_URL"):
        assert [one for one in OURS if name in SERVICES[one]["environment"]] == ["api"], name


def test_what_is_given_empty_counts_as_not_given() -> None:
    optional = re.findall(r"\$\{(TRIMTAB_\w+):-\}", (ROOT / "compose.yaml").read_text())
    assert optional
    assert read_settings(dict.fromkeys(optional, "")) == read_settings({})


@pytest.mark.parametrize("name", ["api", "relay"])
def test_what_a_process_writes_into_its_home_is_kept(name: str) -> None:
    volume, _, folder = SERVICES[name]["volumes"][0].partition(":")
    assert folder == "/var/lib/trimtab/home"
    assert volume in COMPOSE["volumes"]
    assert not any(folder in one for one in SERVICES[name]["tmpfs"])


def test_the_api_is_published_on_this_machine_only_and_the_servers_not_at_all() -> None:
    assert [port.split(":")[0] for port in SERVICES["api"]["ports"]] == ["127.0.0.1"]
    assert [name for name in SERVICES if "ports" in SERVICES[name]] == ["api"]


def test_the_image_runs_as_nobody_special_from_pinned_packages() -> None:
    instructions = (ROOT / "Dockerfile").read_text()
    final_stage = instructions.rpartition("\nFROM ")[2]
    assert re.search(r"(?m)^USER (?!root)\w+$", final_stage)
    assert "--require-hashes" in instructions
    copied = re.findall(r"(?m)^COPY (?!--from)(.+) \S+$", instructions)
    for name in " ".join(copied).split():
        assert (ROOT / name).exists(), f"{name} is not there to be copied"
        assert re.search(rf"(?m)^!{re.escape(name)}$", (ROOT / ".dockerignore").read_text())

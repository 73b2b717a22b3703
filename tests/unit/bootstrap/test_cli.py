import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bootstrap.cli._commands import Commands, trimtab

FOLDER = Path(__file__).resolve().parents[3] / "src" / "bootstrap" / "cli"


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRIMTAB_")}
    command = [sys.executable, "-m", "bootstrap.cli", *arguments]
    return subprocess.run(command, env={**kept, **variables}, capture_output=True, text=True, check=False)


def test_help_names_every_command_and_imports_none() -> None:
    code = (
        "import sys\nfrom bootstrap.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print(sorted(m for m in sys.modules if m.startswith('bootstrap.') or m in ('psycopg', 'rich')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for command in ("up", "api", "projector", "relay", "agent", "migrate", "status", "doctor"):
        assert f"\n  {command} " in done.stdout
    assert done.stdout.splitlines()[-1] == "['bootstrap.cli', 'bootstrap.cli._commands']"


@pytest.mark.parametrize("module", sorted(file.stem for file in FOLDER.glob("[!_]*.py")))
def test_every_module_holds_a_command_with_a_line_of_help(module: str) -> None:
    name = module.rstrip("_").replace("_", "-")
    context = trimtab.make_context("trimtab", ["status"])
    group = context.command
    assert isinstance(group, Commands)
    assert name in group.list_commands(context)
    command = group.get_command(context, name)
    assert command is not None
    assert command.get_short_help_str(200)


def test_a_wrong_setting_is_wrong_usage() -> None:
    done = run("up", TRIMTAB_PORT="eighty")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "TRIMTAB_PORT is 'eighty', expected a whole number from 1 to 65535.\n"


def test_a_command_without_a_service_is_told_how_to_start_one(tmp_path: Path) -> None:
    done = run("status", TRIMTAB_HOME=str(tmp_path))
    assert done.returncode == 3
    assert "start it with `trimtab up`" in done.stderr


def test_an_unknown_agent_is_wrong_usage() -> None:
    done = run("agent", "nobody")
    assert done.returncode == 2
    assert "rebalance" in done.stderr


def test_an_unknown_command_is_wrong_usage() -> None:
    assert run("fly").returncode == 2


def test_a_port_that_is_taken_is_said_before_anything_starts(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("up", "--port", str(port), TRIMTAB_HOME=str(tmp_path / "home"))
    assert done.returncode == 1
    assert (
        done.stderr == f"Port {port} on 127.0.0.1 is taken: name another one with --port or TRIMTAB_PORT.\n"
    )
    assert not (tmp_path / "home" / "postgres").exists()


def test_the_doctor_explains_a_wrong_setting_and_an_unknown_one(tmp_path: Path) -> None:
    done = run("doctor", "--json", TRIMTAB_PROT="1", TRIMTAB_HOME=str(tmp_path))
    findings = json.loads(done.stdout)["findings"]
    assert {
        "check": "settings",
        "verdict": "warning",
        "detail": "TRIMTAB_PROT is no setting of Trimtab.",
    } in findings
    done = run("doctor", "--json", TRIMTAB_LOG_LEVEL="loud")
    assert done.returncode == 1
    assert "TRIMTAB_LOG_LEVEL is 'loud'" in json.loads(done.stdout)["findings"][-1]["detail"]


@pytest.mark.parametrize("tenant", ["", "  ", "x" * 256, "two\nlines", "*"])
@pytest.mark.parametrize("command", [("token",), ("key", "create", "--name", "n")], ids=" ".join)
def test_a_tenant_that_no_credential_can_name_is_wrong_usage(
    command: tuple[str, ...], tenant: str, tmp_path: Path
) -> None:
    done = run(*command, "--tenant", tenant, TRIMTAB_HOME=str(tmp_path / "home"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "--tenant" in done.stderr


def test_a_lifetime_beyond_the_calendar_is_wrong_usage(tmp_path: Path) -> None:
    done = run("token", "--tenant", "t", "--ttl", "9999999999999", TRIMTAB_HOME=str(tmp_path / "home"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "--ttl" in done.stderr


def test_no_token_is_made_that_the_api_would_refuse(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate().public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    environment = {"TRIMTAB_HOME": str(tmp_path / "home"), "TRIMTAB_JWT_PUBLIC_KEY": pem}
    refused = run("token", "--tenant", "t", **environment)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "TRIMTAB_JWT_SECRET" in refused.stderr
    assert run("token", "--tenant", "t", TRIMTAB_JWT_SECRET="s" * 32, **environment).returncode == 0


def test_no_token_is_printed_for_a_tenant_of_an_external_issuer(tmp_path: Path) -> None:
    corp = {"name": "corp", "issuer": "https://a.test", "audience": "t", "algorithm": "ES256"}
    variables = {"TRIMTAB_HOME": str(tmp_path), "TRIMTAB_OIDC_ISSUERS": json.dumps([corp])}
    refused = run("token", "--tenant", "corp:acme", **variables)
    assert (refused.returncode, "only the issuer 'corp'" in refused.stderr) == (2, True)
    assert run("token", "--tenant", "other:acme", **variables).returncode == 0

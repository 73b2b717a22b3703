"""`trimtab market` on a real database."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bootstrap.cli.market import command

PRICES = "date,ticker,currency,close\n2024-01-02,AAPL,USD,185.64\n2024-01-03,AAPL,USD,184.25\n"


@pytest.fixture
def trimtab(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TRIMTAB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TRIMTAB_DATABASE_URL", database_url)
    monkeypatch.setenv("TRIMTAB_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.delenv("TRIMTAB_TIINGO_TOKEN", raising=False)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(command, list(arguments))

    return run


def a_file(folder: Path, text: str = PRICES, name: str = "prices.csv") -> str:
    file = folder / name
    file.write_text(text)
    return str(file)


def test_a_file_is_imported_for_a_tenant_and_told_of(trimtab: Any, tmp_path: Path) -> None:
    done = trimtab("import", "prices", a_file(tmp_path), "--tenant", "acme")
    assert (done.exit_code, done.exception) == (0, None), done.output
    assert (
        "2 new, 0 revised, 0 unchanged, 0 with errors, 1 instruments created, 2024-01-02 to 2024-01-03"
        in done.output
    )
    again = trimtab("import", "prices", a_file(tmp_path), "--tenant", "acme", "--json")
    assert json.loads(again.output)[0]["rows_unchanged"] == 2
    (one,) = json.loads(trimtab("status", "--json").output)
    assert (one["owner"], one["imports"], one["bars"], one["last_day"], one["sources"]) == (
        "acme",
        1,
        2,
        "2024-01-03",
        ["file prices.csv"],
    )


def test_the_shared_set_is_written_from_the_command_line(trimtab: Any, tmp_path: Path) -> None:
    assert trimtab("import", "prices", a_file(tmp_path), "--shared").exit_code == 0
    assert trimtab("status").output.startswith("shared")
    text = "ticker,weight\nAAPL,1\n"
    set_of = a_file(tmp_path, text, "set.csv")
    done = trimtab("import", "constituents", set_of, "--shared", "--benchmark", "one", "--date", "2024-01-02")
    assert done.exit_code == 0, done.output


def test_errors_are_told_with_their_rows_and_an_exit_code(trimtab: Any, tmp_path: Path) -> None:
    done = trimtab("import", "prices", a_file(tmp_path, PRICES + "x,AAPL,USD,-1\n"), "--tenant", "acme")
    assert done.exit_code == 1
    assert "row 4: 'x' is no date" in done.output
    refused = trimtab("import", "fx", a_file(tmp_path), "--tenant", "acme")
    assert (refused.exit_code, "missing_columns" in refused.output) == (1, True)
    text = a_file(tmp_path, "ticker,weight\nAAPL,0.5\n")
    sets = trimtab(
        "import", "constituents", text, "--tenant", "acme", "--benchmark", "X", "--date", "2024-01-02"
    )
    assert (sets.exit_code, "add up to 0.5" in sets.output) == (1, True)


@pytest.mark.parametrize(
    "options",
    [(), ("--tenant", "acme", "--shared"), ("--tenant", "*"), ("--tenant", "acme", "--benchmark", "X")],
)
def test_whose_the_data_is_has_to_be_said_once(
    trimtab: Any, tmp_path: Path, options: tuple[str, ...]
) -> None:
    assert trimtab("import", "prices", a_file(tmp_path), *options).exit_code == 2


def test_fetching_needs_a_token(trimtab: Any) -> None:
    done = trimtab("fetch", "AAPL", "--from", "2024-01-01", "--shared")
    assert (done.exit_code, "TRIMTAB_TIINGO_TOKEN" in done.output) == (2, True)

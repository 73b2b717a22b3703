import asyncio
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from bootstrap.cli._commands import trimtab
from bootstrap.demo import PORTFOLIO, load_portfolio


@pytest.fixture
async def demo(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A database with the demo portfolio, which commands find in their environment."""
    monkeypatch.setenv("TRIMTAB_DATABASE_URL", database_url)
    monkeypatch.setenv("TRIMTAB_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("TRIMTAB_HOME", str(tmp_path / "home"))
    await load_portfolio(database_url)


async def reported(*arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, trimtab, ["report", *arguments])


@pytest.mark.usefixtures("demo")
async def test_a_report_is_written_for_whoever_has_the_portfolio(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    result = await reported(str(PORTFOLIO), "-o", str(file))
    assert result.exit_code == 0, result.output
    page = file.read_text(encoding="utf-8")
    assert "Global Equity Alpha" in page
    assert "Historical data." in page
    again = tmp_path / "again.html"
    await reported(str(PORTFOLIO), "-o", str(again), "--tenant", "demo")
    assert again.read_text(encoding="utf-8") == page


@pytest.mark.usefixtures("demo")
async def test_a_portfolio_that_is_not_there_is_a_sentence_and_no_file(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    for arguments in ([str(uuid4())], [str(PORTFOLIO), "--tenant", "somebody-else"]):
        result = await reported(*arguments, "-o", str(file))
        assert result.exit_code == 1
        assert f"There is no portfolio {arguments[0]}" in result.output
        assert not file.exists()


@pytest.mark.usefixtures("demo")
async def test_a_day_before_the_portfolio_began_is_a_sentence(tmp_path: Path) -> None:
    result = await reported(str(PORTFOLIO), "-o", str(tmp_path / "x.html"), "--as-of", "2019-05-01")
    assert result.exit_code == 1
    assert "2020-01-02" in result.output

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINTER = Path(sys.executable).parent / "lint-imports"


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    # The folder comes before the editable install, so that the copy is what is looked at.
    return subprocess.run(
        [LINTER, "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder / "src"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_layers_hold() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("package", "forbidden", "contract"),
    [
        ("domain", "psycopg", "The domain does no I/O"),
        ("domain", "application", "Dependencies point inward"),
        ("analytics", "domain", "Dependencies point inward"),
        ("application", "projections", "Dependencies point inward"),
        ("application", "redis", "Use cases, read models and agents know no framework and no driver"),
        ("projections", "sqlalchemy", "Use cases, read models and agents know no framework and no driver"),
        ("agents", "infrastructure", "Dependencies point inward"),
        ("agents", "litestar", "Use cases, read models and agents know no framework and no driver"),
        ("api", "infrastructure", "Dependencies point inward"),
        ("api", "psycopg", "The API opens no connection of its own"),
        ("infrastructure", "api", "Dependencies point inward"),
        ("infrastructure", "bootstrap", "Dependencies point inward"),
    ],
)
def test_an_import_against_the_layers_is_found(
    copy: Path, package: str, forbidden: str, contract: str
) -> None:
    rogue = copy / "src" / package / "rogue.py"
    rogue.write_text(f"import {forbidden}\n")
    try:
        done = lint(copy)
    finally:
        rogue.unlink()
    assert done.returncode == 1
    assert f"{contract} BROKEN" in done.stdout
    assert f"{package}.rogue" in done.stdout

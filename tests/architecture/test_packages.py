import importlib.util
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "src"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = sorted(folder.name for folder in SOURCES.iterdir() if (folder / "__init__.py").exists())


def test_type_checker_and_import_linter_look_at_every_package() -> None:
    assert sorted(PROJECT["tool"]["mypy"]["packages"]) == PACKAGES
    assert sorted(PROJECT["tool"]["importlinter"]["root_packages"]) == PACKAGES


def test_every_package_has_a_layer() -> None:
    layers = PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    assert sorted(name.strip() for layer in layers for name in layer.split("|")) == PACKAGES


def test_no_folder_of_sources_is_left_out_of_the_wheel() -> None:
    """Without __init__.py a folder is not discovered, while the editable install still imports it."""
    folders = {file.parent for file in SOURCES.rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_the_package_that_is_imported_is_ours_and_typed(package: str) -> None:
    """Another distribution may bring a package of the same name, and would win over an editable install."""
    found = importlib.util.find_spec(package)
    assert found is not None
    assert found.origin == str(SOURCES / package / "__init__.py")
    assert (SOURCES / package / "py.typed").exists()


def test_test_folders_are_no_packages() -> None:
    """An __init__.py in tests/unit/domain would make it our own package `domain`."""
    packages = {
        file.parent.relative_to(ROOT / "tests").parts[0] for file in (ROOT / "tests").rglob("__init__.py")
    }
    assert packages <= {"support", "bench"}


def test_data_files_beside_the_code_are_packaged() -> None:
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["*"]
    listed = subprocess.run(["git", "ls-files", "src"], cwd=ROOT, capture_output=True, text=True, check=True)
    data = [Path(name) for name in listed.stdout.split() if not name.endswith((".py", "ruff.toml"))]
    left_out = [str(file) for file in data if not any(map(file.match, patterns))]
    assert data
    assert left_out == []

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OURS = {folder.name for folder in (ROOT / "src").iterdir() if folder.is_dir()}
INSTALLERS = {"pip", "setuptools"}
EXTRAS = {"psycopg-pool": "psycopg[binary,pool]", "cryptography": "pyjwt[crypto]"}


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def required(file: str) -> list[str]:
    lines = (ROOT / file).read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith((" ", "#"))]


def test_every_imported_package_is_a_declared_dependency() -> None:
    """Not merely one that another package happens to bring along."""
    imported = set()
    for module in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported.add(node.module.split(".")[0])
    distributions = packages_distributions()
    foreign = imported - OURS - set(sys.stdlib_module_names)
    declared = {name_of(requirement) for requirement in PROJECT["dependencies"]}
    declared |= {
        name for name, asked in EXTRAS.items() if any(d.startswith(asked) for d in PROJECT["dependencies"])
    }
    declared |= {name_of(one) for extra in PROJECT["optional-dependencies"].values() for one in extra}
    undeclared = {name for name in foreign if not declared & set(map(name_of, distributions.get(name, [])))}
    assert undeclared == set()


def test_what_is_pinned_is_what_is_declared() -> None:
    declared = sorted(re.sub(r"\s", "", requirement) for requirement in PROJECT["dependencies"])
    listed = sorted(re.sub(r"\s", "", line) for line in required("requirements.in"))
    assert [line for line in listed if name_of(line) not in INSTALLERS] == declared
    pinned = {name_of(line) for line in required("requirements.txt")}
    assert {name_of(line) for line in listed} <= pinned


def test_every_pinned_package_has_its_hashes() -> None:
    for file in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / file).read_text()
        entries = re.split(r"(?m)^(?=[A-Za-z0-9])", text)[1:]
        assert len(entries) > 40
        assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_both_files_pin_the_same_versions() -> None:
    def versions(file: str) -> set[tuple[str, str]]:
        return {(name_of(line), line.split(";")[0].strip(" \\")) for line in required(file)}

    runtime, development = versions("requirements.txt"), versions("requirements-dev.txt")
    shared = {name for name, _ in runtime} & {name for name, _ in development}
    assert shared
    assert {pin for pin in development if pin[0] in shared} <= runtime

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "src").rglob("*.py"))
WITHOUT_A_SUBJECT = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}


def tracked_texts() -> list[tuple[Path, str]]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    paths = [ROOT / name.decode() for name in listed.split(b"\0") if name]
    texts = []
    for path in paths:
        if path.is_file():
            content = path.read_bytes()
            if b"\0" not in content:
                texts.append((path.relative_to(ROOT), content.decode("utf-8", errors="replace")))
    return texts


def test_no_module_is_without_a_subject() -> None:
    assert [str(module) for module in MODULES if module.stem in WITHOUT_A_SUBJECT] == []


def test_no_class_or_function_is_without_a_subject() -> None:
    named = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found = [
        f"{module.relative_to(ROOT)}:{node.lineno} {node.name}"
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, named) and re.search(r"(Utils?|Helpers?|Manager)$", node.name)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("the address of a package index", r"(?i)--(extra-)?index-url|pypi\.org/simple|registry\.npmjs\.org"),
        ("a path of somebody's machine", r"(?<![\w.$<>/-])/(root|home/\w+|Users/\w+)/\w"),
    ],
)
def test_no_tracked_file_names(what: str, pattern: str) -> None:
    here = Path(__file__).relative_to(ROOT)
    found = [
        f"{path}:{number} {line.strip()[:80]}"
        for path, text in tracked_texts()
        for number, line in enumerate(text.splitlines(), 1)
        if path != here and re.search(pattern, line)
    ]
    assert found == [], f"{what} is written down"


def test_the_api_process_computes_nothing_heavy() -> None:
    """Importing the API must not import what only agents and importers need: it would start slowly."""
    code = "import sys, bootstrap.api; print(sorted({'pandas', 'scipy', 'skfolio'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr

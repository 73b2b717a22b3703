import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[4]
CODE_ARGUMENT = {"Flaw": 0, "FileRefused": 1, "warn": 2}


def codes_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            place = CODE_ARGUMENT.get(name, len(node.args))
            if place < len(node.args) and isinstance(code := node.args[place], ast.Constant):
                yield code.value


def test_every_code_of_the_importer_is_in_the_guide() -> None:
    sources = [
        *(ROOT / "src/infrastructure/imports").glob("*.py"),
        ROOT / "src/application/positions/file.py",
    ]
    codes = {code for source in sources for code in codes_in(ast.parse(source.read_text()))}
    guide = (ROOT / "docs/guide/importing.md").read_text()
    assert len(codes) > 30
    assert {code for code in codes if f"`{code}`" not in guide} == set()

from pathlib import Path

import msgspec
import pytest

from application.positions.file import ImportLimits
from infrastructure.imports.parser import parse_positions

CORPUS = Path(__file__).parents[3] / "corpus"
FILES = sorted((CORPUS / "positions").iterdir())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_broker_file_is_read_as_expected(path: Path) -> None:
    parsed = parse_positions(path.read_bytes(), path.name, limits=ImportLimits())
    expected = CORPUS / "expected" / f"{path.stem}.json"
    assert msgspec.to_builtins(parsed) == msgspec.json.decode(expected.read_bytes())


def test_every_expected_plan_has_its_file() -> None:
    assert {path.stem for path in (CORPUS / "expected").iterdir()} == {path.stem for path in FILES}

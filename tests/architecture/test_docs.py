"""What the documentation says has to be there: pages, headings, settings, endpoints, commands, targets."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bootstrap.cli._commands import trimtab
from bootstrap.settings import documented

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
VARIABLE = re.compile(r"\bTRIMTAB_[A-Z_]+[A-Z]\b")
IN_CONTAINERS = {"TRIMTAB_POSTGRES_PASSWORD", "TRIMTAB_API_PASSWORD", "TRIMTAB_REDIS_PASSWORD"}
DOCUMENT = """
import json, sys
from pathlib import Path
from api.openapi.document import openapi_document
from bootstrap.api import build, http_settings
from bootstrap.settings import Settings
settings = Settings(
    home=Path(sys.argv[1]),
    database_url="postgresql://nobody:nothing@127.0.0.1:1/none",
    redis_url="redis://127.0.0.1:1/0",
)
print(json.dumps(openapi_document(build(settings), http_settings(settings))))
"""


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def prose(page: Path) -> str:
    """Return a page without its code."""
    return re.sub(r"```.*?```|`[^`]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as they are made where the project is shown."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """Yield where the links of a page lead within the project, and to which heading."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in LINK.findall(text):
        if not re.match(r"[a-z]+:|/", target):  # neither another site nor an address of the running service
            path, _, heading = target.partition("#")
            yield (page.parent / path).resolve() if path else page, heading


@pytest.fixture(scope="module")
def endpoints(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the documented endpoints, such as `GET /health`; built elsewhere, since metrics register once."""
    command = [sys.executable, "-c", DOCUMENT, str(tmp_path_factory.mktemp("home"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    paths = json.loads(done.stdout)["paths"]
    return [f"{method.upper()} {path}" for path, methods in paths.items() for method in methods]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    lost = [f"{target}#{heading}" for target, heading in links(page) if not leads(target, heading)]
    assert lost == []


def leads(target: Path, heading: str) -> bool:
    return target.exists() and (not heading or heading in anchors(target))


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached:
            reached.add(page)
            waiting += [target for target, _ in links(page) if target.suffix == ".md" and target.exists()]
    assert [name_of(page) for page in PAGES if page not in reached] == []


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs/operations/settings.md").read_text(encoding="utf-8")
    assert [one.variable for one in documented() if f"| `{one.variable}` |" not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_variable_that_a_page_names_is_a_setting(page: Path) -> None:
    known = {one.variable for one in documented()} | IN_CONTAINERS
    named = set(VARIABLE.findall(page.read_text(encoding="utf-8")))
    assert sorted(name for name in named - known if not name.startswith("TRIMTAB_TEST_")) == []


def test_every_endpoint_has_its_origin(endpoints: list[str]) -> None:
    page = (ROOT / "docs/api/origins.md").read_text(encoding="utf-8")
    assert [endpoint for endpoint in endpoints if f"`{endpoint}`" not in page] == []


def test_every_endpoint_that_is_told_of_as_served_exists(endpoints: list[str]) -> None:
    page = (ROOT / "docs/api/origins.md").read_text(encoding="utf-8")
    served = re.findall(r"^### `([A-Z]+ [^`]+)`: served", page, flags=re.MULTILINE)
    served += re.findall(r"`([A-Z]+ /[^`]+)`", page.partition("## Beyond all five")[2])
    assert served
    assert [endpoint for endpoint in served if endpoint not in endpoints] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_that_a_page_shows_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    shown = {
        one.group(1).strip()
        for one in re.finditer(r"(?:[`/$] ?|^)trimtab((?: [a-z-]+)+)", text, re.MULTILINE)
    }
    assert sorted(words for words in shown if not is_command(words.split())) == []


def is_command(words: list[str]) -> bool:
    """Return whether the words begin with a command; what follows a whole command are its arguments."""
    found: click.Command | None = trimtab
    for word in words:
        if isinstance(found, click.Group):
            found = found.get_command(click.Context(found), word)
    return found is not None


def test_every_make_target_that_a_page_shows_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    shown = {
        word for page in PAGES for word in re.findall(r"(?:`|^)make ([a-z]+)", page.read_text("utf-8"), re.M)
    }
    assert shown
    assert sorted(shown - targets) == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        (
            "praise",
            r"blazing|cutting.edge|seamless|world.class|effortless|best.in.class|state.of.the.art|leverag",
        ),
        ("the host of a package registry", r"pypi\.org|npmjs\.(org|com)|files\.pythonhosted"),
        ("how the project was made", r"\bseed (file|document)|\bthe seeds?\b|\bTODO\b|\bFIXME\b"),
    ],
)
def test_no_page_holds(page: Path, what: str, pattern: str) -> None:
    assert re.findall(pattern, prose(page), re.IGNORECASE) == [], f"{what} in {name_of(page)}"

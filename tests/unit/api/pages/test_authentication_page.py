import re

import pytest
from tests.support.authentication_page import PAGE, SOURCE, rendered

from api.pages.rendering import plain_page
from api.scopes import SCOPE_MEANINGS
from application.identity.roles import ROLE_SCOPES


@pytest.fixture(scope="module")
def source() -> str:
    return SOURCE.read_text(encoding="utf-8")


def test_the_page_that_is_served_says_what_the_docs_say(source: str) -> None:
    assert PAGE.read_text(encoding="utf-8") == rendered(source), "python -m tests.support.authentication_page"


def test_every_scope_is_in_the_table(source: str) -> None:
    rows = re.findall(r"^\| `([a-z:]+)` \| (.*) \|$", source, re.MULTILINE)
    assert {scope: meaning for scope, meaning in rows if scope in SCOPE_MEANINGS} == SCOPE_MEANINGS


def test_a_viewer_has_the_scopes_that_the_page_lists(source: str) -> None:
    (listed,) = re.findall(r"^\| `viewer` \| (.*) \|$", source, re.MULTILINE)
    assert set(re.findall(r"`([^`]+)`", listed)) == ROLE_SCOPES["viewer"]


def test_the_page_asks_nobody_else_for_anything(source: str) -> None:
    html = plain_page("Authentication", PAGE.read_text(encoding="utf-8")).content
    assert re.findall(r'(?:src|href)="(?!/|#)[^"]*"', html) == []
    assert "<script" not in html


def test_a_link_that_leads_nowhere_in_the_service_becomes_words() -> None:
    assert (
        rendered("# T\n[errors](errors.md), [docs](/docs)\n") == '<p>errors, <a href="/docs">docs</a></p>\n'
    )

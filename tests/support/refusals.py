"""What a refusal of the API has to look like, and what it must never hold."""

import re
from typing import Any

import httpx

PROBLEM_JSON = "application/problem+json"
TELLTALE = re.compile(
    r"traceback|psycopg|sqlalchemy|site-packages|\.py\b|select .* from|stripe\.com|sk_(test|live)|whsec_|argon2",
    re.I,
)


def refused(answer: httpx.Response, *statuses: int) -> dict[str, Any]:
    """Return the body of a refusal with one of these statuses, in the one form that all refusals have."""
    assert answer.status_code in statuses, f"{answer.status_code}: {answer.text[:500]}"
    assert answer.headers["content-type"] == PROBLEM_JSON
    assert not TELLTALE.search(answer.text), answer.text
    assert answer.headers["x-request-id"]
    if answer.status_code == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer")
    body: dict[str, Any] = answer.json()
    assert body["status"] == answer.status_code
    return body

"""What the guide on webhooks says, run."""

import re
from collections.abc import Callable
from pathlib import Path
from time import time
from typing import Any

import pytest

from application.webhooks.signature import shown, signed_headers
from bootstrap.settings import documented
from projections.published.subscriptions import GROUPS, TYPES

GUIDE = (Path(__file__).resolve().parents[2] / "docs/guide/webhooks.md").read_text()
SECRET, OTHER = bytes(range(32)), bytes(32)
BODY = '{"type": "webhook.test", "note": "größer"}'.encode()


@pytest.fixture
def verified() -> Callable[..., Any]:
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    return names["verified"]  # type: ignore[no-any-return]


def headers(*secrets: bytes, age_seconds: int = 0) -> dict[str, str]:
    return dict(signed_headers("msg_1", BODY, seconds=int(time()) - age_seconds, secrets=secrets))


def test_the_example_takes_what_we_sign_during_a_rotation_too(verified: Callable[..., Any]) -> None:
    assert verified(shown(SECRET), headers(SECRET), BODY)["note"] == "größer"
    assert verified(shown(SECRET), headers(OTHER, SECRET), BODY)


def test_the_example_refuses_other_secrets_other_bodies_and_what_is_old(verified: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="no signature fits"):
        verified(shown(SECRET), headers(OTHER), BODY)
    with pytest.raises(ValueError, match="no signature fits"):
        verified(shown(SECRET), headers(SECRET), BODY + b" ")
    with pytest.raises(ValueError, match="too old"):
        verified(shown(SECRET), headers(SECRET, age_seconds=301), BODY)


def test_the_guide_names_every_event_and_no_other() -> None:
    for name, types in GROUPS.items():
        assert f"`{name}`" in GUIDE
        assert all(f"`{one}`" in GUIDE or one.startswith("pm.market.") for one in types)
    named = set(re.findall(r"`(pm\.[a-z-]+\.[a-z-]+\.v1)`", GUIDE))
    assert named == {one for one in TYPES if not one.startswith("pm.market.")}


def test_the_guide_tells_the_waits_and_settings_as_they_are() -> None:
    by_name = {setting.variable: setting for setting in documented()}
    for variable in set(re.findall(r"TRIMTAB_WEBHOOK_[A-Z_]+", GUIDE)):
        assert variable in by_name
    waits = re.findall(r"(\d+) (s|min|h)\b", GUIDE.split("after about")[1].split("(`TRIMTAB")[0])
    told = ",".join(number + unit.replace("min", "m") for number, unit in waits)
    assert told == by_name["TRIMTAB_WEBHOOK_RETRIES"].default

"""Signatures, checked by the library that receivers use."""

from datetime import UTC, datetime
from time import time
from uuid import UUID

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from application.webhooks.signature import key_of, shown, signed_headers, webhook_id

SECRET, OLDER = bytes(range(32)), bytes(range(1, 33))
BODY = '{"type":"webhook.test","data":{"note":"größer ✓"}}'.encode()
ID = webhook_id(UUID("5d3c2a44-3b8e-5f7a-8a67-93d5b1a2c9e1"))


def headers(*secrets: bytes, body: bytes = BODY) -> dict[str, str]:
    return dict(signed_headers(ID, body, seconds=int(time()), secrets=secrets))


def test_the_receivers_library_accepts_a_signature() -> None:
    assert Webhook(shown(SECRET)).verify(BODY, headers(SECRET))["type"] == "webhook.test"


def test_during_a_rotation_the_holder_of_either_secret_accepts_it() -> None:
    sent = headers(SECRET, OLDER)
    assert len(sent["webhook-signature"].split(" ")) == 2
    for secret in (SECRET, OLDER):
        Webhook(shown(secret)).verify(BODY, sent)


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp", "body", "secret"])
def test_whatever_is_changed_on_the_way_is_noticed(changed: str) -> None:
    sent, body, secret = headers(SECRET), BODY, SECRET
    if changed == "body":
        body += b" "
    elif changed == "secret":
        secret = OLDER
    else:
        sent[changed] = {"webhook-id": "msg_other", "webhook-timestamp": str(int(time()) + 1)}[changed]
    with pytest.raises(WebhookVerificationError):
        Webhook(shown(secret)).verify(body, sent)


def test_the_signature_is_the_one_of_the_library() -> None:
    moment = datetime(2026, 3, 26, 8, 0, tzinfo=UTC)
    ours = signed_headers(ID, BODY, seconds=int(moment.timestamp()), secrets=[SECRET])
    assert ours["webhook-signature"] == Webhook(shown(SECRET)).sign(ID, moment, BODY.decode())


def test_a_secret_is_read_back_as_it_was_shown() -> None:
    assert shown(SECRET).startswith("whsec_")
    assert key_of(shown(SECRET)) == SECRET


def test_the_id_on_the_wire_has_no_point_in_it() -> None:
    assert "." not in ID

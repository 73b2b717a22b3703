import json
from datetime import UTC, datetime
from uuid import uuid4

import jsonschema
import pytest

from api.openapi.webhooks import webhooks
from application.inbox import Message
from application.webhooks.payload import payload, payload_of_test
from projections.published.subscriptions import TYPES

AT = datetime(2026, 3, 26, 8, 0, tzinfo=UTC)


def a_message(event_type: str) -> Message:
    attributes = {
        "specversion": "1.0",
        "id": "e-1",
        "source": "/trimtab",
        "type": event_type,
        "subject": "market/acme",
        "time": "2026-03-26T08:00:00Z",
        "tenantid": "acme",
        "traceparent": "00-1-2-3",
        "sequence": "7",
    }
    return Message(
        stream="pm:market:imported",
        entry_id="7-0",
        position=7,
        event_id="e-1",
        event_type=event_type,
        tenant="acme",
        subject="market/acme",
        correlation_id="c-1",
        traceparent=None,
        data=b'{"rate": 0.10}',
        attributes=attributes,
    )


def schema_of(event_type: str) -> object:
    return webhooks()[event_type]["post"]["requestBody"]["content"]["application/json"]["schema"]


def test_every_event_that_is_sent_is_described() -> None:
    assert set(webhooks()) == {*TYPES, "webhook.test"}


@pytest.mark.parametrize("event_type", TYPES)
def test_what_is_sent_is_what_is_described(event_type: str) -> None:
    body = payload(a_message(event_type))
    jsonschema.validate(json.loads(body), schema_of(event_type))  # type: ignore[arg-type]
    assert b'"data":{"rate": 0.10}' in body  # byte for byte as it is on the stream
    assert b"traceparent" not in body


def test_a_test_is_described_as_well() -> None:
    body = payload_of_test(
        "webhook.test", tenant="acme", event_id=uuid4(), endpoint_id=uuid4(), source="/trimtab", at=AT
    )
    jsonschema.validate(json.loads(body), schema_of("webhook.test"))  # type: ignore[arg-type]
    assert json.loads(body)["timestamp"] == "2026-03-26T08:00:00Z"


def test_the_description_says_to_which_short_name_an_event_belongs() -> None:
    assert "`recommendation.made`" in webhooks()["pm.rebalance.recommended.v1"]["post"]["description"]

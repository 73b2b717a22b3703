"""Wrong fields and broken rules over several fields come in one answer, whoever looks after the rules."""

from typing import Any

import httpx
import pytest
from tests.support.faults import pointed_at, pointers, with_faults
from tests.support.resource_faults import FAULTY

from application.caller import ADMIN, DEFAULT_SCOPES

ADDRESSES = {
    "portfolio": ("POST", "/v1/portfolios"),
    "portfolio revision": ("PATCH", "{portfolio}"),
    "position": ("POST", "{portfolio}/positions"),
    "position revision": ("PATCH", "/v1/positions/{position}"),
    "cash": ("POST", "{portfolio}/cash"),
    "allocation": ("POST", "{portfolio}/allocations"),
    "webhook": ("POST", "/v1/webhooks"),
    "key": ("POST", "/v1/api-keys"),
}


@pytest.mark.parametrize("name", ADDRESSES)
async def test_wrong_fields_and_broken_rules_come_in_one_answer(
    client_of: Any, portfolio: str, holding: dict[str, Any], name: str
) -> None:
    faulty, (method, address) = FAULTY[name], ADDRESSES[name]
    path = address.format(portfolio=portfolio, position=holding["id"])
    admin: httpx.AsyncClient = client_of("acme", DEFAULT_SCOPES | {ADMIN})
    for faults in ((*faulty.fields, *faulty.rules), (faulty.fields[0], *faulty.rules), faulty.rules):
        answer = await admin.request(method, path, json=with_faults(faulty.body, faults))
        assert answer.status_code == 422, answer.text
        assert pointed_at(answer) == pointers(faults)


@pytest.mark.parametrize("name", ADDRESSES)
async def test_without_faults_none_is_found(
    client_of: Any, portfolio: str, holding: dict[str, Any], name: str
) -> None:
    faulty, (method, address) = FAULTY[name], ADDRESSES[name]
    path = address.format(portfolio=portfolio, position=holding["id"])
    answer = await client_of("acme", DEFAULT_SCOPES | {ADMIN}).request(method, path, json=faulty.body)
    assert answer.status_code < 300, answer.text


async def test_positions_of_nothing_are_told_beside_a_wrong_field(api: httpx.AsyncClient) -> None:
    faulty = FAULTY["value at risk"]
    faults = (*faulty.fields, *faulty.rules)
    answer = await api.post("/v1/risk/var", json=with_faults(faulty.body, faults))
    assert answer.status_code == 422, answer.text
    assert pointed_at(answer) == pointers(faults)

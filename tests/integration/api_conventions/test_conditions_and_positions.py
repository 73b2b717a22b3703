from typing import Any

import pytest
from httpx import AsyncClient as Api
from tests.support.demo_api import Shelf


@pytest.fixture
async def address(api: Api, basket: dict[str, Any]) -> str:
    return str((await api.post("/v1/baskets", json=basket)).headers["location"])


async def test_an_unchanged_resource_is_not_sent_again(api: Api, address: str) -> None:
    tag = (await api.get(address)).headers["etag"]
    again = await api.get(address, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    assert "content-type" not in again.headers


async def test_a_changed_read_position_is_sent_again(api: Api, address: str, shelf: Shelf) -> None:
    tag = (await api.get(address)).headers["etag"]
    shelf.position += 1
    assert (await api.get(address, headers={"If-None-Match": tag})).status_code == 200


async def test_a_write_on_the_version_seen_goes_through(api: Api, address: str) -> None:
    tag = (await api.get(address)).headers["etag"]
    changed = await api.patch(address, json={"name": "New"}, headers={"If-Match": tag})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')


async def test_a_write_on_an_older_version_is_refused_with_the_current_tag(api: Api, address: str) -> None:
    await api.patch(address, json={"name": "New"})
    stale = await api.patch(address, json={"name": "Newer"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["error"]) == (412, "precondition_failed")
    assert stale.headers["etag"] == '"2"'


async def test_a_write_waits_for_the_read_models(api: Api, address: str, shelf: Shelf) -> None:
    answer = await api.patch(address, json={"name": "New"})
    assert answer.headers["trimtab-position"] == str(shelf.position)
    assert shelf.waits[-1] == (shelf.position, 2.0)


async def test_a_write_that_the_read_models_do_not_show_in_time_answers_all_the_same(
    api: Api, address: str, shelf: Shelf
) -> None:
    shelf.shown = 0
    assert (await api.patch(address, json={"name": "New"})).status_code == 200


async def test_who_prefers_not_to_wait_does_not(api: Api, address: str, shelf: Shelf) -> None:
    shelf.waits.clear()
    answer = await api.patch(address, json={"name": "New"}, headers={"Prefer": "respond-async"})
    assert answer.headers["preference-applied"] == "respond-async"
    assert shelf.waits == []


async def test_a_shorter_wait_is_honoured_and_a_longer_one_is_not(
    api: Api, address: str, shelf: Shelf
) -> None:
    answer = await api.patch(address, json={"name": "New"}, headers={"Prefer": "wait=1"})
    assert answer.headers["preference-applied"] == "wait=1"
    assert shelf.waits[-1] == (shelf.position, 1)
    answer = await api.patch(address, json={"name": "New"}, headers={"Prefer": "wait=100"})
    assert "preference-applied" not in answer.headers
    assert shelf.waits[-1] == (shelf.position, 2.0)


async def test_a_read_waits_for_the_position_it_names(api: Api, address: str, shelf: Shelf) -> None:
    answer = await api.get(address, headers={"Trimtab-Position": str(shelf.position)})
    assert answer.status_code == 200
    assert shelf.waits[-1] == (shelf.position, 2.0)


async def test_a_read_ahead_of_the_read_models_is_told_to_come_back(api: Api, address: str) -> None:
    answer = await api.get(address, headers={"Trimtab-Position": "999"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


@pytest.mark.parametrize("sent", ["-1", "1.5", "", "one", "9" * 19])
async def test_a_position_is_a_number(api: Api, address: str, sent: str) -> None:
    answer = await api.get(address, headers={"Trimtab-Position": sent})
    assert answer.status_code == 422
    assert answer.json()["details"] == {"field": "Trimtab-Position", "code": "malformed"}

"""The API makes, reads, changes, deletes and restores records of any entity."""

from typing import Any

import httpx
import pytest

from tests.web.api.conftest import RECORDS, Make

DEALS = f"{RECORDS}/sales.opportunity"
ACCOUNTS = f"{RECORDS}/sales.account"


async def test_a_record_is_made_with_an_address_and_a_version(api: httpx.AsyncClient, make: Make) -> None:
    account = await make("sales.account", name="Northwind")

    response = await api.post(
        DEALS, json={"name": "Fleet", "account": account["id"], "amount": "1280000.5", "close_date": "2026-12-01"}
    )

    assert response.status_code == 201
    deal = response.json()
    assert response.headers["location"] == f"{DEALS}/{deal['id']}"
    assert response.headers["etag"] == '"1"'
    assert (deal["amount"], deal["close_date"], deal["account"]) == ("1280000.50", "2026-12-01", account["id"])
    assert (await api.get(response.headers["location"])).json() == deal


async def test_a_decimal_may_come_as_a_number_and_stays_exact(make: Make) -> None:
    deal = await make("sales.opportunity", name="Fleet", amount=123456789012345.67)

    assert deal["amount"] == "123456789012345.67"


async def test_a_list_has_items_next_and_count(api: httpx.AsyncClient, make: Make) -> None:
    account = await make("sales.account", name="Northwind", industry="retail")
    for number in range(5):
        await make("sales.opportunity", name=f"Deal {number}", amount=str(number * 100), account=account["id"])
    asked = {"fields": "name,account.name", "sort": "-amount", "limit": "2", "count": "true", "filter": "amount >= 100"}

    first = (await api.get(DEALS, params=asked)).json()
    second = (await api.get(DEALS, params={**asked, "cursor": first["next"]})).json()

    assert set(first) == {"items", "next", "count"}
    assert first["count"] == 4
    assert [set(item) for item in first["items"]] == [{"id", "version", "name", "account.name"}] * 2
    assert [item["name"] for page in (first, second) for item in page["items"]] == [
        "Deal 4",
        "Deal 3",
        "Deal 2",
        "Deal 1",
    ]
    assert second["next"] is None
    assert second["items"][0]["account.name"] == "Northwind"


async def test_an_empty_list_is_an_answer_and_uncounted_is_null(api: httpx.AsyncClient) -> None:
    response = await api.get(DEALS)

    assert response.headers["content-type"] == "application/json"
    assert response.json() == {"items": [], "next": None, "count": None}
    assert (await api.get(DEALS, params={"count": "exact"})).json()["count"] == 0


async def test_words_find_records_and_labels_come_along(api: httpx.AsyncClient, make: Make) -> None:
    account = await make("sales.account", name="上海汽车")
    await make("sales.opportunity", name="Fleet renewal", account=account["id"])
    await make("sales.opportunity", name="Something else")

    found = (await api.get(DEALS, params={"q": "fleet", "labels": "true", "fields": "account"})).json()["items"]
    chinese = (await api.get(ACCOUNTS, params={"q": "汽车", "fields": "name"})).json()["items"]

    assert [item["account:label"] for item in found] == ["上海汽车"]
    assert [item["name"] for item in chinese] == ["上海汽车"]


async def test_fields_choose_what_one_record_shows(api: httpx.AsyncClient, make: Make) -> None:
    deal = await make("sales.opportunity", name="Fleet")

    body = (await api.get(f"{DEALS}/{deal['id']}", params={"fields": "name,owner.name"})).json()

    assert body == {"id": deal["id"], "version": 1, "name": "Fleet", "owner.name": "Ada"}


async def test_a_known_version_is_not_sent_again(api: httpx.AsyncClient, make: Make) -> None:
    note = await make("core.note", subject="Fleet")
    address = f"/api/v1/records/core.note/{note['id']}"

    same = await api.get(address, headers={"if-none-match": 'W/"7", "1"'})
    await api.patch(address, json={"subject": "Fleet II"})
    newer = await api.get(address, headers={"if-none-match": '"1"'})

    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", '"1"')
    assert (newer.status_code, newer.headers["etag"]) == (200, '"2"')


async def test_a_record_with_computed_fields_is_sent_again(api: httpx.AsyncClient, make: Make) -> None:
    deal = await make("sales.opportunity", name="Fleet")

    again = await api.get(f"{DEALS}/{deal['id']}", headers={"if-none-match": '"1"'})

    assert (again.status_code, again.headers["etag"]) == (200, '"1"')


async def test_a_change_needs_the_version_it_was_based_on(api: httpx.AsyncClient, make: Make) -> None:
    deal = await make("sales.opportunity", name="Fleet")
    address = f"{DEALS}/{deal['id']}"

    changed = await api.patch(address, json={"name": "Fleet II"}, headers={"if-match": '"1"'})
    late = await api.patch(address, json={"name": "Fleet III"}, headers={"if-match": '"1"'})
    late_delete = await api.delete(address, headers={"if-match": '"1"'})
    free = await api.patch(address, json={"amount": "7"})
    unreadable = await api.patch(address, json={}, headers={"if-match": "one"})

    assert (changed.status_code, changed.headers["etag"], changed.json()["name"]) == (200, '"2"', "Fleet II")
    assert (late.status_code, late.json()["current"], late.headers["etag"]) == (412, 2, '"2"')
    assert late_delete.status_code == 412
    assert (free.status_code, free.json()["version"]) == (200, 3)
    assert unreadable.status_code == 400


async def test_what_is_deleted_is_gone_until_it_is_restored(api: httpx.AsyncClient, make: Make) -> None:
    deal = await make("sales.opportunity", name="Fleet")
    address = f"{DEALS}/{deal['id']}"

    deleted = await api.delete(address)
    gone = await api.get(address)
    in_bin = (await api.get(DEALS, params={"deleted": "true", "fields": "name"})).json()["items"]
    restored = await api.post(f"{address}/restore")

    assert (deleted.status_code, deleted.content) == (204, b"")
    assert gone.status_code == 404
    assert [item["name"] for item in in_bin] == ["Fleet"]
    assert (restored.status_code, restored.json()["name"]) == (200, "Fleet")
    assert (await api.get(address)).status_code == 200


async def test_history_tells_who_changed_what(api: httpx.AsyncClient, make: Make) -> None:
    deal = await make("sales.opportunity", name="Fleet", amount="1")
    address = f"{DEALS}/{deal['id']}"
    await api.patch(address, json={"amount": "2.5", "name": "Fleet"})

    answer = (await api.get(f"{address}/history", params={"limit": "1"})).json()
    (entry,) = answer["items"]
    older = (await api.get(f"{address}/history", params={"before": str(answer["next"])})).json()

    assert entry["changes"] == [{"field": "amount", "old": "1.00", "new": "2.50"}]
    assert (entry["action"], entry["actor"]["name"], entry["at"]) == ("update", "Ada", "2026-11-21T09:30:00Z")
    assert [item["action"] for item in older["items"]] == ["create"]
    assert older["next"] is None


async def test_a_request_sent_twice_is_carried_out_once(api: httpx.AsyncClient) -> None:
    headers = {"idempotency-key": "a-1"}

    first = await api.post(ACCOUNTS, json={"name": "Northwind"}, headers=headers)
    await api.patch(first.headers["location"], json={"name": "Southwind"})
    second = await api.post(ACCOUNTS, json={"name": "Northwind"}, headers=headers)
    other = await api.post(ACCOUNTS, json={"name": "Eastwind"}, headers=headers)

    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert (first.headers["location"], first.headers["etag"]) == (second.headers["location"], second.headers["etag"])
    assert second.headers["idempotent-replayed"] == "true"
    assert other.status_code == 422
    assert other.json()["type"] == "urn:trellis:problem:idempotency_conflict"
    assert (await api.get(ACCOUNTS, params={"count": "exact"})).json()["count"] == 1


async def test_a_failed_request_may_be_mended_under_the_same_key(api: httpx.AsyncClient) -> None:
    headers = {"idempotency-key": "a-2"}

    refused = await api.post(ACCOUNTS, json={"name": ""}, headers=headers)
    mended = await api.post(ACCOUNTS, json={"name": "Northwind"}, headers=headers)

    assert (refused.status_code, mended.status_code) == (422, 201)


@pytest.mark.parametrize("key", ["", "x" * 201, "a b", "é"])
async def test_an_odd_idempotency_key_is_refused(api: httpx.AsyncClient, key: str) -> None:
    response = await api.post(ACCOUNTS, json={"name": "N"}, headers={b"idempotency-key": key.encode()})

    assert response.status_code == 400


def operations(*items: Any, atomic: bool = True) -> dict[str, Any]:
    return {"operations": list(items), "atomic": atomic}


async def test_a_batch_does_many_things_at_once(api: httpx.AsyncClient, make: Make) -> None:
    old, doomed = await make("sales.account", name="Old"), await make("sales.account", name="Doomed")
    body = operations(
        {"op": "create", "values": {"name": "New"}},
        {"op": "update", "id": old["id"], "values": {"name": "Older"}, "version": 1},
        {"op": "delete", "id": doomed["id"]},
    )

    response = await api.post(f"{ACCOUNTS}/batch", json=body)
    back = await api.post(f"{ACCOUNTS}/batch", json=operations({"op": "restore", "id": doomed["id"]}))

    assert response.status_code == back.status_code == 200
    assert [result["status"] for result in response.json()["results"]] == [201, 200, 204]
    names = {item["name"] for item in (await api.get(ACCOUNTS, params={"fields": "name"})).json()["items"]}
    assert names == {"New", "Older", "Doomed"}


async def test_an_atomic_batch_with_a_fault_does_nothing_and_says_where(api: httpx.AsyncClient) -> None:
    body = operations({"op": "create", "values": {"name": "New"}}, {"op": "create", "values": {"employees": "many"}})

    response = await api.post(f"{ACCOUNTS}/batch", json=body)

    assert response.status_code == 422
    assert {error["pointer"] for error in response.json()["errors"]} == {
        "/operations/1/values/name", "/operations/1/values/employees",
    }  # fmt: skip
    assert (await api.get(ACCOUNTS, params={"count": "exact"})).json()["count"] == 0


async def test_a_batch_may_report_one_by_one(api: httpx.AsyncClient) -> None:
    missing = "00000000-0000-7000-8000-000000000000"
    body = operations(
        {"op": "create", "values": {"name": "New"}},
        {"op": "create", "values": {}},
        {"op": "delete", "id": missing},
        atomic=False,
    )

    response = await api.post(f"{ACCOUNTS}/batch", json=body)

    assert response.status_code == 207
    results = response.json()["results"]
    assert [result["status"] for result in results] == [201, 422, 404]
    assert results[1]["problem"]["errors"][0]["field"] == "name"
    assert (await api.get(ACCOUNTS, params={"count": "exact"})).json()["count"] == 1


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/operations"]),
        ({"operations": [], "more": 1}, ["/more", "/operations"]),
        ({"operations": [{"op": "create", "values": {}}] * 1001}, ["/operations"]),
        ({"operations": [{"op": "burn"}], "atomic": "yes"}, ["/atomic", "/operations/0/op"]),
        ({"operations": [{"op": "update", "id": 7, "values": [], "version": "1", "x": 1}]},
         ["/operations/0/x", "/operations/0/values", "/operations/0/id", "/operations/0/version"]),
    ],
)  # fmt: skip
async def test_a_malformed_batch_is_told_all_its_faults(api: httpx.AsyncClient, body: Any, pointers: list[str]) -> None:
    response = await api.post(f"{ACCOUNTS}/batch", json=body)

    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == pointers


async def test_a_thousand_operations_fit_and_are_idempotent(api: httpx.AsyncClient) -> None:
    body = operations(*({"op": "create", "values": {"name": f"A{number}"}} for number in range(1000)))

    first = await api.post(f"{ACCOUNTS}/batch", json=body, headers={"idempotency-key": "b"})
    second = await api.post(f"{ACCOUNTS}/batch", json=body, headers={"idempotency-key": "b"})

    assert first.status_code == 200
    assert first.json() == second.json()
    assert (await api.get(ACCOUNTS, params={"count": "exact"})).json()["count"] == 1000

"""Giving records away and hand-overs over the API."""

from tests.web.conftest import Server
from trellis.services import accounts
from trellis.services.commands import Create
from trellis.services.handing import working
from trellis.services.records import write

LEAD = "sales.lead"


async def lead(server: Server, name: str, owner: str) -> str:
    values = {"name": name, "company": name, "owner": owner}
    (outcome,) = await write(server.context, LEAD, [Create(values)])
    return outcome.id


async def user(server: Server, name: str, *roles: str) -> str:
    return await accounts.create_user(server.context, email=f"{name.lower()}@example.com", name=name, roles=roles)


async def test_records_are_given_away(server: Server) -> None:
    ben, cat = await user(server, "Ben"), await user(server, "Cat")
    first, second = await lead(server, "First", ben), await lead(server, "Second", ben)
    async with server.client(await server.token("Mia", "sales.manager")) as client:
        one = await client.post(
            f"/api/v1/records/{LEAD}/{first}/assign", json={"owner": cat}, headers={"if-match": '"1"'}
        )
        assert (one.status_code, one.json()) == (200, {"id": first, "version": 2})
        late = await client.post(
            f"/api/v1/records/{LEAD}/{first}/assign", json={"owner": ben}, headers={"if-match": '"1"'}
        )
        assert late.status_code == 412

        some = await client.post(f"/api/v1/records/{LEAD}/assign", json={"owner": cat, "filter": "name == 'Second'"})
        assert (some.status_code, some.json()["state"], some.json()["done"]) == (201, "done", 1)
        owners = (await client.get(f"/api/v1/records/{LEAD}?fields=owner")).json()["items"]
        assert {item["owner"] for item in owners} == {cat}

        undone = await client.post(f"/api/v1/handovers/{some.json()['id']}/undo")
        assert undone.json()["state"] == "undoing"
        while await working.step(server.context, some.json()["id"]):
            pass
        assert (await client.get(f"/api/v1/records/{LEAD}/{second}?fields=owner")).json()["owner"] == ben

        for body in [
            {"owner": cat},
            {"owner": 1, "ids": [first]},
            {"owner": cat, "ids": "x"},
            {"owner": cat, "who": 1},
        ]:
            assert (await client.post(f"/api/v1/records/{LEAD}/assign", json=body)).status_code == 422
        assert (await client.get("/api/v1/handovers")).status_code == 403
    async with server.client(await server.token("Rob", "sales.rep")) as client:
        assert (
            await client.post(f"/api/v1/records/{LEAD}/assign", json={"owner": cat, "ids": [first]})
        ).status_code == 403
        hidden = await client.post(f"/api/v1/records/{LEAD}/{first}/assign", json={"owner": cat})
        assert hidden.status_code in (403, 404)


async def test_a_leaver_is_handed_over(server: Server) -> None:
    ben, cat = await user(server, "Ben"), await user(server, "Cat")
    first = await lead(server, "First", ben)
    async with server.client(await server.token("Ada", "core.admin")) as client:
        before = (await client.get(f"/api/v1/handovers/preview?user={ben}")).json()
        assert before["items"] == [{"kind": "owned", "entity": LEAD, "field": "owner", "count": 1, "optional": False}]

        begun = await client.post("/api/v1/handovers", json={"user": ben, "successor": cat})
        assert begun.status_code == 201
        while await working.step(server.context, begun.json()["id"]):
            pass

        found = (await client.get(f"/api/v1/handovers/{begun.json()['id']}")).json()
        assert (found["state"], found["user"], found["left"]) == ("done", ben, [])
        assert {"kind": "owned", "entity": LEAD, "state": "done", "count": 1} in found["items"]
        assert (await client.get(f"/api/v1/records/{LEAD}/{first}?fields=owner")).json()["owner"] == cat
        assert [item["id"] for item in (await client.get("/api/v1/handovers")).json()["items"]] == [found["id"]]
        again = await client.post("/api/v1/handovers", json={"user": ben, "successor": ben})
        assert "successor" in again.text
        assert (await client.get("/api/v1/handovers/nothing")).status_code == 404

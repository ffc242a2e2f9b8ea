"""Many records at once over the API: by ids or by a filter, looked up and undone like every operation."""

from tests.web.conftest import Server
from trellis.services import accounts
from trellis.services.commands import Create
from trellis.services.handing import operations
from trellis.services.records import write

LEAD = "sales.lead"
BULK = f"/api/v1/records/{LEAD}/bulk"
ONCE = "019f0000-0000-7000-8000-000000000001"


async def lead(server: Server, name: str) -> str:
    (outcome,) = await write(server.context, LEAD, [Create({"name": name, "company": name})])
    return outcome.id


async def test_records_are_deleted_and_come_back(server: Server) -> None:
    first, second = await lead(server, "First"), await lead(server, "Second")
    async with server.client(await server.token("Mia", "sales.manager")) as client:
        done = await client.post(BULK, json={"do": "delete", "ids": [first, ONCE], "id": ONCE})
        again = await client.post(BULK, json={"do": "delete", "ids": [first, ONCE], "id": ONCE})
        rest = await client.post(BULK, json={"do": "delete", "filter": "company == 'Second'"})

        assert (done.status_code, done.json()["kind"], done.json()["state"]) == (201, "deleting", "done")
        assert (done.json()["id"], done.json()["done"], done.json()["missing"]) == (ONCE, 1, 1)
        assert again.json() == done.json()
        assert rest.json()["items"] == [{"kind": "deleting", "entity": LEAD, "state": "done", "count": 1}]
        assert (await client.get(f"/api/v1/records/{LEAD}/{second}")).status_code == 404

        await client.post(f"/api/v1/handovers/{ONCE}/undo")
        await operations.finish(server.context, ONCE)
        assert (await client.get(f"/api/v1/handovers/{ONCE}")).json()["state"] == "undone"
        assert (await client.get(f"/api/v1/records/{LEAD}/{first}")).status_code == 200


async def test_records_are_shared(server: Server) -> None:
    first = await lead(server, "First")
    ben = await accounts.create_user(server.context, email="ben@example.com", name="Ben", roles=["sales.rep"])
    async with server.client(await server.token("Mia", "sales.manager")) as client:
        grantee = {"kind": "user", "id": ben}
        done = await client.post(BULK, json={"do": "share", "ids": [first], "grantee": grantee, "actions": ["edit"]})

        assert (done.status_code, done.json()["left"]) == (201, [])
        shared = (await client.get(f"/api/v1/records/{LEAD}/{first}/shares")).json()["items"]
        assert [(one["grantee"]["name"], one["actions"]) for one in shared] == [("Ben", ["read", "edit"])]


async def test_what_is_refused(server: Server) -> None:
    first = await lead(server, "First")
    async with server.client(await server.token("Mia", "sales.manager")) as client:
        for body, place in [
            ({"do": "fly", "ids": [first]}, "/do"),
            ({"do": "delete"}, "/ids"),
            ({"do": "delete", "ids": [ONCE]}, "/ids"),
            ({"do": "delete", "ids": [first], "part": "x"}, "/part"),
            ({"do": "share", "ids": [first]}, "/grantee"),
        ]:
            answer = await client.post(BULK, json=body)
            assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, place), answer.text
    async with server.client(await server.token("Rob", "sales.rep")) as client:
        assert (await client.post(BULK, json={"do": "delete", "ids": [first]})).status_code == 403


async def test_fields_are_changed(server: Server) -> None:
    first, second = await lead(server, "First"), await lead(server, "Second")
    async with server.client(await server.token("Mia", "sales.manager")) as client:
        asked = {"do": "change", "ids": [first, second], "values": {"rating": "hot"}}
        trial = await client.post(BULK, json={**asked, "preview": True})
        done = await client.post(BULK, json=asked)
        wrong = await client.post(BULK, json={**asked, "values": {"rating": "boiling"}})
        nothing = await client.post(BULK, json={**asked, "values": {}})

        assert trial.json() == {"tried": 2, "changed": 2, "unchanged": 0, "warned": 0, "refused": []}
        assert (done.status_code, done.json()["kind"], done.json()["done"]) == (201, "changing", 2)
        assert (await client.get(f"/api/v1/records/{LEAD}/{first}?fields=rating")).json()["rating"] == "hot"
        assert wrong.json()["errors"][0]["pointer"] == "/values/rating"
        assert nothing.json()["errors"][0]["pointer"] == "/values"

"""Giving one record, or several of a list, to another owner with plain forms."""

import re

from tests.web.conftest import Server
from trellis.services import accounts
from trellis.services.commands import Create
from trellis.services.handing import working
from trellis.services.queries import get_record
from trellis.services.records import write

LEADS = "/records/sales.lead"


def token(html: str) -> dict[str, str]:
    found = re.search(r'name="_csrf_token" value="([^"]+)"', html)
    assert found
    return {"_csrf_token": found[1]}


async def lead(server: Server, name: str, **values: object) -> str:
    (outcome,) = await write(server.context, "sales.lead", [Create({"name": name, "company": "A", **values})])
    return outcome.id


async def owner(server: Server, record: str) -> object:
    return (await get_record(server.context, "sales.lead", record, ("owner",))).values["owner"]


async def test_records_are_given_away_from_their_page_and_from_a_list(server: Server) -> None:
    ben = await accounts.create_user(server.context, email="ben@example.com", name="Ben", roles=["sales.rep"])
    cat = await accounts.create_user(server.context, email="cat@example.com", name="Cat", roles=["sales.rep"])
    first, second = await lead(server, "First", owner=ben), await lead(server, "Second", owner=ben)
    await lead(server, "Third", owner=cat)
    async with await server.browser("Mia", "core.employee", "sales.manager") as browser:
        page = await browser.get(f"{LEADS}/{first}")
        assert f'href="{LEADS}/{first}/assign"' in page.text
        form = await browser.get(f"{LEADS}/{first}/assign")
        assert form.status_code == 200
        unknown = await browser.post(f"{LEADS}/{first}/assign", data={**token(form.text), "owner": "Nobody"})
        assert unknown.status_code == 422
        assert "Nobody of this name is found." in unknown.text
        stale = await browser.post(f"{LEADS}/{first}/assign", data={**token(form.text), "owner": "Cat", "version": "9"})
        assert stale.status_code == 422
        given = await browser.post(f"{LEADS}/{first}/assign", data={**token(form.text), "owner": "Cat", "version": "1"})
        assert (given.status_code, given.headers["location"]) == (303, f"{LEADS}/{first}")
        assert await owner(server, first) == cat

        listed = await browser.get(f"{LEADS}?q=Second")
        assert f'href="{LEADS}/assign?q=Second' in listed.text
        form = await browser.get(f"{LEADS}/assign?q=Second")
        assert re.findall(r'name="id" value="([^"]+)" checked', form.text) == [second]
        nothing = await browser.post(f"{LEADS}/assign?q=Second", data={**token(form.text), "owner": "Cat"})
        assert "Choose records." in nothing.text
        some = await browser.post(f"{LEADS}/assign?q=Second", data={**token(form.text), "owner": "Cat", "id": second})
        assert some.status_code == 303
        assert await owner(server, second) == cat

        shown = await browser.get(some.headers["location"])
        assert "Handed over" in shown.text
        back = await browser.post(f"{some.headers['location']}/undo", data=token(shown.text))
        assert back.status_code == 303
        while await working.step(server.context, some.headers["location"].rpartition("/")[2]):
            pass
        assert await owner(server, second) == ben

        everything = await browser.post(
            f"{LEADS}/assign", data={**token(form.text), "owner": "ben@example.com", "_which": "all"}
        )
        assert everything.status_code == 303
        assert await owner(server, first) == ben


async def test_who_may_not_assign_is_not_offered_it(server: Server) -> None:
    ben = await accounts.create_user(server.context, email="ben@example.com", name="Ben", roles=["sales.rep"])
    record = await lead(server, "First", owner=ben)
    async with await server.browser("Rita", "core.employee", "sales.rep") as browser:
        assert "/assign" not in (await browser.get(LEADS)).text
        assert (await browser.get(f"{LEADS}/assign")).status_code == 403
        assert (await browser.get(f"{LEADS}/{record}/assign")).status_code in (403, 404)
        form = token((await browser.get("/account")).text)
        refused = await browser.post(f"{LEADS}/{record}/assign", data={**form, "owner": "Rita"})
        assert refused.status_code in (403, 404)
        many = await browser.post(f"{LEADS}/assign", data={**form, "owner": "Rita", "_which": "all"})
        assert many.status_code == 403
        assert await owner(server, record) == ben

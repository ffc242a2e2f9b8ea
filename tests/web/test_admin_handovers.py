"""The pages of hand-overs: looked at, begun, followed and taken back with plain forms."""

import re

from tests.web.conftest import Server
from trellis.services import accounts
from trellis.services.commands import Create, Update
from trellis.services.handing import working
from trellis.services.records import write

PAGE = "/admin/handovers"


def token(html: str) -> str:
    found = re.search(r'name="_csrf_token" value="([^"]+)"', html)
    assert found
    return found[1]


async def user(server: Server, name: str, email: str) -> str:
    return await accounts.create_user(server.context, email=email, name=name)


async def test_somebody_leaves_and_comes_back(server: Server) -> None:
    ben = await user(server, "Ben", "ben@example.com")
    cat = await user(server, "Cat", "cat@example.com")
    await user(server, "Cato", "cato@example.com")
    await write(server.context, "core.user", [Update(ben, {"manager": cat})])
    leads = [Create({"name": f"Lead {number}", "company": "A", "owner": ben}) for number in range(2)]
    made = await write(server.context, "sales.lead", leads)
    async with await server.browser("Ada", "core.admin") as browser:
        assert (await browser.get(f"{PAGE}/new?user=Nobody")).status_code == 422
        several = await browser.get(f"{PAGE}/new?user=Cat")
        assert "Hand over what Cat has" in several.text, "an exact name is enough"

        form = await browser.get(f"{PAGE}/new?user=ben")
        assert form.status_code == 200
        assert 'value="Cat"' in form.text, "the manager takes over unless somebody else is named"
        assert re.search(r"Leads.*?t-num[^>]*>2<", form.text, re.S)

        sent = {"user": ben, "_csrf_token": token(form.text)}
        unclear = await browser.post(PAGE, data={**sent, "successor": "example"})
        assert unclear.status_code == 422
        missing = await browser.post(PAGE, data={**sent, "successor": ""})
        assert "Choose who takes over." in missing.text

        begun = await browser.post(PAGE, data={**sent, "successor": "cat@example.com", "entity:sales.lead": "Cato"})
        assert begun.status_code == 303, begun.text
        address = begun.headers["location"]
        shown = await browser.get(address)
        assert 'hx-trigger="every 1s"' in shown.text
        while await working.step(server.context, address.rpartition("/")[2]):
            pass

        assert "Handed over" in (await browser.get(f"{address}/progress")).text
        assert re.search(rf'href="{address}">Ben</a>', (await browser.get(PAGE)).text)
        record = await browser.get(f"/records/sales.lead/{made[0].id}")
        assert "Cato" in record.text

        await write(server.context, "sales.lead", [Update(made[1].id, {"owner": cat})])
        back = await browser.post(f"{address}/undo", data={"_csrf_token": token((await browser.get(address)).text)})
        assert back.status_code == 303
        while await working.step(server.context, address.rpartition("/")[2]):
            pass
        ended = (await browser.get(address)).text
        assert "Taken back" in ended
        assert re.search(r"Lead 1</a>.*Changed since, so it stays", ended)


async def test_hand_overs_are_for_those_who_look_after_users(server: Server) -> None:
    ben = await user(server, "Ben", "ben@example.com")
    async with await server.browser("Mia", "sales.manager") as browser:
        for address in (PAGE, f"{PAGE}/new?user={ben}", f"{PAGE}/{ben}", f"{PAGE}/{ben}/progress"):
            assert (await browser.get(address)).status_code == 403

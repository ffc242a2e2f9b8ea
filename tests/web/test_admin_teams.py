"""The page of teams: a tree, and a plain form that moves a team."""

import re

from tests.web.conftest import Server
from trellis.services.commands import Create
from trellis.services.records import write


async def made(server: Server, name: str, parent: str | None = None) -> str:
    (outcome,) = await write(server.context, "core.team", [Create({"name": name, "parent": parent})])
    return outcome.id


def rows(html: str) -> list[tuple[str, str, str, str]]:
    """Depth, name, members and all members of each line."""
    found = re.findall(r'data-depth="(\d)"><a [^>]*>([^<]*)</a>.*?t-num"[^>]*>(\d+)<.*?t-num"[^>]*>(\d+)<', html)
    return [(depth, name, own, whole) for depth, name, own, whole in found]


async def test_the_tree_of_teams_and_moving_one(server: Server) -> None:
    head = await made(server, "Head office")
    north = await made(server, "North", head)
    shop = await made(server, "Shop", north)
    people = [Create({"name": f"Seller {number}", "team": shop}) for number in range(3)]
    await write(server.context, "core.user", [*people, Create({"name": "Left", "team": shop, "active": False})])
    async with await server.browser("Ada", "core.admin") as browser:
        page = await browser.get("/admin/teams")
        assert page.status_code == 200
        assert rows(page.text) == [("0", "Head office", "0", "3"), ("1", "North", "0", "3"), ("2", "Shop", "3", "3")]

        form = await browser.get(f"/admin/teams?move={north}")
        assert "Move North" in form.text
        options = re.findall(r'<option value="([^"]*)"', form.text[form.text.index('id="parent"') :])
        assert options[:2] == ["", head]
        assert shop not in options
        token = await csrf(form.text)

        refused = await browser.post(f"/admin/teams/{north}/move", data={"parent": shop, "_csrf_token": token})
        assert refused.status_code == 422
        assert "A team cannot be below itself: North &gt; Shop &gt; North." in refused.text

        done = await browser.post(f"/admin/teams/{north}/move", data={"parent": "", "_csrf_token": token})
        assert done.status_code == 303
        assert rows((await browser.get("/admin/teams")).text)[0][:2] == ("0", "Head office")
        assert ("0", "North", "0", "3") in rows((await browser.get("/admin/teams")).text)
        assert (await browser.get("/admin/teams?move=nothing")).status_code == 404


async def csrf(html: str) -> str:
    found = re.search(r'name="_csrf_token" value="([^"]+)"', html)
    assert found
    return found[1]


async def test_the_page_of_teams_is_for_those_who_look_after_users(server: Server) -> None:
    team = await made(server, "Head office")
    async with await server.browser("Sam", "sales.rep") as browser:
        page = await browser.get("/admin/teams")

        assert page.status_code == 403
        assert "Head office" not in page.text
        account = await browser.get("/account")
        token = await csrf(account.text)
        moved = await browser.post(f"/admin/teams/{team}/move", data={"parent": "", "_csrf_token": token})
        assert moved.status_code == 403

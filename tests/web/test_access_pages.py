"""Whoever is refused reads why and whom to ask; administrators ask about anybody; nothing is told of what is not theirs."""

import re
from uuid import uuid4

from tests.web.conftest import Server
from trellis.services import accounts
from trellis.services.commands import Create
from trellis.services.records import write
from trellis.services.studio import drafts

ACCOUNT, DEAL = "sales.account", "sales.opportunity"


async def account(server: Server, owner: str, name: str = "Hanlin") -> str:
    (made,) = await write(server.context, ACCOUNT, [Create({"name": name, "owner": owner})])
    return made.id


async def user(server: Server, name: str) -> str:
    (made,) = await write(server.context, "core.user", [Create({"name": name, "email": f"{name}@example.com"})])
    return made.id


def text_of(html: str) -> str:
    """What one reads on a page, without its frame."""
    main = html[html.index('id="content"') :]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", main))


async def test_a_refused_page_says_why_and_leads_to_all_of_it(server: Server) -> None:
    record = await account(server, await user(server, "Eve"))
    async with await server.browser("Ada", "core.admin"), await server.browser("Sam", "sales.rep") as browser:
        refused = await browser.get(f"/records/{ACCOUNT}/{record}/edit")

        assert refused.status_code == 403
        assert (
            "You may not change this Account. Your role Sales representative lets you change Accounts: only your own ones."
            " It belongs to Eve." in text_of(refused.text)
        )
        assert "You can ask Ada, who looks after users and roles." in text_of(refused.text)
        shown = await browser.get(f"/records/{ACCOUNT}/{record}")
        link = re.search(r'href="(/why\?[^"]+)"', shown.text)
        assert link
        why = await browser.get(link[1].replace("&amp;", "&"))
        assert why.status_code == 200
        assert "It would be allowed if it belonged to you." in text_of(why.text)


async def test_nothing_is_told_of_a_record_that_one_may_not_see(server: Server) -> None:
    (hidden,) = await write(server.context, DEAL, [Create({"name": "Secret deal", "owner": await user(server, "Eve")})])
    async with await server.browser("Sam", "sales.rep") as browser:
        there, nowhere = [
            await browser.get(f"/why?entity={DEAL}&action=edit&record={one}") for one in (hidden.id, uuid4())
        ]

        assert there.status_code == nowhere.status_code == 200
        assert text_of(there.text) == text_of(nowhere.text)
        assert "Secret" not in there.text
        assert "There is no such record, or you may not see it." in text_of(there.text)
        assert (await browser.get(f"/admin/access?user=Eve&entity={DEAL}")).status_code == 403
    async with await server.browser("Tom", "core.employee") as browser:
        unknown, missing = [await browser.get(f"/why?entity={one}") for one in (DEAL, "sales.nothing")]
        assert (unknown.status_code, text_of(unknown.text)) == (404, text_of(missing.text))


async def test_administrators_ask_about_anybody(server: Server) -> None:
    record = await account(server, await user(server, "Eve"))
    async with await server.browser("Sam", "sales.rep"), await server.browser("Ada", "core.admin") as browser:
        found = await browser.get(f"/admin/access?user=Sam&entity={ACCOUNT}&record=Hanlin&action=edit&field=name")

        said = text_of(found.text)
        assert "Sam may not change the field Name of this Account." in said
        assert "Sales representative : own ones" in said.replace("</b>", "") or "Sales representative: own ones" in said
        assert "It belongs to Eve." in said
        rights = await browser.get("/admin/access?user=sam@example.com&action=right:publish")
        assert "Sam may not publish." in text_of(rights.text)
        unknown = await browser.get("/admin/access?user=Nobody&action=read&entity=sales.account")
        assert "Nothing is found for “Nobody”." in text_of(unknown.text)
        same = await browser.get(f"/admin/access?user=Sam&entity={ACCOUNT}&record={record}&action=read")
        assert "Sam may read this Account." in text_of(same.text)


async def test_the_api_tells_the_same_and_refusals_say_whom_to_ask(server: Server) -> None:
    record = await account(server, await user(server, "Eve"))
    admin = await server.token("Ada", "core.admin")
    sam = await server.token("Sam", "sales.rep")
    asked = {"entity": ACCOUNT, "record": record, "action": "edit"}
    async with server.client(sam) as client:
        proof = (await client.get("/api/v1/access/explain", params=asked)).json()
        refused = await client.patch(
            f"/api/v1/records/{ACCOUNT}/{record}", json={"name": "Mine"}, headers={"if-match": '"1"'}
        )
        others = await client.get("/api/v1/access/explain", params={**asked, "user": str(uuid4())})
        wrong = await client.get("/api/v1/access/explain", params={**asked, "entity": "sales.nothing"})

    assert (proof["allowed"], proof["obstacle"]) == (False, None)
    assert proof["ask"] == [{"id": proof["ask"][0]["id"], "name": "Ada", "how": "looks after users and roles"}]
    (rule,) = proof["actions"][1]["rules"]
    assert (rule["scope"], rule["holds"], rule["facts"]) == ("own", False, ["It belongs to Eve."])
    assert refused.status_code == 403
    assert refused.json()["detail"].endswith("only your own ones. It belongs to Eve.")
    assert refused.json()["advice"][-1] == "You can ask Ada, who looks after users and roles."
    assert (others.status_code, wrong.status_code) == (403, 404)
    async with server.client(admin) as client:
        right = (await client.get("/api/v1/access/explain", params={"right": "publish"})).json()
    assert (right["allowed"], [role["id"] for role in right["roles"]]) == (True, ["core.admin"])


async def test_a_plan_that_takes_rights_away_shows_who_loses_what(server: Server) -> None:
    eve = await user(server, "Eve")
    await account(server, eve)
    await accounts.assign_roles(server.context, eve, ["sales.rep"])
    async with await server.browser("Ada", "core.admin") as browser:
        plain = await browser.get("/studio/changes")
        role = dict(server.context.snapshot.raw["sales.rep"])
        account_rights = {**role["entities"][ACCOUNT], "edit": None, "fields": {"*": "read", "credit_limit": "none"}}
        await drafts.save(server.context, {**role, "entities": {**role["entities"], ACCOUNT: account_rights}})

        page = await browser.get("/studio/changes")

        assert "Who gains and who loses" not in plain.text
        said = text_of(page.text)
        assert "Sales representative 1 person" in said
        assert "Accounts change 1 nobody Eve −1" in re.sub(r"(<[^>]+>|\s)+", " ", page.text)
        body = (await browser.get("/api/v1/metadata/plan")).json()["access"]
        assert body["roles"][0]["actions"] == {ACCOUNT: ["edit"]}
        (line,) = body["records"]
        assert line["lost"] == {"people": 1, "records": 1, "most": [{"id": eve, "name": "Eve", "records": 1}]}


async def test_a_field_that_may_not_be_written_names_the_role(server: Server) -> None:
    sam = await server.token("Sam", "sales.rep")
    async with server.client(sam) as client:
        refused = await client.post(f"/api/v1/records/{ACCOUNT}", json={"name": "Mine", "tier": "a"})

    assert [(one["field"], one["code"], one["message"]) for one in refused.json()["errors"]] == [
        ("tier", "not_writable", "Your role Sales representative opens Tier as far as “read” only.")
    ]

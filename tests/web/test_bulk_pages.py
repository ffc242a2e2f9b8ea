"""Rows of a list are chosen with boxes, and the bar below does something with them, with plain forms."""

import re

import httpx
import pytest

from tests.web.conftest import Server
from trellis.services import accounts, sharing
from trellis.services.commands import Create
from trellis.services.records import write
from trellis.web.pages import chosen

LEADS = "/records/sales.lead"


async def lead(server: Server, name: str, **values: object) -> str:
    (outcome,) = await write(server.context, "sales.lead", [Create({"name": name, "company": "A", **values})])
    return outcome.id


def boxes(html: str) -> list[str]:
    """The records that can be chosen."""
    return re.findall(r'type="checkbox" name="id" value="([^"]+)"', html)


async def forgery(browser: httpx.AsyncClient) -> dict[str, str]:
    """What a form sends along."""
    found = re.search(r'name="_csrf_token" value="([^"]+)"', (await browser.get("/account")).text)
    assert found
    return {"_csrf_token": found[1]}


async def titles(browser: httpx.AsyncClient) -> list[str]:
    """The leads in the list."""
    return sorted(
        re.findall(r'<a href="/records/sales.lead/[^"]+" id="r-[^"]+">([^<]+)</a>', (await browser.get(LEADS)).text)
    )


async def test_boxes_are_for_those_who_can_do_something_with_several(server: Server) -> None:
    first = await lead(server, "First")
    async with await server.browser("Mia", "core.employee", "sales.manager") as browser:
        page = (await browser.get(f"{LEADS}?q=first")).text
        assert boxes(page) == [first]
        assert f'aria-labelledby="r-{first}"' in page
        assert all(f'formaction="{LEADS}/{name}?q=first' in page for name in ("assign", "share", "delete", "export"))
        assert "that match" not in page  # all of them stand here
    async with await server.browser("Rob", "core.employee", "sales.rep") as browser:
        page = (await browser.get(LEADS)).text
        assert boxes(page) == []
        assert 'id="chosen"' not in page
        for name in ("share", "delete", "export"):
            answer = await browser.post(f"{LEADS}/{name}", data={**await forgery(browser), "id": first})
            assert answer.status_code == 403, name


async def test_chosen_records_are_deleted_and_taken_back(server: Server) -> None:
    first, second = await lead(server, "First"), await lead(server, "Second")
    await lead(server, "Third")
    async with await server.browser("Mia", "core.employee", "sales.manager") as browser:
        form = {**await forgery(browser), "_once": "019f0000-0000-7000-8000-000000000001", "id": [first, second]}
        done = await browser.post(f"{LEADS}/delete?sort=name", data=form)
        again = await browser.post(f"{LEADS}/delete?sort=name", data=form)
        assert (done.status_code, done.headers["location"]) == (303, f"{LEADS}?sort=name")
        assert again.headers["location"] == done.headers["location"]
        page = (await browser.get(done.headers["location"])).text
        assert "Moved to the bin: 2." in page
        undo = re.search(r'action="([^"]+/undo[^"]*)"', page)
        assert undo
        assert await titles(browser) == ["Third"]

        back = await browser.post(undo[1], data=await forgery(browser))
        assert back.headers["location"] == f"{LEADS}?sort=name"
        assert "Taken back: 2." in (await browser.get(f"{LEADS}?sort=name")).text
        assert await titles(browser) == ["First", "Second", "Third"]
        assert (
            (await browser.post(undo[1], data=await forgery(browser))).headers["location"].startswith(f"{LEADS}/bulk/")
        )

        nothing = await browser.post(f"{LEADS}/delete", data=await forgery(browser))
        assert nothing.headers["location"] == LEADS
        assert "Choose records." in (await browser.get(LEADS)).text
        everything = await browser.post(f"{LEADS}/delete?q=second", data={**await forgery(browser), "_which": "all"})
        assert everything.status_code == 303
        assert await titles(browser) == ["First", "Third"]
        partly = await browser.post(f"{LEADS}/delete", data={**await forgery(browser), "id": [first, second]})
        told = (await browser.get(partly.headers["location"])).text
        assert "Chosen, but not there, or you may not see them" in told
        assert "Deleting records" in told


async def test_chosen_records_are_shared(server: Server) -> None:
    first, second = await lead(server, "First"), await lead(server, "Second")
    ben = await accounts.create_user(server.context, email="ben@example.com", name="Ben", roles=["sales.rep"])
    async with await server.browser("Mia", "core.employee", "sales.manager") as browser:
        form = {**await forgery(browser), "id": [first, second]}
        page = (await browser.post(f"{LEADS}/share", data={**form, "_open": "1"})).text
        assert re.findall(r'name="id" value="([^"]+)" checked', page) == [first, second]
        choices = (await browser.get(f"{LEADS}/share/grantees?q=ben")).json()["choices"]
        assert [one["label"] for one in choices] == ["Ben"]
        searched = (await browser.post(f"{LEADS}/share", data={**form, "_q": "ben", "_choose": "grantee"})).text
        assert f'name="grantee" value="u:{ben}"' in searched
        wrong = await browser.post(f"{LEADS}/share", data={**form, "grantee": f"u:{ben}", "until": "2001-01-01T00:00"})
        assert wrong.status_code == 422
        assert "This moment is over already." in wrong.text
        done = await browser.post(f"{LEADS}/share", data={**form, "grantee": f"u:{ben}", "actions": "edit"})
        assert (done.status_code, done.headers["location"]) == (303, LEADS)
        (share,) = await sharing.shares_of(server.context, "sales.lead", second)
        assert (share.name, share.actions) == ("Ben", ("read", "edit"))
        assert (await browser.get(f"{LEADS}/share?q=first")).status_code == 200


async def test_chosen_records_are_exported_and_given_away(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = await lead(server, "First"), await lead(server, "Second")
    await lead(server, "Third")
    async with await server.browser("Mia", "core.employee", "sales.manager") as browser:
        form = {**await forgery(browser), "id": [second, first]}
        file = await browser.post(f"{LEADS}/export?format=csv&columns=name&sort=name&q=third", data=form)
        assert file.text.split() == ["\ufeffName", "First", "Second"]
        whole = await browser.post(f"{LEADS}/export?format=csv&columns=name&q=third", data={**form, "_which": "all"})
        assert whole.text.split() == ["\ufeffName", "Third"]
        page = (await browser.post(f"{LEADS}/assign?q=third", data={**form, "_open": "1"})).text
        assert boxes(page) == [second, first]
        monkeypatch.setattr(chosen, "SHOWN", 2)
        page = (await browser.post(f"{LEADS}/assign?sort=name", data={**form, "_open": "1", "_which": "all"})).text
        assert boxes(page) == [first, second]
        assert 'name="_which" value="all" checked> all 3 of the list' in page
        monkeypatch.setattr(chosen, "MOST", 1)
        assert (await browser.post(f"{LEADS}/export?format=csv", data=form)).status_code == 422


async def test_fields_of_chosen_records_are_changed_after_a_preview(server: Server) -> None:
    first, second = await lead(server, "First"), await lead(server, "Second", rating="hot")
    async with await server.browser("Mia", "core.employee", "sales.manager") as browser:
        form = {**await forgery(browser), "id": [first, second]}
        page = (await browser.post(f"{LEADS}/change", data={**form, "_open": "1"})).text
        assert '<option value="rating">' in page
        assert '<option value="owner">' not in page
        page = (await browser.post(f"{LEADS}/change", data={**form, "_field": "rating", "_add": "1"})).text
        assert 'name="rating"' in page
        assert "_do" not in page
        values = {**form, "_field": ["rating", "score"], "rating": "hot", "score": "x", "_try": "1"}
        wrong = await browser.post(f"{LEADS}/change", data=values)
        assert wrong.status_code == 422
        assert 'id="score-error"' in wrong.text
        values = {**form, "_field": "rating", "rating": "hot"}
        tried = (await browser.post(f"{LEADS}/change", data={**values, "_do": "1"})).text  # nobody has seen it yet
        assert "Will be changed: 1" in tried
        assert "Have these values already: 1" in tried
        seen = re.search(r'name="_seen" value="([^"]+)"', tried)
        assert seen
        stale = await browser.post(f"{LEADS}/change", data={**values, "rating": "cold", "_do": "1", "_seen": seen[1]})
        assert "Will be changed: 2" in stale.text
        done = await browser.post(f"{LEADS}/change", data={**values, "_do": "1", "_seen": seen[1]})
        assert done.headers["location"] == LEADS
        listed = (await browser.get(f"{LEADS}?filter=rating == 'hot'")).text
        assert len(boxes(listed)) == 2


async def test_a_link_is_chosen_without_a_script(server: Server) -> None:
    (northwind,) = await write(server.context, "sales.account", [Create({"name": "Northwind"})])
    values = {"name": "Ann", "account": northwind.id}
    (contact,) = await write(server.context, "sales.contact", [Create(values)])
    async with await server.browser("Mia", "core.employee", "sales.manager") as browser:
        form = {**await forgery(browser), "id": contact.id, "_field": "account", "_choose": "account", "_q": "north"}
        page = (await browser.post("/records/sales.contact/change", data=form)).text
        assert f'type="radio" name="account" value="{northwind.id}"' in page


async def test_the_conditions_of_the_form_hold_for_many_records_too(server: Server) -> None:
    (account,) = await write(server.context, "sales.account", [Create({"name": "Northwind"})])
    given = {"name": "Deal", "account": account.id, "amount": "5.00", "close_date": "2026-12-01"}
    (deal,) = await write(server.context, "sales.opportunity", [Create(given)])
    async with await server.browser("Mia", "core.employee", "sales.manager") as browser:
        values = {**await forgery(browser), "id": deal.id, "_field": "stage", "stage": "lost", "_try": "1"}
        tried = (await browser.post("/records/sales.opportunity/change", data=values)).text
        assert "Cannot be changed: 1" in tried
        assert f'<a href="/records/sales.opportunity/{deal.id}">Deal</a>' in tried
        assert "Change now" not in tried

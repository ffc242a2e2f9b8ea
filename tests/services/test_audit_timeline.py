"""The log as one time line: merged, searched by its parts, and no way around what one may see."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.services.conftest import NOW, person
from tests.services.test_purge import publish
from trellis.kernel.clock import FixedClock
from trellis.kernel.errors import BadRequest, Forbidden
from trellis.services import audit
from trellis.services.audit.entries import Entry
from trellis.services.audit.sentences import sentence
from trellis.services.audit.timeline import Search, timeline
from trellis.services.commands import Create, Delete, Update
from trellis.services.context import Context
from trellis.services.records import write

pytestmark = pytest.mark.anyio

ACCOUNT = "sales.account"


def _advance(context: Context, seconds: int = 60) -> None:
    assert isinstance(context.clock, FixedClock)
    context.clock.advance(timedelta(seconds=seconds))


@pytest.fixture
async def ada(system: Context) -> Context:
    """Somebody who made an account, changed it twice and deleted it, signed in and exported."""
    ada = replace(await person(system, "Ada", "core.admin"), address="10.0.0.7")
    _advance(ada)
    await audit.noted(ada, "sign_in.succeeded", entity="core.user", record=ada.actor.id, method="password")
    _advance(ada)
    (made,) = await write(ada, ACCOUNT, [Create({"name": "Acme"})])
    for name in ("Acme Ltd", "Acme Inc"):
        _advance(ada)
        await write(ada, ACCOUNT, [Update(made.id, {"name": name})])
    await audit.noted(ada, "export.made", entity=ACCOUNT, count=1204)
    _advance(ada)
    await write(ada, ACCOUNT, [Delete(made.id)])
    return ada


async def _lines(context: Context, **search: Any) -> list[str]:
    found = await timeline(context, Search(**search))
    return [str(sentence(context, entry)) for entry in found.entries]


async def test_data_changes_and_everything_else_are_one_time_line_in_pages(ada: Context) -> None:
    assert (await _lines(ada))[:6] == [
        "Ada moved Account “Acme Inc” to the bin",
        "Ada exported 1,204 Accounts, from 10.0.0.7",
        "Ada changed Account “Acme Inc”",
        "Ada changed Account “Acme Inc”",
        "Ada created Account “Acme Inc”",
        "Ada signed in, from 10.0.0.7",
    ]

    whole = (await timeline(ada, Search())).entries
    for limit in (1, 2, 3):
        found: list[Entry] = []
        cursor = None
        while True:
            page = await timeline(ada, Search(), cursor=cursor, limit=limit)
            found += page.entries
            cursor = page.next
            if cursor is None:
                break

        assert [(one.source, one.seq) for one in found] == [(one.source, one.seq) for one in whole]

    for cursor in ("x", "", "MTIz", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5LmF1ZGl0LjE"):
        with pytest.raises(BadRequest):
            await timeline(ada, Search(), cursor=cursor)
    with pytest.raises(Forbidden):
        await timeline(await person(ada.as_system(), "Vera", "sales.rep"), Search())


async def test_a_search_is_narrowed_by_its_parts_and_a_text_means_people_records_and_addresses(ada: Context) -> None:
    record = next(one.record for one in (await timeline(ada, Search())).entries if one.kind == "record.deleted")

    assert len(await _lines(ada, record=record)) == 4
    assert len(await _lines(ada, actor=ada.actor.id)) == 6
    assert len(await _lines(ada, entity=ACCOUNT)) == 5
    assert len(await _lines(ada, entity=ACCOUNT, kind="record")) == 4
    assert len(await _lines(ada, kind="record.deleted")) == 1
    assert await _lines(ada, kind="sign_in") == ["Ada signed in, from 10.0.0.7"]
    assert await _lines(ada, kind="export.made", actor=ada.actor.id) == ["Ada exported 1,204 Accounts, from 10.0.0.7"]
    assert await _lines(ada, kind="token") == []
    assert await _lines(ada, since=NOW.date() + timedelta(days=1)) == []
    assert len(await _lines(ada, since=NOW.date(), until=NOW.date())) >= 7
    assert await _lines(ada, until=NOW.date() - timedelta(days=1)) == []

    assert len(await _lines(ada, text="ada")) == 7
    assert await _lines(ada, text="10.0.0.7", kind="sign_in") == ["Ada signed in, from 10.0.0.7"]
    assert await _lines(ada, text="nobody at all") == []
    (made,) = await write(ada, ACCOUNT, [Create({"name": "Zenith"})])
    assert await _lines(ada, text="zenith") == ["Ada created Account “Zenith”"]
    assert await _lines(ada, text=made.id) == ["Ada created Account “Zenith”"]


async def test_an_auditor_sees_that_something_was_changed_and_not_what(ada: Context) -> None:
    role = {"kind": "role", "id": "x.auditor", "label": "Auditor", "system": {"audit": True}}
    ada = await publish(ada, role)
    (account,) = await write(ada, ACCOUNT, [Create({"name": "Borealis", "credit_limit": "900.00"})])
    (lead,) = await write(ada, "sales.lead", [Create({"name": "Quimby", "company": "Hush"})])
    otto = (await person(ada.as_system(), "Otto")).actor
    auditor = ada.with_actor(replace(otto, roles=frozenset({"sales.rep", "x.auditor"})))

    (entry,) = (await timeline(auditor, Search(record=account.id))).entries
    assert entry.title == "Borealis"
    assert "credit_limit" not in entry.changes
    assert entry.changes["name"] == (None, "Borealis")
    assert entry.hidden >= 1

    (entry,) = (await timeline(auditor, Search(record=lead.id))).entries
    assert (entry.title, entry.seen, entry.changes) == ("", False, {})
    assert entry.hidden >= 2
    assert str(sentence(auditor, entry)) == f"Ada created Lead {lead.id[:8]}"
    for text in ("Quimby", "Hush"):
        assert await _lines(auditor, text=text) == []
    assert await _lines(ada, text="Quimby") != []

    release, permissions = (
        (await timeline(ada, Search(kind="release"), limit=1)).entries,
        await _lines(ada, kind="permissions", actor=ada.actor.id),
    )
    assert release[0].detail["number"] == ada.release.number
    assert len(release[0].detail["plan"]) == 64
    assert permissions == [f"Ada changed permissions with release {ada.release.number}: Auditor, from 10.0.0.7"]


async def test_lines_name_whom_they_are_about(ada: Context) -> None:
    (team,) = await write(ada, "core.team", [Create({"name": "North"})])
    (account,) = await write(ada, ACCOUNT, [Create({"name": "Acme"})])
    _advance(ada)
    for grantee in (f"u:{ada.actor.id}", f"b:{team.id}", "r:sales.rep"):
        await audit.noted(ada, "share.granted", entity=ACCOUNT, record=account.id, grantee=grantee)
    await audit.noted(ada, "session.ended", entity="core.user", record=ada.actor.id)
    acting = ada.with_actor(replace(ada.actor, impersonator=ada.actor.id))
    await audit.noted(acting, "impersonation.ended", entity="core.user", record=ada.actor.id)
    await audit.noted(acting, "export.made", entity=ACCOUNT, count=1)

    assert [line.removesuffix(", from 10.0.0.7") for line in (await _lines(ada))[:6]] == [
        "Ada exported 1 Account, done by Ada in their place",
        "Ada stopped acting in the place of Ada",
        "Ada signed out",
        "Ada shared Account “Acme” with Sales representative",
        "Ada shared Account “Acme” with North",
        "Ada shared Account “Acme” with Ada",
    ]

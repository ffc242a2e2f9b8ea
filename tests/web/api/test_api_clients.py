"""Which programs used which fields: noted from real requests, kept in bulk, and told to whoever changes a field."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import httpx
import pytest
import sqlalchemy as sa

from tests.web.conftest import NOW, Server
from trellis.app import running
from trellis.engine.query import Query
from trellis.kernel.clock import FixedClock
from trellis.kernel.settings import Settings
from trellis.services import accounts, queries
from trellis.services.apiclients import noting
from trellis.services.apiclients.keeping import keep, keep_all
from trellis.services.apiclients.noting import notes_of
from trellis.services.identities import known_token
from trellis.services.worker import tidy
from trellis.services.workspaces import Workspaces
from trellis.storage.system import system_statement
from trellis.storage.tokenuses import rename_uses, uses_of

ACCOUNT, DEAL = "sales.account", "sales.opportunity"
URL = f"/api/v1/records/{ACCOUNT}"
Uses = set[tuple[str, str, bool]]


@pytest.fixture
async def program(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """A program that acts for a manager."""
    async with server.client(await server.token("Erp", "sales.manager")) as client:
        yield client


async def kept(server: Server, *entities: str) -> Uses:
    """What is kept of the uses of some entities, after all that waits."""
    await keep_all(server.workspaces)
    async with server.context.database.read(server.context.workspace) as connection:
        found = await uses_of(connection, entities or (ACCOUNT, DEAL))
    return {(one.use.entity, one.use.field, one.use.wrote) for one in found}


def clock(server: Server) -> FixedClock:
    return cast("FixedClock", server.workspaces.clock)


async def ok(call: Any, status: int = 200) -> Any:
    answer = await call
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def test_what_a_list_names_in_fields_filter_and_sort_counts(server: Server, program: httpx.AsyncClient) -> None:
    asked = {"fields": "name,account.industry", "filter": "amount > 5 and blank(account.tier)", "sort": "-close_date"}
    await ok(program.get(f"/api/v1/records/{DEAL}", params=asked))
    assert await kept(server) == {
        *((DEAL, key, False) for key in ("", "name", "account", "amount", "close_date")),
        *((ACCOUNT, key, False) for key in ("", "industry", "tier")),
    }


async def test_naming_no_fields_is_one_use_of_all(server: Server, program: httpx.AsyncClient) -> None:
    made = await ok(program.post(URL, json={"name": "Acme", "billing_city": "Berlin"}), 201)
    assert await kept(server) == {(ACCOUNT, key, True) for key in ("", "name", "billing_city")}

    await ok(program.get(URL))
    await ok(program.get(f"{URL}/{made['id']}"))
    assert await kept(server) - {(ACCOUNT, key, True) for key in ("", "name", "billing_city")} == {
        (ACCOUNT, "", False), (ACCOUNT, "*", False),
    }  # fmt: skip


async def test_every_way_of_writing_counts(server: Server, program: httpx.AsyncClient) -> None:
    made = await ok(program.post(URL, json={"name": "Acme"}), 201)
    await ok(program.patch(f"{URL}/{made['id']}", json={"billing_city": "Berlin"}))
    operations = [
        {"op": "create", "values": {"name": "Beta", "legal_name": "B"}},
        {"op": "create", "values": {"website": "x y"}},
    ]
    await ok(program.post(f"{URL}/batch", json={"operations": operations, "atomic": False}), 207)
    await ok(program.delete(f"{URL}/{made['id']}"), 204)

    assert await kept(server) == {(ACCOUNT, key, True) for key in ("", "name", "billing_city", "legal_name")}


async def test_a_file_counts_as_what_is_in_it(server: Server, program: httpx.AsyncClient) -> None:
    await program.get(f"{URL}/export", params={"fields": "name", "filter": "billing_city == 'Rome'"})
    assert await kept(server) == {(ACCOUNT, key, False) for key in ("", "name", "billing_city")}


async def test_history_and_explanations_count(server: Server, program: httpx.AsyncClient) -> None:
    made = await ok(program.post(URL, json={"name": "Acme"}), 201)
    await ok(program.get(f"{URL}/{made['id']}/explain/name"))
    assert (ACCOUNT, "name", False) in await kept(server)
    await ok(program.get(f"{URL}/{made['id']}/history"))
    assert (ACCOUNT, "*", False) in await kept(server)


async def test_what_is_refused_and_what_people_do_is_not_noted(server: Server, program: httpx.AsyncClient) -> None:
    await ok(program.get(URL, params={"fields": "nothing"}), 422)
    await ok(program.post(URL, json={"billing_city": "Berlin"}), 422)
    person = await server.browser("Paula", "sales.manager")
    await ok(person.get(URL))
    assert await kept(server) == set()


async def test_a_day_is_told_once_and_the_last_day_stays(server: Server, program: httpx.AsyncClient) -> None:
    await ok(program.get(URL, params={"fields": "name", "filter": "billing_city == 'Rome'"}))
    waiting = notes_of(await server.workspaces.named("main")).waiting
    assert len(waiting) == 3
    await kept(server)
    for site in ("Rome", "Oslo"):
        await ok(program.get(URL, params={"fields": "name", "filter": f"billing_city == '{site}'"}))
    assert not notes_of(await server.workspaces.named("main")).waiting

    clock(server).advance(timedelta(days=1))
    await ok(program.get(URL, params={"fields": "name"}))
    await kept(server)
    async with server.context.database.read(server.context.workspace) as connection:
        days = {one.use.field: one.use.on.isoformat() for one in await uses_of(connection, [ACCOUNT])}
    assert days == {"": "2026-11-22", "name": "2026-11-22", "billing_city": "2026-11-21"}


async def test_nothing_is_lost_when_it_cannot_be_kept(
    server: Server, program: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuses(*_: object) -> None:
        raise ConnectionError

    await ok(program.get(URL, params={"fields": "name"}))
    with monkeypatch.context() as patch:
        patch.setattr("trellis.services.apiclients.keeping.keep_uses", refuses)
        await keep_all(server.workspaces)
        await ok(program.get(URL, params={"fields": "billing_city"}))
    assert await kept(server) == {(ACCOUNT, key, False) for key in ("", "name", "billing_city")}


async def test_what_has_no_room_is_noted_later(
    server: Server, program: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noting, "MOST_WAITING", 1)
    monkeypatch.setattr(noting, "MOST_KNOWN", 1)
    await ok(program.get(URL, params={"fields": "name"}))
    await ok(program.get(URL, params={"fields": "phone"}))
    assert await kept(server) == {(ACCOUNT, key, False) for key in ("", "name")}
    for _ in range(3):
        await ok(program.get(URL, params={"fields": "phone"}))
        assert await kept(server) == {(ACCOUNT, key, False) for key in ("", "name", "phone")}


async def test_two_processes_may_tell_the_same_at_once(server: Server) -> None:
    token = await server.token("Erp", "sales.manager")
    second = Workspaces(server.context.database, server.workspaces.clock)
    one, other = await server.workspaces.named("main"), await second.named("main")
    for home in (one, other):
        context = await home.context()
        actor = replace(context, client=(await known_token(context, token)).token)
        await queries.list_json(actor, Query(ACCOUNT, ("name", "billing_city")))
    await asyncio.gather(keep(one), keep(other))
    assert await kept(server) == {(ACCOUNT, key, False) for key in ("", "name", "billing_city")}


async def test_what_waits_at_the_end_of_a_process_is_kept(settings: Settings) -> None:
    async with running(settings, FixedClock(NOW)) as process:
        context = await (await process.workspaces.named("main")).context()
        user = await accounts.create_user(context, email="erp@example.com", name="Erp", roles=["sales.manager"])
        known = await known_token(context, await accounts.create_token(context, user, "ERP sync"))
        await queries.list_json(replace(context, client=known.token), Query(ACCOUNT, ("name",)))
    async with running(settings, FixedClock(NOW)) as process:
        home = await process.workspaces.named("main")
        async with home.database.read(home.workspace) as connection:
            assert [one.use.field for one in await uses_of(connection, [ACCOUNT])] == ["", "name"]


async def test_uses_go_with_their_token_and_after_400_days(server: Server, program: httpx.AsyncClient) -> None:
    await ok(program.get(URL, params={"fields": "name"}))
    assert await kept(server)
    clock(server).advance(timedelta(days=399))
    await tidy(server.context)
    assert await kept(server)
    await ok(program.get(URL, params={"fields": "billing_city"}))
    clock(server).advance(timedelta(days=2))
    await tidy(server.context)
    assert await kept(server) == {(ACCOUNT, key, False) for key in ("", "billing_city")}

    user = await owner_of(server)
    (token,) = await accounts.tokens(server.context, user)
    clock(server).advance(timedelta(days=1))
    await ok(program.get(URL, params={"fields": "name"}))
    await accounts.revoke_token(server.context, user, token.id)
    assert await kept(server) == set()
    async with server.context.database.read(server.context.workspace) as connection:
        assert await connection.fetch(_rows(connection)) == []


async def test_uses_follow_renames_also_when_names_are_swapped(server: Server, program: httpx.AsyncClient) -> None:
    await ok(program.get(URL, params={"fields": "name,phone"}))
    await kept(server)
    clock(server).advance(timedelta(days=1))
    await ok(program.get(URL, params={"fields": "phone"}))
    await ok(program.get(URL))
    await kept(server)

    fields = f"{ACCOUNT}#/fields/"
    renames = {f"{fields}name": f"{fields}phone", f"{fields}phone": f"{fields}name", ACCOUNT: "x.client"}
    async with server.context.database.write(server.context.workspace) as connection:
        await rename_uses(connection, renames)
        found = await uses_of(connection, [ACCOUNT, "x.client"])
    assert {(one.use.entity, one.use.field, one.use.on.day) for one in found} == {
        ("x.client", "", 22), ("x.client", "*", 22), ("x.client", "name", 22), ("x.client", "phone", 21),
    }  # fmt: skip


async def owner_of(server: Server) -> str:
    """The id of the user whose token the program shows."""
    found = await queries.list_records(server.context, Query("core.user", ("name",), filter="name == 'Erp'"))
    return str(found.records()[0]["id"])


_rows = system_statement(lambda tables: sa.select(tables.token_use.c.token))

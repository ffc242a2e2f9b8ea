"""Whatever the organisation, the roles and the records: every way to a record gives the same answer."""

import json
from collections.abc import AsyncIterator, Sequence
from itertools import product
from pathlib import Path
from random import Random
from typing import Any, Protocol, TypeVar

import pytest

from tests.services.conftest import NOW
from tests.support.company.people import User
from tests.support.company.records import ENTITIES, Row
from tests.support.company.setting import Company, Size, settle
from trellis.engine.access.actions import SCOPED
from trellis.engine.query import Count, Query
from trellis.kernel.clock import FixedClock
from trellis.kernel.errors import Forbidden, NotFound
from trellis.kernel.settings import Settings
from trellis.services import queries
from trellis.services.access.explaining import explain
from trellis.services.context import Context
from trellis.services.transfer import exporting
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.database import Database
from trellis.storage.records import RecordStore

pytestmark = pytest.mark.anyio
SIZE = Size(users=120, teams=40, roles=30, holdings=14, records=250, sharings=8, shares=160)
SEED = 20_261_122
Case = TypeVar("Case")


class Some(Protocol[Case]):
    """Some of many cases."""

    def __call__(self, cases: Sequence[Case], number: int) -> Sequence[Case]:
        """About as many as told."""


@pytest.fixture(params=["sample", pytest.param("all", marks=pytest.mark.soak)])
def some(request: pytest.FixtureRequest) -> Some[Any]:
    """As many of the cases as told; in `make soak` twenty times as many, or all."""
    random = Random(SEED)
    times = 20 if request.param == "all" else 1
    return lambda cases, number: random.sample(cases, min(number * times, len(cases)))


@pytest.fixture
async def company(database_url: str, tmp_path: Path) -> AsyncIterator[Company]:
    """A random organisation."""
    url = database_url if database_url.startswith("postgresql:") else ""
    database = await Database.open(Settings(data=str(tmp_path / "files" if url else database_url), database_url=url))
    workspace = await database.create_workspace("main")
    yield await settle(OpenWorkspace(database, workspace, FixedClock(NOW)), SEED, SIZE)
    await database.close()


async def test_lists_counts_searches_and_locks_agree_with_the_documents(company: Company) -> None:
    triples = 0
    for user in company.people.users:
        context = await company.of(user)
        for entity in ENTITIES:
            rows = [row for row in company.rows if row.entity == entity]
            allowed = {action: _allowed(company, user, action, rows) for action in SCOPED}
            for action in SCOPED:
                assert await _listed(context, entity, action) == allowed[action], (user, entity, action)
                triples += len(rows)
            assert await _counted(context, entity) == len(allowed["read"])
            assert await _found(context, entity) == allowed["read"]
            assert await _answered(context, entity) == allowed["read"]
            await _locked(company, context, rows, allowed)

    assert triples >= 200_000


def _allowed(company: Company, user: User, action: str, rows: list[Row]) -> set[str]:
    return {company.ids[row] for row in rows if company.oracle.may(user, action, row)}


async def _listed(context: Context, entity: str, action: str) -> set[str]:
    try:
        page = await queries.list_records(context, Query(entity, limit=2_000, actions=(action,)))
    except Forbidden:
        return set()
    return {str(row[0]) for row in page.rows}


async def _answered(context: Context, entity: str) -> set[str]:
    """The list as the API writes it."""
    try:
        page = await queries.list_json(context, Query(entity, limit=2_000))
    except Forbidden:
        return set()
    return {record["id"] for record in json.loads(page)["items"]}


async def _counted(context: Context, entity: str) -> int | None:
    try:
        return await queries.count(context, Query(entity, count=Count.EXACT))
    except Forbidden:
        return 0


async def _found(context: Context, entity: str) -> set[str]:
    try:
        page = await queries.list_records(context, Query(entity, search="needle", limit=2_000))
    except Forbidden:
        return set()
    return {str(row[0]) for row in page.rows}


async def _locked(company: Company, context: Context, rows: list[Row], allowed: dict[str, set[str]]) -> None:
    """What a writer finds of the same records."""
    entity = context.snapshot.entity(rows[0].entity)
    store = RecordStore(context.release.statements, context.access, entity)
    async with context.database.write(context.workspace) as connection:
        found = await store.lock(connection, [company.ids[row] for row in rows], context.sql_parameters())
    for key, current in found.items():
        for action in ("read", "edit", "delete"):
            assert (action in current.rights) == (key in allowed[action]), (context.actor, key, action)


async def test_single_records_are_as_open_as_lists_say(company: Company, some: Some[tuple[User, Row]]) -> None:
    contexts = await company.all()
    for user, row in some(list(product(company.people.users, company.rows)), 8_000):
        may = {action: company.oracle.may(user, action, row) for action in SCOPED}
        try:
            record = await queries.get_record(contexts[user], row.entity, company.ids[row])
        except (NotFound, Forbidden):
            assert not may["read"], (user, row)
            continue
        assert may["read"], (user, row)
        found = {
            "edit": record.can_edit,
            "delete": record.can_delete,
            "assign": record.can_assign,
            "share": record.can_share,
        }
        assert found == {action: may[action] for action in found}, (user, row)


async def test_explanations_say_what_lists_say(company: Company, some: Some[tuple[User, Row, str]]) -> None:
    contexts, system = await company.all(), await company.home.context()
    for user, row, action in some(list(product(company.people.users, company.rows, SCOPED)), 400):
        proof = await explain(system, contexts[user].actor.id, row.entity, company.ids[row], action)
        readable = company.oracle.may(user, "read", row)
        assert proof.allowed == (readable and company.oracle.may(user, action, row)), (user, row, action)


async def test_exports_hold_what_may_be_read_and_exported(company: Company, some: Some[User]) -> None:
    contexts = await company.all()
    for user in some(company.people.users, 120):
        for entity in ENTITIES:
            rows = [row for row in company.rows if row.entity == entity]
            allowed = _allowed(company, user, "read", rows) & _allowed(company, user, "export", rows)
            assert await _exported(contexts[user], entity) == allowed, (user, entity)


async def _exported(context: Context, entity: str) -> set[str]:
    try:
        export = exporting.plan(context, Query(entity, ("id",)), raw=True)
        return {str(line[0]) async for page in exporting.pages(context, export) for line in page}
    except Forbidden:
        return set()

"""From an uploaded file over a draft and a release to records."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.services.conftest import person
from tests.services.test_import import values
from trellis.kernel.errors import Forbidden, Invalid
from trellis.services import accounts
from trellis.services.commands import Create
from trellis.services.context import Context
from trellis.services.proposing.edits import ColumnEdit
from trellis.services.publishing import install_packs
from trellis.services.records import write
from trellis.services.studio import drafts, sheetdraft, spreadsheet
from trellis.services.transfer.acting import as_user
from trellis.services.transfer.uploads import import_job
from trellis.services.worker import Worker
from trellis.services.workspaces import OpenWorkspace, Workspaces

VISITS = """Visit No,Account,Visited On,Result,Cost
0001,Hooli,31/01/2026,Won,12.50
0002,Acme,01/02/2026,Lost,-
0003,Hooli,02/02/2026,Won,7
0004,Initech,03/02/2026,Won,8
"""


async def pieces(text: str) -> AsyncIterator[bytes]:
    yield text.encode()


async def designer(system: Context) -> Context:
    await accounts.create_user(system, email="dora@example.com", name="Dora", roles=["core.admin"])
    return await as_user(system, "dora@example.com")


async def uploaded(context: Context, text: str = VISITS, name: str = "visits.csv") -> spreadsheet.Start:
    return await spreadsheet.look(context, await spreadsheet.upload(context, name, pieces(text)))


async def published(home: OpenWorkspace, context: Context) -> Context:
    draft = await drafts.load(context)
    await install_packs(home.database, home.workspace, draft.sources, home.clock, actor=context.actor, note="visits")
    await home.refresh()
    return (await home.context()).with_actor(context.actor)


async def test_a_file_becomes_a_draft_a_release_and_records(home: OpenWorkspace, system: Context) -> None:
    context = await designer(system)
    start = await uploaded(context)

    run = await sheetdraft.open_as_draft(context, start, str)
    draft = await drafts.load(context)
    assert {change.document for change in draft.changes} == {
        "x.visit", "x.visit_form", "x.visit_all", "x.main_nav",
    }  # fmt: skip
    assert draft.findings("x.visit") == ()
    assert [found.id for found in await spreadsheet.waiting_for(context, "x.visit")] == [run.id]
    context = await published(home, context)
    await sheetdraft.begin(context, await spreadsheet.find(context, run.id))
    worker = Worker(Workspaces(home.database, home.clock), {"import": import_job(lambda _: str)}, "worker")
    assert await worker.run_due() == 1

    done = await spreadsheet.find(context, run.id)
    assert (done.error, done.state, done.created, done.rejected) == (None, "done", 4, 0)
    days = sorted(await values(context, "x.visit", "visited_on"))
    assert [str(day) for (day,) in days] == ["2026-01-31", "2026-02-01", "2026-02-02", "2026-02-03"]
    assert await spreadsheet.waiting_for(context, "x.visit") == []


ORDERS = "Order No,Customer ID,Customer Name,Segment,Amount\n" + "".join(
    f"{n:05},C-{n % 20:03},Customer {n % 20},{('Home', 'Shop')[n % 2]},{n}.50\n" for n in range(200)
)


async def test_what_repeats_becomes_an_entity_of_its_own(home: OpenWorkspace, system: Context) -> None:
    context = await designer(system)
    start = await uploaded(context, ORDERS, "orders.csv")
    assert [(split.by, split.columns) for split in start.proposal.splits] == [
        ("Customer ID", ("Customer Name", "Segment")),
    ]  # fmt: skip
    plain = await sheetdraft.open_as_draft(context, start, str)
    start = await spreadsheet.look(context, plain)
    start = await spreadsheet.change(context, start, replace(start.edits, splits=("Customer ID",), name="sale"))

    run = await sheetdraft.open_as_draft(context, start, str)

    draft = await drafts.load(context)
    assert {change.document for change in draft.changes} == {
        "x.sale", "x.sale_form", "x.sale_all", "x.customer", "x.customer_form", "x.customer_all", "x.main_nav",
    }  # fmt: skip
    assert [found for found in draft.findings() if found.severity == "error"] == []
    assert set(draft.raw("x.main_nav")["items"]) == {"sale", "customer"}
    context = await published(home, context)
    await sheetdraft.begin(context, await spreadsheet.find(context, run.id))
    worker = Worker(Workspaces(home.database, home.clock), {"import": import_job(lambda _: str)}, "worker")
    assert await worker.run_due() == 2
    done = await spreadsheet.find(context, run.id)
    assert (done.error, done.created, done.rejected) == (None, 200, 0)
    assert len(await values(context, "x.customer", "customer_name")) == 20
    assert (await values(context, "x.sale", "order_no", "customer.customer_name"))[21] == ("00021", "Customer 1")


async def test_values_that_name_records_become_lookups(home: OpenWorkspace, system: Context) -> None:
    context = await designer(system)
    names = ("Hooli", "Acme", "Initech")
    await write(context.as_system(), "sales.account", [Create({"name": name}) for name in names])

    start = await uploaded(context)

    account = start.proposal.column("Account")
    assert account is not None
    assert account.lookup is not None
    assert (account.type, account.lookup.entity, account.lookup.by) == ("lookup", "sales.account", "name")
    assert (account.lookup.found, account.lookup.asked) == (3, 3)
    assert [verdict.type for verdict in account.alternatives][:1] == ["text"]


async def test_what_somebody_changed_is_kept_and_checked(system: Context) -> None:
    context = await designer(system)
    start = await uploaded(context)
    columns = {**start.edits.columns, "Cost": ColumnEdit(True, "Costs", "visited_on", "decimal")}

    wrong = await spreadsheet.change(context, start, replace(start.edits, name="Visit!", columns=columns))

    with pytest.raises(Invalid) as caught:
        await sheetdraft.open_as_draft(context, wrong, str)
    assert {error.path for error in caught.value.errors} == {"name", "columns/Cost/key"}
    again = await spreadsheet.look(context, await spreadsheet.find(context, start.run.id))
    assert again.wanted.column("Cost").type == "decimal"  # type: ignore[union-attr]
    assert (await drafts.load(context)).changes == ()


async def test_only_who_may_design_and_import_may_start(system: Context) -> None:
    manager = await person(system, "Max", "sales.manager")

    with pytest.raises(Forbidden):
        await spreadsheet.upload(manager, "visits.csv", pieces(VISITS))

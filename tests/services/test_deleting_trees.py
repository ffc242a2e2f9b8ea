"""Records that lean on each other or are parts of each other go into the bin together, and come out together."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.services.conftest import NOW
from tests.support.publishing import entity
from trellis.engine.query import Query
from trellis.kernel.actor import SYSTEM
from trellis.kernel.clock import FixedClock
from trellis.kernel.errors import InUse
from trellis.kernel.settings import Settings
from trellis.services import bin, queries
from trellis.services.commands import Create, Delete, Restore, Update
from trellis.services.context import Context
from trellis.services.publishing import install_packs
from trellis.services.records import write
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.database import Database

NODE = "wood.node"


@pytest.fixture
async def context(database_url: str, tmp_path: Path) -> AsyncIterator[Context]:
    """Nodes that lean on others, and are parts of others."""
    url = database_url if database_url.startswith("postgresql:") else ""
    database = await Database.open(Settings(data=str(tmp_path / "files") if url else database_url, database_url=url))
    workspace = await database.create_workspace("main")
    links = {
        "leans_on": {"type": "lookup", "target": NODE, "onDelete": "restrict"},
        "part_of": {"type": "lookup", "target": NODE, "onDelete": "cascade"},
    }
    pack = {"kind": "pack", "format": 1, "id": "wood", "label": "Wood", "version": "1.0.0"}
    documents = [pack, entity(NODE, labelPlural="Nodes", traits={"softDelete": True}, fields=links)]
    await install_packs(database, workspace, documents, FixedClock(NOW), actor=SYSTEM, note="test")
    yield await OpenWorkspace(database, workspace, FixedClock(NOW)).context()
    await database.close()


async def node(context: Context, name: str, **links: str) -> str:
    (made,) = await write(context, NODE, [Create({"name": name, **links})])
    return made.id


async def names(context: Context) -> str:
    """What is there."""
    found = await queries.list_records(context, Query(NODE, ("name",)))
    return "".join(sorted(str(record["name"]) for record in found.records()))


async def test_what_leans_on_each_other_goes_together_or_stays(context: Context) -> None:
    a = await node(context, "A")
    b = await node(context, "B", leans_on=a)
    c = await node(context, "C", leans_on=b)
    itself = await node(context, "I")
    await write(context, NODE, [Update(itself, {"leans_on": itself})])

    with pytest.raises(InUse):
        await write(context, NODE, [Delete(a)])
    outcomes = await write(context, NODE, [Delete(a), Delete(b)], atomic=False)
    assert [type(one.error) for one in outcomes] == [InUse, InUse]  # C leans on B, so B stays, so A stays
    assert await names(context) == "ABCI"

    await write(context, NODE, [Delete(one) for one in (a, b, c, itself)])
    assert await names(context) == ""


async def test_parts_of_parts_go_along_and_come_back_also_when_they_are_chosen_themselves(context: Context) -> None:
    a = await node(context, "A")
    b = await node(context, "B", part_of=a)
    c = await node(context, "C", part_of=b)
    other = await node(context, "O")

    await write(context, NODE, [Delete(a), Delete(c)])
    assert await names(context) == "O"
    assert (await queries.get_record(context, NODE, c, (), deleted=True)).version == 2
    await write(context, NODE, [Restore(a)])
    assert await names(context) == "ABCO"

    await write(context, NODE, [Update(other, {"leans_on": c})])
    with pytest.raises(InUse):  # a part of a part is needed
        await write(context, NODE, [Delete(a)])
    on_other = await node(context, "N", leans_on=other)
    outcomes = await write(context, NODE, [Delete(a), Delete(other)], atomic=False)
    assert [type(one.error) for one in outcomes] == [InUse, InUse]  # N holds O, which holds C, which holds B and A
    assert await names(context) == "ABCNO"

    await write(context, NODE, [Delete(one) for one in (a, other, on_other)])
    assert await names(context) == ""


async def test_parts_in_a_circle_end(context: Context) -> None:
    a = await node(context, "A")
    b = await node(context, "B", part_of=a)
    await write(context, NODE, [Update(a, {"part_of": b})])

    await write(context, NODE, [Delete(a)])
    assert await names(context) == ""


async def test_no_part_is_forgotten_where_there_are_many(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bin, "MOST_PAIRS", 3)
    wholes = [await node(context, str(number)) for number in range(3)]
    await write(context, NODE, [Create({"name": "P", "part_of": whole}) for whole in wholes])

    await write(context, NODE, [Delete(whole) for whole in wholes])
    assert await names(context) == ""

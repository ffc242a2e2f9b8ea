"""Every field of every entity of the packs can be explained to whoever may read it, and to nobody else."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.services.conftest import NOW, person
from trellis.kernel.actor import SYSTEM
from trellis.kernel.clock import FixedClock
from trellis.kernel.errors import Forbidden, NotFound
from trellis.kernel.settings import Settings
from trellis.metadata.documents import Level
from trellis.metadata.load import load_folder
from trellis.places import packs_folder
from trellis.services.commands import Create
from trellis.services.context import Context
from trellis.services.explaining import explain
from trellis.services.explanations import Explanation
from trellis.services.publishing import install_packs
from trellis.services.queries import get_record
from trellis.services.records import write
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.database import Database

COST = "4321.07"
ROLES = {"admin": ("core.admin",), "rep": ("core.employee", "sales.rep"), "support": ("sales.support",)}


class Scene(NamedTuple):
    """A workspace with a record of each entity that people make; a rep owns them."""

    system: Context
    rep: Context
    records: dict[str, str]

    async def reader(self, role: str) -> Context:
        """Somebody with a role; the rep is the owner."""
        return self.rep if role == "rep" else await person(self.system, role.title(), *ROLES[role])


@pytest.fixture
async def scene(database_url: str, tmp_path: Path) -> AsyncIterator[Scene]:
    """The shipped packs with records."""
    url = database_url if database_url.startswith("postgresql:") else ""
    folder = tmp_path / "files" if url else Path(database_url)
    database = await Database.open(Settings(data=str(folder), database_url=url))
    workspace = await database.create_workspace("main")
    clock = FixedClock(NOW)
    await install_packs(database, workspace, load_folder(packs_folder()).documents, clock, actor=SYSTEM, note="test")
    system = await OpenWorkspace(database, workspace, clock).context()
    rep = await person(system, "Rita", *ROLES["rep"])
    yield Scene(system, rep, await _records(system, rep.actor.id))
    await database.close()


async def _records(system: Context, owner: str) -> dict[str, str]:
    made = {"core.user": owner}

    async def make(entity: str, **values: Any) -> str:
        (outcome,) = await write(system, entity, [Create(values)])
        made[entity] = outcome.id
        return outcome.id

    account = await make("sales.account", name="Northwind", owner=owner, credit_limit="9999.77")
    deal = await make(
        "sales.opportunity", name="Big", owner=owner, account=account, amount="5", close_date="2026-11-30"
    )
    product = await make("sales.product", name="Pen", list_price="5000", cost=COST, active=True)
    await make("sales.opportunity_line", opportunity=deal, product=product, quantity="2")
    await make("sales.contact", name="Ng", owner=owner, account=account)
    await make("sales.lead", name="Ng", owner=owner)
    await make("core.task", subject="Call", owner=owner, due="2026-11-01")
    await make("core.note", subject="Call", owner=owner)
    await make("core.team", name="East")
    return made


@pytest.mark.parametrize("role", sorted(ROLES))
async def test_who_may_read_a_value_may_ask_how_it_came_about(scene: Scene, role: str) -> None:
    reader = await scene.reader(role)
    for entity, record in scene.records.items():
        for key in reader.snapshot.entity(entity).all_fields:
            if await _may_read(reader, entity, record, key):
                found = await explain(reader, entity, record, key)
                assert found.shown.value == await _value(reader, entity, record, key), (entity, key)
                assert not found.differs, (entity, key)
                assert _is_coherent(found), (entity, key)
            else:
                with pytest.raises((NotFound, Forbidden)):
                    await explain(reader, entity, record, key)


async def _may_read(reader: Context, entity: str, record: str, key: str) -> bool:
    try:
        found = await get_record(reader, entity, record, ())
    except (NotFound, Forbidden):
        return False
    return found.levels.get(key, reader.access.level(entity, key)) >= Level.READ


async def _value(reader: Context, entity: str, record: str, key: str) -> object:
    return (await get_record(reader, entity, record, (key,), labels=False)).values[key]


def _is_coherent(found: Explanation) -> bool:
    """Nothing is told of what is hidden, and where nothing is the way from the inputs to the value is shown."""
    secret = [one for one in found.inputs if one.shown.hidden]
    told = [one for one in secret if one.shown.value is not None or one.writer is not None]
    return not told and (bool(secret) or bool(found.steps) == bool(found.inputs))


async def test_a_rep_is_not_told_what_things_cost(scene: Scene) -> None:
    for entity, key in (
        ("sales.opportunity_line", "margin"),
        ("sales.opportunity", "margin"),
        ("sales.product", "markup"),
    ):
        with pytest.raises(NotFound):
            await explain(scene.rep, entity, scene.records[entity], key)

"""A workspace with one entity that has a field of every type, and a record for every example."""

import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import msgspec

from tests.support.fieldtypes import CASES, FILES, THINGS, USERS, Case, Stars
from tests.support.publishing import Publisher, entity
from trellis.engine.expr.evaluator import evaluator
from trellis.engine.query import Query
from trellis.engine.validation import Validator
from trellis.kernel.actor import Actor
from trellis.kernel.clock import FixedClock
from trellis.kernel.settings import Settings
from trellis.metadata.fieldtypes import FieldType, fieldtypes
from trellis.metadata.load import load_folder
from trellis.metadata.snapshot import Snapshot
from trellis.places import packs_folder
from trellis.services import queries
from trellis.services.commands import Create
from trellis.services.context import Context
from trellis.services.records import write
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.database import Database

CLOCK = FixedClock(datetime(2026, 11, 21, 9, 30, tzinfo=UTC))
SAMPLE = "lab.sample"
SCRATCH = "lab.scratch"
COPY = "lab.copy"
"""Entities with the same fields and no records, for tests that write."""

SINGLE = "lab.single"
"""An entity whose values are unique wherever they can be."""

PRESET = "lab.preset"
"""An entity with a default wherever there can be one."""

Raw = dict[str, Any]

_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


@contextlib.contextmanager
def plugin_types() -> Iterator[None]:
    """The field types of a plugin, known for a while."""
    if Stars in fieldtypes:
        yield
        return
    fieldtypes.register(Stars)
    try:
        yield
    finally:
        fieldtypes.remove("stars")


def documents() -> list[Raw]:
    """The core pack, a thing to point to, and two entities with a field of every type."""
    core = [dict(raw) for raw in load_folder(packs_folder()).documents if raw["id"].split(".")[0] == "core"]
    fields = {key: case.definition for key, case in CASES.items()}
    pack = {"kind": "pack", "format": 1, "id": "lab", "label": "Lab", "version": "1.0.0", "requires": {"core": ">=0.1"}}
    items = {key: {"order": place} for place, key in enumerate(CASES)}
    return [
        *core,
        pack,
        entity("lab.thing", label="Thing"),
        entity(SAMPLE, label="Sample", fields=fields),
        entity(SCRATCH, label="Scratch", fields=fields),
        entity(COPY, label="Copy", fields=fields),
        entity(SINGLE, label="Single", fields={key: CASES[key].definition | {"unique": True} for key in unique_keys()}),
        entity(PRESET, label="Preset", fields={key: case.definition | _default(case) for key, case in CASES.items()}),
        {
            "kind": "form", "id": "lab.sheet", "label": "Sheet", "entity": SAMPLE, "use": ["create", "edit", "detail"],
            "sections": {"all": {"order": 10, "label": "All", "items": items}},
        },
        {
            "kind": "role", "id": "lab.blind", "label": "Blind", "entities": {
                SAMPLE: {"read": {"scopes": ["all"]}, "fields": {"*": "masked", "name": "read"}},
            },
        },
        {
            "kind": "role", "id": "lab.clerk", "label": "Clerk", "entities": {
                "*": {"create": True, "read": {"scopes": ["all"]}, "edit": {"scopes": ["all"]}, "fields": {"*": "edit"}},
            },
        },
    ]  # fmt: skip


def unique_keys() -> tuple[str, ...]:
    """The fields that can be unique; web addresses are too long for an index of PostgreSQL."""
    with plugin_types():
        types = {key: fieldtypes.get(case.type) for key, case in CASES.items() if case.type != "url"}
    return tuple(key for key, cls in types.items() if cls and cls.sortable and not cls.multiple)


def _default(case: Case) -> Raw:
    cls = fieldtypes.get(case.type)
    return {"default": _in_document(case.kept[0])} if cls and cls.writable else {}


def _in_document(value: Any) -> Any:
    """A value as documents write it: exact numbers and times as text."""
    match value:
        case Decimal():
            return str(value)
        case date():
            return value.isoformat()
        case tuple():
            return list(value)
    return value


@cache
def snapshot() -> Snapshot:
    """The documents as a release that is nowhere stored."""
    with plugin_types():
        return Snapshot.of(1, documents())


def spec(key: str) -> FieldType:
    """The field of a case."""
    return snapshot().entity(SAMPLE).fields[key]


@cache
def checker(key: str) -> Validator:
    """Checks values for the field of a case."""
    return Validator(snapshot().entity(SAMPLE), {key: spec(key)})


def as_json(value: Any) -> Any:
    """The value after a way through JSON, fractions exact."""
    return _decode(_encode(value))


@dataclass
class Laboratory:
    """The published workspace; `expected` are the values of all samples by id."""

    context: Context
    expected: dict[str, dict[str, Any]]
    stored: dict[str, dict[str, Any]]

    @cached_property
    def blind(self) -> Context:
        """Somebody who may know that there are values, but not which."""
        return self.context.with_actor(Actor(USERS[0], "Blind", roles=frozenset({"lab.blind"})))

    def column(self, key: str) -> dict[str, Any]:
        """The values of one field of all samples by id."""
        return {record: values[key] for record, values in self.expected.items()}

    async def found(self, filter: str) -> set[str]:
        """The samples that the database finds."""
        page = await queries.list_records(self.context, Query(SAMPLE, (), filter=filter, limit=2_000))
        return {str(row[0]) for row in page.rows}

    def evaluated(self, filter: str) -> set[str]:
        """The samples that the Python reader of expressions finds."""
        test = evaluator(self.context.language.filter(SAMPLE, filter))
        return {record for record, values in self.expected.items() if test(values) is True}

    async def values(self, entity_id: str, key: str, ids: Sequence[str]) -> dict[str, Any]:
        """What is stored in one field of some records."""
        found: dict[str, Any] = {}
        for start in range(0, len(ids), 500):
            query = Query(entity_id, (key,), ids=tuple(ids[start : start + 500]), limit=1_000)
            found |= {str(row[0]): row[2] for row in (await queries.list_records(self.context, query)).rows}
        return found


@contextlib.asynccontextmanager
async def laboratory(url: str, folder: Path) -> AsyncIterator[Laboratory]:
    """The workspace in a fresh database: a folder for SQLite, or a postgresql:// address."""
    postgresql = url if url.startswith("postgresql:") else ""
    database = await Database.open(Settings(data=str(folder), database_url=postgresql))
    try:
        workspace = await database.create_workspace("main")
        with plugin_types():
            await Publisher(database, workspace).publish(*documents())
            context = await OpenWorkspace(database, workspace, CLOCK).context()
        yield await _filled(context)
    finally:
        await database.close()


async def _filled(context: Context) -> Laboratory:
    for entity_id, ids in {"lab.thing": THINGS, "core.user": USERS, "core.file": FILES}.items():
        await write(context, entity_id, [Create({"name": f"{name} of {entity_id}"}, key) for name, key in _names(ids)])
    examples = [(key, given, kept) for key, case in CASES.items() for given, kept in case.good]
    commands = [Create({"name": f"{key} {place}", key: given}) for place, (key, given, _) in enumerate(examples)]
    outcomes = await write(context, SAMPLE, commands)
    page = await queries.list_records(context, Query(SAMPLE, ("name", *CASES), limit=2_000))
    stored = {str(record["id"]): record for record in page.records()}
    numbers = {record: values["number"] for record, values in stored.items()}
    expected = {
        outcome.id: _blank() | {"number": numbers[outcome.id], key: kept, "name": f"{key} {place}", "id": outcome.id}
        for place, (outcome, (key, _, kept)) in enumerate(zip(outcomes, examples, strict=True))
    }
    return Laboratory(context, expected, stored)


def _names(ids: Sequence[str]) -> list[tuple[str, str]]:
    """Names whose order is not that of the ids."""
    return list(zip(("Middle", "Zebra", "Apple"), ids, strict=True))


def _blank() -> dict[str, Any]:
    return {key: () if spec(key).multiple else None for key in CASES}

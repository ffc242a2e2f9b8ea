"""The documents that people are changing: what is to become of each, and the steps that led there."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # SQLite's compiler reads its ON CONFLICT too

from trellis.kernel.errors import StaleRelease
from trellis.storage.connection import Connection
from trellis.storage.counters import next_numbers
from trellis.storage.moments import from_number, to_number
from trellis.storage.preferences import save_setting, setting
from trellis.storage.system import SystemTables, system_statement

Raw = Mapping[str, Any]

KEPT_STEPS = 200
"""So many steps of each document can be taken back."""

DECISIONS = "draft.intent"
"""The setting that keeps what was decided about all of them."""

_SCOPE = "studio.draft"
_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode


@dataclass(frozen=True, slots=True)
class Held:
    """What is to become of one document: `body` is the customer's source for it, None when there is to be none.

    `base_hash` stands for the source in force when the change began, `version` grows with every save of any document.
    `revision` is the step that holds now; 0 is the state in force. Steps from `first` to `last` are kept.
    """

    document: str
    body: Raw | None
    base_hash: str
    version: int
    revision: int
    created_by: str
    updated_by: str
    updated_at: datetime
    first: int = 0
    last: int = 0

    @property
    def can_undo(self) -> bool:
        """Whether the step before this one is known."""
        return self.revision == 1 or self.first < self.revision

    @property
    def can_redo(self) -> bool:
        """Whether steps were taken back."""
        return self.revision < self.last


def body_hash(body: Raw | None) -> str:
    """What stands for exactly this source, the order of its members included; empty for none."""
    return "" if body is None else hashlib.sha256(_encode(body)).hexdigest()


async def stamp(connection: Connection) -> int:
    """A number that grows with every change of any draft; 0 before the first."""
    rows = await connection.fetch(_stamp(connection), {"scope": _SCOPE})
    return int(rows[0][0]) if rows else 0


async def advance(connection: Connection) -> int:
    """The next stamp; whoever has it is alone in changing drafts until the end of the transaction."""
    return await next_numbers(connection, _SCOPE, "", 1)


async def held(connection: Connection) -> tuple[Held, ...]:
    """All documents that people are changing, by id."""
    return tuple(_held(row) for row in await connection.fetch(_all(connection)))


async def held_one(connection: Connection, document: str) -> Held | None:
    """What is to become of one document, if somebody changes it."""
    rows = await connection.fetch(_one(connection), {"document": document})
    return _held(rows[0]) if rows else None


async def keep(connection: Connection, changed: Held) -> None:
    """Put a state in the place of the one before."""
    await connection.execute(_keep(connection), _row(changed))


async def add_step(connection: Connection, changed: Held) -> None:
    """Keep a state as its document's newest step: later ones end, and so does the oldest when there are too many."""
    bounds = {"document": changed.document, "low": changed.revision - KEPT_STEPS, "high": changed.revision}
    await connection.execute(_cut(connection), bounds)
    step = {"document": changed.document, "number": changed.revision, "body": _text(changed.body)}
    about = {"at": to_number(changed.updated_at), "by": changed.updated_by}
    await connection.execute(_add_step(connection), step | about)


async def step(connection: Connection, document: str, number: int) -> Raw | None:
    """The body of a step."""
    rows = await connection.fetch(_step(connection), {"document": document, "number": number})
    return _body(rows[0][0]) if rows else None


async def together(connection: Connection, document: str, number: int) -> tuple[tuple[str, int], ...]:
    """The steps, as document and number, that were taken by the same save as a step, which is one of them."""
    rows = await connection.fetch(_together(connection), {"document": document, "number": number})
    return tuple((found, place) for found, place in rows)


async def decisions(connection: Connection) -> str | None:
    """What was decided about all documents, as text."""
    return await setting(connection, DECISIONS)


async def keep_decisions(connection: Connection, text: str) -> None:
    """Put other decisions in the place of those before."""
    await save_setting(connection, DECISIONS, text)


async def forget(connection: Connection, document: str) -> None:
    """End the change of one document, with all its steps."""
    await connection.execute(_forget(connection), {"document": document})
    await connection.execute(_forget_steps(connection), {"document": document})


async def forget_all(connection: Connection) -> None:
    """End all changes, and what was decided about them; whoever looked before looks again."""
    await connection.execute(_forget_all(connection))
    await connection.execute(_forget_all_steps(connection))
    await save_setting(connection, DECISIONS, "{}")
    await advance(connection)


async def end(connection: Connection, seen: int) -> None:
    """The same for a draft of a stamp, by whoever publishes it; raises StaleRelease when somebody has saved since."""
    if await stamp(connection) != seen:
        raise StaleRelease()
    await forget_all(connection)


def _held(row: tuple[Any, ...]) -> Held:
    document, body, base_hash, version, revision, created_by, updated_by, updated_at, first, last = row
    moment = from_number(updated_at)
    return Held(
        document, _body(body), base_hash, version, revision, created_by, updated_by, moment, first or 0, last or 0
    )


def _row(changed: Held) -> dict[str, object]:
    return {
        "document": changed.document,
        "body": _text(changed.body),
        "base_hash": changed.base_hash,
        "version": changed.version,
        "revision": changed.revision,
        "created_by": changed.created_by,
        "updated_by": changed.updated_by,
        "updated_at": to_number(changed.updated_at),
    }


def _body(text: str | None) -> Raw | None:
    return None if text is None else _decode(text)


def _text(body: Raw | None) -> str | None:
    return None if body is None else _encode(body).decode()


def _bound(table: sa.Table) -> dict[str, sa.BindParameter[object]]:
    return {column.name: sa.bindparam(column.name, type_=column.type) for column in table.columns}


def _of(table: sa.Table) -> sa.ColumnElement[bool]:
    return table.c.document == sa.bindparam("document", type_=sa.TEXT)


@system_statement
def _stamp(tables: SystemTables) -> sa.Executable:
    counter = tables.counter
    return sa.select(counter.c.value).where(counter.c.scope == sa.bindparam("scope", type_=sa.TEXT))


def _select(tables: SystemTables) -> sa.Select[Any]:
    document, revision = tables.draft_document, tables.draft_revision
    steps = revision.c.document == document.c.document
    bounds = [
        sa.select(of(revision.c.number)).where(steps).correlate(document).scalar_subquery()
        for of in (sa.func.min, sa.func.max)
    ]
    return sa.select(*document.columns, *bounds)


@system_statement
def _all(tables: SystemTables) -> sa.Executable:
    return _select(tables).order_by(tables.draft_document.c.document)


@system_statement
def _one(tables: SystemTables) -> sa.Executable:
    return _select(tables).where(_of(tables.draft_document))


@system_statement
def _keep(tables: SystemTables) -> sa.Executable:
    table = tables.draft_document
    values = _bound(table)
    changed = {name: value for name, value in values.items() if name not in ("document", "created_by")}
    return insert(table).values(values).on_conflict_do_update(index_elements=[table.c.document], set_=changed)


@system_statement
def _cut(tables: SystemTables) -> sa.Executable:
    table = tables.draft_revision
    low, high = (sa.bindparam(name, type_=sa.BIGINT) for name in ("low", "high"))
    return sa.delete(table).where(_of(table), sa.or_(table.c.number >= high, table.c.number <= low))


@system_statement
def _add_step(tables: SystemTables) -> sa.Executable:
    return sa.insert(tables.draft_revision).values(_bound(tables.draft_revision))


@system_statement
def _step(tables: SystemTables) -> sa.Executable:
    table = tables.draft_revision
    return sa.select(table.c.body).where(_of(table), table.c.number == sa.bindparam("number", type_=sa.BIGINT))


@system_statement
def _together(tables: SystemTables) -> sa.Executable:
    table = tables.draft_revision
    this = sa.select(table.c.at).where(_of(table), table.c.number == sa.bindparam("number", type_=sa.BIGINT))
    return sa.select(table.c.document, table.c.number).where(table.c.at == this.scalar_subquery())


@system_statement
def _forget(tables: SystemTables) -> sa.Executable:
    return sa.delete(tables.draft_document).where(_of(tables.draft_document))


@system_statement
def _forget_steps(tables: SystemTables) -> sa.Executable:
    return sa.delete(tables.draft_revision).where(_of(tables.draft_revision))


@system_statement
def _forget_all(tables: SystemTables) -> sa.Executable:
    return sa.delete(tables.draft_document)


@system_statement
def _forget_all_steps(tables: SystemTables) -> sa.Executable:
    return sa.delete(tables.draft_revision)

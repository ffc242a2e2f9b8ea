"""Imports and how far they came; a run moves on in the transaction that writes its records."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime

import sqlalchemy as sa

from trellis.storage.connection import Connection
from trellis.storage.system import SystemTables, system_statement

RUNNING, DONE, FAILED, DRAFT, WAITING = "running", "done", "failed", "draft", "waiting"


@dataclass(frozen=True, slots=True)
class ImportRun:
    """One import: `position` counts the rows of the file that are decided, which is the sum of the first four counts."""

    id: str
    entity: str
    file_name: str
    file_hash: str
    mapping: str
    actor: str
    created_at: int
    options: str = "{}"
    state: str = RUNNING
    total: int | None = None
    position: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    warned: int = 0
    """How many of the rows that were stored had a warning."""
    error: str | None = None
    reject_file: str | None = None
    finished_at: int | None = None

    @property
    def began(self) -> datetime:
        """When it was asked for."""
        return datetime.fromtimestamp(self.created_at / 1000, UTC)

    @property
    def share(self) -> float:
        """How much is done, from 0 to 1."""
        return self.position / self.total if self.total else float(self.state == DONE)

    def moved(self, rows: int, counts: Mapping[str, int]) -> "ImportRun":
        """The run after some more rows."""
        added = {name: getattr(self, name) + counts.get(name, 0) for name in COUNTS}
        return replace(self, position=self.position + rows, **added)


COUNTS = ("created", "updated", "unchanged", "rejected", "warned")
_NAMES = tuple(item.name for item in fields(ImportRun))


def _values(tables: SystemTables, names: tuple[str, ...]) -> dict[str, sa.BindParameter[object]]:
    return {name: sa.bindparam(name, type_=tables.import_run.c[name].type) for name in names}


@system_statement
def _insert(tables: SystemTables) -> sa.Executable:
    return sa.insert(tables.import_run).values(_values(tables, _NAMES))


@system_statement
def _by_id(tables: SystemTables) -> sa.Executable:
    run = tables.import_run
    return sa.select(*(run.c[name] for name in _NAMES)).where(run.c.id == sa.bindparam("id", type_=sa.TEXT))


@system_statement
def _unfinished(tables: SystemTables) -> sa.Executable:
    run = tables.import_run
    same = [run.c[name] == sa.bindparam(name, type_=sa.TEXT) for name in ("entity", "file_hash", "mapping")]
    statement = sa.select(*(run.c[name] for name in _NAMES)).where(*same, run.c.state.in_((RUNNING, FAILED)))
    return statement.order_by(run.c.created_at.desc(), run.c.id.desc()).limit(1)


@system_statement
def _recent(tables: SystemTables) -> sa.Executable:
    run = tables.import_run
    newest = sa.select(*(run.c[name] for name in _NAMES)).order_by(run.c.created_at.desc(), run.c.id.desc())
    return newest.where(run.c.actor == sa.bindparam("actor", type_=sa.TEXT)).limit(50)


_CHANGING = (
    "mapping",
    "options",
    "state",
    "total",
    "position",
    *COUNTS,
    "error",
    "reject_file",
    "finished_at",
    "file_hash",
    "entity",
)


@system_statement
def _update(tables: SystemTables) -> sa.Executable:
    run = tables.import_run
    return (
        sa.update(run)
        .values(_values(tables, _CHANGING))
        .where(
            run.c.id == sa.bindparam("run", type_=sa.TEXT),
            run.c.position == sa.bindparam("from_position", type_=run.c.position.type),
        )
    )


def _row(run: ImportRun) -> dict[str, object]:
    return {name: getattr(run, name) for name in _NAMES}


async def add(connection: Connection, run: ImportRun) -> None:
    """Keep a new run."""
    await connection.execute(_insert(connection), _row(run))


async def find(connection: Connection, run_id: str) -> ImportRun | None:
    """The run of an id."""
    rows = await connection.fetch(_by_id(connection), {"id": run_id})
    return ImportRun(**dict(zip(_NAMES, rows[0], strict=True))) if rows else None


async def find_unfinished(connection: Connection, entity: str, file_hash: str, mapping: str) -> ImportRun | None:
    """The newest run of the same file with the same mapping that did not come to its end."""
    same = {"entity": entity, "file_hash": file_hash, "mapping": mapping}
    rows = await connection.fetch(_unfinished(connection), same)
    return ImportRun(**dict(zip(_NAMES, rows[0], strict=True))) if rows else None


async def recent(connection: Connection, actor: str) -> list[ImportRun]:
    """The newest runs of a user."""
    rows = await connection.fetch(_recent(connection), {"actor": actor})
    return [ImportRun(**dict(zip(_NAMES, row, strict=True))) for row in rows]


async def save(connection: Connection, run: ImportRun, before: int) -> bool:
    """Keep how far a run came; False when it is not at `before` any more: somebody else moved it."""
    values = {name: value for name, value in _row(run).items() if name in _CHANGING}
    return await connection.execute(_update(connection), {**values, "run": run.id, "from_position": before}) == 1

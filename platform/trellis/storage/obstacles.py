"""What stored values stand in the way of a plan: they would be lost, or break a new rule."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import sqlalchemy as sa

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.indexes import IndexShape
from trellis.metadata.plan import (
    AddColumn,
    CreateIndex,
    CreateTable,
    MoveValues,
    Operation,
    Plan,
    RemoveOptions,
    RetireColumn,
    Risk,
)
from trellis.storage.connection import Connection, prepare
from trellis.storage.measures import option_uses


async def obstacles(connection: Connection, plan: Plan, *, indexed: Collection[str] = ()) -> list[Finding]:
    """A finding for each operation that would bring records back, break a rule, or leave values without a meaning.

    Unique indexes that stand already, by name in `indexed`, have nothing to fear.
    """
    checked = (item for item in plan.operations if not (isinstance(item, CreateIndex) and item.index.name in indexed))
    return [_finding(code, operation) for operation in checked if (code := await _code(connection, operation, plan))]


async def _code(connection: Connection, operation: Operation, plan: Plan) -> str | None:
    match operation:
        case CreateIndex(risk=Risk.BLOCKED):
            return "publish.index_too_wide"
        case CreateIndex(index=index) if index.unique and _is_checkable(index, plan):
            return "publish.not_unique" if await _has_doubles(connection, index) else None
        case RemoveOptions(shape=shape, key=key, options=options):
            uses = await option_uses(connection, shape.table, shape.place(key), tuple(options))
            return "publish.option_in_use" if uses else None
        case RetireColumn(table=table, physical=physical, risk=Risk.LOSSY):
            return "publish.bin_not_empty" if await _has_values(connection, table, physical) else None
        case _:
            return None


_ONE = sa.literal_column("1", sa.Integer)
_HINTS = {
    "publish.index_too_wide": Message("Shorten the longest text of the index, or leave it out."),
    "publish.not_unique": Message("Some records have the same value. Change them first."),
    "publish.option_in_use": Message("There are records with it. Retire the option, or name another one in its place."),
    "publish.values_do_not_fit": Message("Agree that {number} values are put aside ({samples}), or change them first."),
    "publish.bin_not_empty": Message("There are deleted records, which would come back. Empty the bin first."),
}


def do_not_fit(operation: MoveValues, texts: Sequence[str]) -> Finding:
    """What is said about values that would be put aside without anybody having agreed to it."""
    samples = ", ".join(f"“{text}”" for text in list(dict.fromkeys(texts))[:3])
    found = _finding("publish.values_do_not_fit", operation)
    hint = _HINTS["publish.values_do_not_fit"].template
    return replace(found, hint=Message(hint, {"number": len(texts), "samples": samples}))


def not_unique(operation: CreateIndex) -> Finding:
    """What is said about an index that cannot be unique."""
    return _finding("publish.not_unique", operation)


def _finding(code: str, operation: Operation) -> Finding:
    document, _, pointer = getattr(operation, "at", "").partition("#")
    return Finding(code, operation.sentence, document, pointer, _HINTS[code])


def _is_checkable(index: IndexShape, plan: Plan) -> bool:
    """Whether a unique index is over columns that stand already; new ones are empty, or filled while publishing."""
    tables = {operation.shape.table for operation in plan.operations if isinstance(operation, CreateTable)}
    added = {(add.table, add.column.name) for add in plan.operations if isinstance(add, AddColumn)}
    return index.table not in tables and not any((index.table, column.name) in added for column in index.columns)


async def _has_values(connection: Connection, table: str, column: str | None) -> bool:
    source = _table(connection, table, [column] if column else ["record"])
    filled = [source.c[column].is_not(None)] if column else []
    wanted = sa.select(sa.literal_column("1", sa.Integer)).select_from(source).where(*filled).limit(_ONE)
    return bool(await connection.fetch(prepare(wanted, connection.dialect)))


async def _has_doubles(connection: Connection, index: IndexShape) -> bool:
    names = [column.name for column in index.columns]
    source = _table(connection, index.table, [*names, *(rule.column for rule in index.where)])
    rules = [
        source.c[rule.column].is_(None) if rule.blank else source.c[rule.column].is_not(None) for rule in index.where
    ]
    filled = [source.c[name].is_not(None) for name in names]
    columns = [source.c[name] for name in names]
    doubles = (
        sa.select(sa.literal_column("1", sa.Integer)).select_from(source).where(*rules, *filled).group_by(*columns)
    )
    doubles = doubles.having(sa.func.count() > _ONE).limit(_ONE)
    return bool(await connection.fetch(prepare(doubles, connection.dialect)))


def _table(connection: Connection, name: str, columns: Iterable[str]) -> sa.TableClause:
    return sa.table(name, *(sa.column(column) for column in dict.fromkeys(columns)), schema=connection.schema)

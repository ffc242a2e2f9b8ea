"""Ahead of a publish: room for values that move, most of the moving, and indexes; nothing that anybody sees."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from trellis.kernel.clock import Clock
from trellis.metadata.ledger import Ledger, State
from trellis.metadata.plan import AddColumn, CreateIndex, CreateSideTable, CreateTable, MoveValues, Operation, Plan
from trellis.metadata.shape import ColumnShape
from trellis.services.carrying import Carried, carry_ahead
from trellis.services.keying import Keyed
from trellis.storage.connection import POSTGRESQL, Connection
from trellis.storage.database import Database, Workspace
from trellis.storage.ddl import statements
from trellis.storage.ledger import read_ledger, write_ledger
from trellis.storage.preparing import build_index, check_base, has_more_rows, hurry

FEW = 1000
"""Records that a publish takes care of within its transaction."""


@dataclass(frozen=True)
class Prepared:
    """What was done ahead: moves with most values carried, indexes that stand, and the ledger that knows both."""

    carried: tuple[Carried, ...] = ()
    indexes: frozenset[str] = frozenset()
    ledger: Ledger | None = None
    keyed: Keyed = field(default_factory=Keyed)

    @property
    def paths(self) -> frozenset[str]:
        """The fields whose values are carried already."""
        return frozenset(carried.operation.at for carried in self.carried)


async def prepare(database: Database, workspace: Workspace, plan: Plan, clock: Clock, zone: str) -> Prepared:
    """Do ahead what would keep others waiting; raises StaleRelease when the base has moved."""
    async with database.read(workspace) as connection:
        moves, indexes = await _large(connection, plan)
    if not (moves or indexes):
        return Prepared()
    ledger = await _make_room(database, workspace, plan, moves, indexes)
    carried = [await carry_ahead(database, workspace, move, clock, zone) for move in moves]
    for index in indexes:
        async with database.read(workspace) as connection:
            await build_index(connection, index.index)
    return Prepared(tuple(carried), frozenset(index.index.name for index in indexes), ledger)


async def _large(connection: Connection, plan: Plan) -> tuple[list[MoveValues], list[CreateIndex]]:
    """The moves and indexes over many records; SQLite builds an index in a moment, and only with everybody waiting."""
    fresh = {operation.shape.table for operation in plan.operations if isinstance(operation, CreateTable)}
    tables = {table for table in _tables(plan.operations) if table not in fresh}
    large = {table for table in sorted(tables) if await has_more_rows(connection, table, FEW)}
    moves = [item for item in plan.operations if isinstance(item, MoveValues) and item.table in large]
    if connection.dialect != POSTGRESQL:
        return moves, []
    carried = {item.target.name for item in moves if isinstance(item.target, ColumnShape)}
    added = {item.column.name for item in plan.operations if isinstance(item, AddColumn)} - carried
    return moves, [
        item
        for item in plan.operations
        if isinstance(item, CreateIndex)
        and item.index.table in large
        and not any(column.name in added for column in item.index.columns)
    ]


def _tables(operations: tuple[Operation, ...]) -> Iterator[str]:
    for operation in operations:
        if isinstance(operation, MoveValues):
            yield operation.table
        elif isinstance(operation, CreateIndex):
            yield operation.index.table


async def _make_room(
    database: Database, workspace: Workspace, plan: Plan, moves: list[MoveValues], indexes: list[CreateIndex]
) -> Ledger:
    """Add the columns and side tables that values move to; nobody reads them yet."""
    room = [operation for operation in plan.operations if _is_room(operation, moves)]
    names = {index.index.name for index in indexes} | {_name(move) for move in moves}
    async with database.publish(workspace) as connection:
        ledger = await check_base(connection, plan)
        there = {entry.uid for entry in ledger.entries}
        fresh = [
            replace(entry, state=State.PREPARED, retired=None)
            for entry in plan.written
            if entry.physical in names and entry.state is State.LIVE and entry.uid not in there
        ]
        await write_ledger(connection, fresh, ())
        await hurry(connection)
        await connection.run_ddl(statements(room, connection.schema, connection.dialect))
        return await read_ledger(connection)


def _name(move: MoveValues) -> str:
    return move.target.name if isinstance(move.target, ColumnShape) else move.target.table


def _is_room(operation: Operation, moves: list[MoveValues]) -> bool:
    names = {_name(move) for move in moves}
    match operation:
        case AddColumn(column=column):
            return column.name in names
        case CreateSideTable(side=side):
            return side.table in names
        case _:
            return False

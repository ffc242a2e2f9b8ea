"""The operations of a plan with what is known about the records: how many, how many not, and for example which."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from trellis.kernel.messages import Message
from trellis.metadata.indexes import IndexShape
from trellis.metadata.plan import (
    AddColumn,
    CreateIndex,
    CreateSearch,
    CreateSideTable,
    CreateTable,
    DropIndex,
    MoveValues,
    Operation,
    Plan,
    RemoveOptions,
    RequireValue,
    RetireColumn,
    RetireTable,
    Risk,
)
from trellis.metadata.shape import ColumnShape, signature
from trellis.services.carrying import Carried, moment_of
from trellis.services.preparing import FEW
from trellis.storage import measures
from trellis.storage.connection import POSTGRESQL, Connection
from trellis.storage.ddl import statements
from trellis.storage.retyping import diverged, measure

SAMPLES = 5
NAMES: Mapping[type[object], str] = {
    AddColumn: "addColumn",
    CreateTable: "createTable",
    CreateSideTable: "createSideTable",
    CreateSearch: "createSearch",
    MoveValues: "backfill",
    CreateIndex: "createIndex",
    DropIndex: "dropIndex",
    RetireColumn: "retireColumn",
    RetireTable: "retireTable",
    RequireValue: "requireValue",
    RemoveOptions: "removeOptions",
}


@dataclass(frozen=True)
class Step:
    """One operation, measured.

    `rows` are the records it touches, `affected` those among them that do not fit or lack a value, with `samples`.
    """

    operation: Operation
    risk: Risk
    sql: tuple[str, ...] = ()
    rows: int = 0
    affected: int = 0
    samples: tuple[str, ...] = ()
    diverged: int = 0
    """Records whose values were typed since the place that comes back went out of use; they are carried along."""
    ahead: bool = False
    """Whether it is done before the moment in which nobody else writes."""

    @property
    def op(self) -> str:
        """The name of the operation in the API."""
        return NAMES[type(self.operation)]

    @property
    def at(self) -> str:
        """The place of the documents that it comes from."""
        found = getattr(self.operation, "at", "")
        return found or getattr(self.operation, "table", "")

    @property
    def table(self) -> str:
        """The physical table."""
        match self.operation:
            case CreateTable(shape=shape) | RequireValue(shape=shape) | RemoveOptions(shape=shape):
                return shape.table
            case CreateSideTable(side=side):
                return side.table
            case CreateIndex(index=index):
                return index.table
            case _:
                return str(getattr(self.operation, "table", ""))

    @property
    def column(self) -> str | None:
        """The physical column or index, where it is about one."""
        match self.operation:
            case AddColumn(column=column):
                return column.name
            case MoveValues(target=place):
                return place.name if isinstance(place, ColumnShape) else place.table
            case RequireValue(shape=shape, key=key) | RemoveOptions(shape=shape, key=key):
                place = shape.place(key)
                return place.name if isinstance(place, ColumnShape) else place.table
            case CreateIndex(index=index):
                return index.name
            case DropIndex(name=name):
                return name
            case RetireColumn(physical=physical):
                return physical
            case _:
                return None

    @property
    def kind(self) -> str | None:
        """How values are kept in the new place."""
        match self.operation:
            case AddColumn(column=column):
                return signature(column.kind)
            case MoveValues(target=target):
                return signature(target.kind)
            case _:
                return None

    @property
    def needs_consent(self) -> bool:
        """Whether somebody has to agree: values would be put aside."""
        return isinstance(self.operation, MoveValues) and self.affected > 0

    @property
    def consent(self) -> str:
        """What is agreed to; another number of values is another thing."""
        return f"{self.at}:{self.affected}"

    @property
    def sentence(self) -> Message:
        """What happens, for people."""
        return self.operation.sentence


async def measured(connection: Connection, plan: Plan, zone: str) -> tuple[Step, ...]:
    """Every operation with its statements and what it meets."""
    fresh = {operation.shape.table for operation in plan.operations if isinstance(operation, CreateTable)}
    added = {operation.column.name for operation in plan.operations if isinstance(operation, AddColumn)}
    rows: dict[str, int] = {}
    steps = []
    for operation in plan.operations:
        step = _plain(operation, connection)
        if step.table not in fresh and _counts(operation, added):
            if step.table not in rows:
                rows[step.table] = await measures.rows(connection, step.table)
            step = await _looked_at(connection, replace(step, rows=rows[step.table]), zone)
        steps.append(step)
    return tuple(steps)


def _plain(operation: Operation, connection: Connection) -> Step:
    sql = tuple(statements([operation], connection.schema, connection.dialect))
    return Step(operation, operation.risk, sql)


def _counts(operation: Operation, added: set[str]) -> bool:
    """Whether it matters how many records there are; a new or retired column costs the same for any number."""
    if isinstance(operation, CreateIndex) and any(column.name in added for column in operation.index.columns):
        return False
    return isinstance(operation, MoveValues | CreateIndex | RequireValue | RemoveOptions)


async def _looked_at(connection: Connection, step: Step, zone: str) -> Step:
    match step.operation:
        case MoveValues() as move:
            moment = await moment_of(connection, move)
            diverse = await diverged(connection, Carried(move, zone).move, moment) if moment else 0
            if moment and not diverse:
                return replace(step, rows=0, risk=Risk.SAFE)
            found = await measure(connection, Carried(move, zone).move, SAMPLES)
            risk = Risk.LOSSY if found.unconvertible else Risk.SLOW if found.filled > FEW else Risk.SAFE
            return replace(
                step, rows=found.filled, affected=found.unconvertible, samples=found.samples, risk=risk,
                diverged=diverse, ahead=step.rows > FEW,
            )  # fmt: skip
        case RequireValue(shape=shape, key=key):
            with_bin = "deleted_at" in shape.columns
            missing = await measures.blanks(connection, shape.table, shape.place(key), with_bin=with_bin)
            return replace(step, affected=missing)
        case RemoveOptions(shape=shape, key=key, options=options):
            uses = await measures.option_uses(connection, shape.table, shape.place(key), tuple(options))
            return replace(step, affected=uses, risk=Risk.BLOCKED if uses else Risk.SAFE)
        case CreateIndex(index=index) if step.risk is not Risk.BLOCKED:
            return await _index(connection, step, index) if index.unique else _weighed(connection, step)
        case _:
            return step


async def _index(connection: Connection, step: Step, index: IndexShape) -> Step:
    groups, samples = await measures.doubles(connection, index)
    if groups:
        return replace(step, affected=groups, samples=samples, risk=Risk.BLOCKED)
    return _weighed(connection, step)


def _weighed(connection: Connection, step: Step) -> Step:
    many = step.rows > FEW
    return replace(step, risk=Risk.SLOW if many else Risk.SAFE, ahead=many and connection.dialect == POSTGRESQL)


def fingerprint(plan: Plan, steps: Iterable[Step]) -> str:
    """What stands for exactly this plan; it says nothing about how many records there are right now."""
    parts = [plan.base_hash, plan.result_hash, repr(sorted(plan.intent.renames.items()))]
    parts += [repr(sorted(plan.intent.separate)), repr(sorted(plan.intent.restores.items()))]
    parts += [f"{step.op} {step.at} {step.operation.sentence}" for step in steps]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]

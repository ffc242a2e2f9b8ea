"""What every statement runs on: SQL compiled once to text, and a connection that takes values by position."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol, cast

from sqlalchemy.dialects.postgresql import asyncpg as postgresql
from sqlalchemy.dialects.sqlite import pysqlite as sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement, Executable
from sqlalchemy.sql.compiler import SQLCompiler

from trellis.kernel.errors import TrellisError, Unavailable
from trellis.storage.locks import Locks

SQLITE = "sqlite"
POSTGRESQL = "postgresql"

Row = tuple[Any, ...]
Values = Mapping[str, object]

NOTHING: Values = {}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement as text: `names` in the order of its places, `fixed` what the statement itself said."""

    sql: str
    names: tuple[str, ...] = ()
    fixed: Values = field(default_factory=dict, hash=False)

    def args(self, params: Values) -> Row:
        """The values by position; a missing one is a KeyError."""
        if self.fixed:
            params = {**self.fixed, **params}
        return tuple([params[name] for name in self.names])


class Connection(Protocol):
    """One connection to the database of one workspace, for one task at a time."""

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""

    @property
    def schema(self) -> str | None:
        """The schema that holds the workspace's tables, None on SQLite."""

    @property
    def locks(self) -> Locks:
        """The rows that the transaction has locked."""

    async def fetch(self, prepared: Prepared, params: Values = NOTHING) -> list[Row]:
        """All rows; also for a statement that writes and returns."""

    async def fetch_args(self, prepared: Prepared, args: Row) -> list[Row]:
        """All rows, for a caller who has the values in order already."""

    async def execute(self, prepared: Prepared, params: Values = NOTHING) -> int:
        """The number of rows that were written."""

    async def execute_later(self, prepared: Prepared, params: Values = NOTHING) -> None:
        """Write, before anything else is done here; an INSERT that follows may travel in the same round trip."""

    async def execute_many(self, prepared: Prepared, rows: Sequence[Values]) -> None:
        """Run the statement once for each of `rows`."""

    async def run_ddl(self, texts: Sequence[str]) -> None:
        """Run statements without values, one after the other."""


class UniqueViolation(TrellisError):
    """A value that must be unique is there already."""

    code = "unique_violation"

    def __init__(self, *, constraint: str | None = None, table: str | None = None, columns: Sequence[str] = ()) -> None:
        self.constraint = constraint
        self.table = table
        self.columns = tuple(columns)
        super().__init__()


class BrokenRule(TrellisError):
    """The database refused a value."""

    code = "broken_rule"


class Contention(Unavailable):
    """Others were writing the same rows. Nothing was changed; try again."""


def prepare(statement: Executable, dialect: str) -> Prepared:
    """Compile a statement; its `bindparam`s without a value are asked for at every run."""
    compiled = cast(ClauseElement, statement).compile(dialect=_dialect(dialect))
    if not isinstance(compiled, SQLCompiler):
        return Prepared(str(compiled))
    missing = {bind.key: None for bind in compiled.binds.values() if bind.required}
    state = compiled.construct_expanded_state(missing, escape_names=False)
    names = _unescaped(compiled, state.positiontup or ())
    values = {**compiled.construct_params(missing, escape_names=False), **state.parameters}
    fixed = {name: values[name] for name in names if name not in missing}
    return Prepared(state.statement, names, fixed)


def _unescaped(compiled: SQLCompiler, names: Sequence[str]) -> tuple[str, ...]:
    original = {escaped: name for name, escaped in compiled.escaped_bind_names.items()}
    return tuple(original.get(name, name) for name in names)


@cache
def _dialect(name: str) -> Dialect:
    make: Callable[..., Dialect] = {SQLITE: sqlite.dialect, POSTGRESQL: postgresql.dialect}[name]
    return make(paramstyle="qmark") if name == SQLITE else make()

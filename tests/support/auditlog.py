"""A log with many rows, written straight into the tables."""

from trellis.services.audit.log import Log
from trellis.storage import audit
from trellis.storage.audit import Noted
from trellis.storage.audit_guard import removing
from trellis.storage.connection import Connection, Prepared

_HISTORY = "INSERT INTO {table} (id, entity, record, action, at, actor, causation, changes) VALUES ({places})"


def table(connection: Connection, name: str) -> str:
    """The name of a fixed table as SQL of the test needs it."""
    return name if connection.schema is None else f'"{connection.schema}".{name}'


def prepared(connection: Connection, sql: str, places: int = 0) -> Prepared:
    """SQL of an intruder; `{history}` and the like are tables, `?` are places."""
    text = sql.format(**{name: table(connection, name) for name in ("history", "audit", "audit_block", "setting")})
    if connection.schema is not None:
        for place in range(places):
            text = text.replace("?", f"${place + 1}", 1)
    return Prepared(text, tuple(str(place) for place in range(places)))


async def run(connection: Connection, sql: str, *values: object) -> int:
    """Run it, past the triggers."""
    keys = (str(place) for place in range(len(values)))
    async with removing(connection):
        return await connection.execute(prepared(connection, sql, len(values)), dict(zip(keys, values, strict=True)))


async def write_saves(log: Log, count: int, start: int = 0) -> None:
    """Rows of history, as if records had been saved."""
    keys = ("id", "entity", "record", "action", "at", "actor", "causation", "changes")
    async with log.database.write(log.workspace) as connection:
        marks = "?" * 8 if connection.schema is None else [f"${place + 1}" for place in range(8)]
        sql = _HISTORY.format(table=table(connection, "history"), places=", ".join(marks))
        rows = [
            (f"r{place}:update:{place}", "sales.deal", f"r{place}", "update", log.moment, "ada", "", '{"stage":[1,2]}')
            for place in range(start, start + count)
        ]
        await connection.execute_many(Prepared(sql, keys), [dict(zip(keys, row, strict=True)) for row in rows])


async def write_notes(log: Log, count: int) -> None:
    """Rows of the table `audit`."""
    async with log.database.write(log.workspace) as connection:
        for place in range(count):
            await audit.append(connection, Noted(f"n{place}", log.now, "sign_in.succeeded", "ada", address="10.0.0.7"))

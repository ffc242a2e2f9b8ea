"""Small texts by key: of a user, and of the workspace."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import (
    insert,
)  # SQLite's compiler reads its ON CONFLICT too, not the other way round

from trellis.storage.connection import Connection
from trellis.storage.system import SystemTables, system_statement

_USER = sa.bindparam("user", type_=sa.TEXT)
_KEY = sa.bindparam("key", type_=sa.TEXT)
_VALUE = sa.bindparam("value", type_=sa.TEXT)


async def setting(connection: Connection, key: str) -> str | None:
    """What the workspace keeps under a key."""
    rows = await connection.fetch(_setting(connection), {"key": key})
    return rows[0][0] if rows else None


async def save_setting(connection: Connection, key: str, value: str) -> None:
    """Keep a text for the workspace."""
    await connection.execute(_save_setting(connection), {"key": key, "value": value})


async def preferences(connection: Connection, user_id: str) -> dict[str, str]:
    """All that a user prefers."""
    return dict(await connection.fetch(_preferences(connection), {"user": user_id}))


async def save_preference(connection: Connection, user_id: str, key: str, value: str) -> None:
    """Keep a text for a user."""
    await connection.execute(_save_preference(connection), {"user": user_id, "key": key, "value": value})


@system_statement
def _setting(tables: SystemTables) -> sa.Executable:
    return sa.select(tables.setting.c.value).where(tables.setting.c.key == _KEY)


@system_statement
def _save_setting(tables: SystemTables) -> sa.Executable:
    new = insert(tables.setting).values(key=_KEY, value=_VALUE)
    return new.on_conflict_do_update(index_elements=[tables.setting.c.key], set_={"value": _VALUE})


@system_statement
def _preferences(tables: SystemTables) -> sa.Executable:
    table = tables.preference
    return sa.select(table.c.key, table.c.value).where(table.c.user_id == _USER)


@system_statement
def _save_preference(tables: SystemTables) -> sa.Executable:
    table = tables.preference
    new = insert(table).values(user_id=_USER, key=_KEY, value=_VALUE)
    return new.on_conflict_do_update(index_elements=[table.c.user_id, table.c.key], set_={"value": _VALUE})

"""The fixed tables of every workspace.

A change here needs a revision in `migrations/versions`; a test compares both.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache

import sqlalchemy as sa

from trellis.storage.connection import Connection, Prepared, prepare
from trellis.storage.fixed import accounts, audit, records, releases, sharing, work
from trellis.storage.fixed.columns import Parts

_PARTS: Parts = {
    **releases.PARTS, **records.PARTS, **work.PARTS, **accounts.PARTS, **sharing.PARTS, **audit.PARTS,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SystemTables:
    """One SQLAlchemy table for each fixed table of a workspace."""

    release: sa.Table
    release_document: sa.Table
    document: sa.Table
    pointer: sa.Table
    ledger: sa.Table
    history: sa.Table
    credential: sa.Table
    session: sa.Table
    token: sa.Table
    token_use: sa.Table
    role_assignment: sa.Table
    timer: sa.Table
    idempotency: sa.Table
    counter: sa.Table
    duplicate_key: sa.Table
    import_run: sa.Table
    preference: sa.Table
    setting: sa.Table
    stale: sa.Table
    draft_document: sa.Table
    draft_revision: sa.Table
    quarantine: sa.Table
    data_migration: sa.Table
    team_tree: sa.Table
    reporting_line: sa.Table
    share: sa.Table
    account: sa.Table
    account_link: sa.Table
    attempt: sa.Table
    second_factor: sa.Table
    recovery_code: sa.Table
    identity: sa.Table
    identity_provider: sa.Table
    handover: sa.Table
    handover_item: sa.Table
    audit: sa.Table
    audit_block: sa.Table

    @property
    def schema(self) -> sa.MetaData:
        """All of them together."""
        return self.release.metadata


@cache
def system_tables(schema: str | None) -> SystemTables:
    """The fixed tables in a schema; None on SQLite."""
    all_tables = sa.MetaData(schema=schema)
    return SystemTables(**{item.name: _table(item.name, all_tables) for item in fields(SystemTables)})


def system_statement(
    build: Callable[[SystemTables], sa.Executable],
) -> Callable[[Connection], Prepared]:
    """A statement over the fixed tables, compiled once for each schema and ready for a connection to it."""

    @cache
    def compiled(schema: str | None, dialect: str) -> Prepared:
        return prepare(build(system_tables(schema)), dialect)

    return lambda connection: compiled(connection.schema, connection.dialect)


def _table(name: str, all_tables: sa.MetaData) -> sa.Table:
    return sa.Table(name, all_tables, *_PARTS[name](), sqlite_strict=True)

"""Ahead of a publish: the keys of records under new rules about duplicates, while others go on writing."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from trellis.engine.computed import Computations
from trellis.engine.normalization import is_compared_alike, rule_names
from trellis.kernel.clock import Clock
from trellis.kernel.errors import StaleRelease
from trellis.metadata.ledger import Ledger
from trellis.metadata.snapshot import Snapshot
from trellis.services.carrying import changes_from, in_parts
from trellis.storage.connection import Connection, Contention, UniqueViolation
from trellis.storage.database import Database, Workspace
from trellis.storage.duplicatefill import KeyMaker
from trellis.storage.duplicatekeys import give_claims, has_keys
from trellis.storage.preparing import has_more_rows
from trellis.storage.releases import read_pointer
from trellis.storage.tables import Tables

FEW = 1_000
"""Records whose keys a publish makes within its transaction."""


@dataclass(frozen=True)
class Keyed:
    """The rules whose records have their keys already, as they were before a moment."""

    rules: frozenset[str] = frozenset()
    since: datetime | None = None


@dataclass(frozen=True)
class Change:
    """One release that takes the place of another, as far as rules about duplicates go."""

    old: Snapshot | None
    new: Snapshot
    ledger: Ledger
    base: int
    fresh: frozenset[str]
    elsewhere: frozenset[tuple[str, str]]
    """The fields that hold other values than before, or have another place."""


async def keys_ahead(database: Database, workspace: Workspace, change: Change, clock: Clock) -> Keyed:
    """Make the keys of new rules over many records; nobody reads them yet. Raises StaleRelease when the base has moved."""
    if change.old is None:
        return Keyed()
    tables = Tables.of(change.old, change.ledger, workspace.schema, database.dialect)
    makers = [
        KeyMaker.of(tables, change.new.entity(entity), name, key) for name, entity, key in _possible(change, change.old)
    ]
    async with database.read(workspace) as connection:
        makers = [maker for maker in makers if await _is_worth_it(connection, maker)]
    if not makers:
        return Keyed()
    rules = frozenset(maker.name for maker in makers)
    since = await changes_from(database, workspace, clock)
    try:
        for maker in makers:
            await _make(database, workspace, maker, change.base)
    except Contention:  # others are doing the same
        return Keyed()
    return Keyed(rules, since)


def _possible(change: Change, old: Snapshot) -> Iterator[tuple[str, str, str]]:
    """The rules over fields that the release in force has with the same values: name, entity and key of each."""
    known = rule_names(change.new)
    computations = Computations.of(change.new)
    for name in sorted(change.fresh - rule_names(old).keys()):
        entity, key = known[name]
        if entity in old.entities and all(
            is_compared_alike(old, change.new, entity, field, change.elsewhere)
            and computations.at(entity, field) is None
            for field in change.new.entity(entity).duplicates[key].match
        ):
            yield name, entity, key


async def _is_worth_it(connection: Connection, maker: KeyMaker) -> bool:
    """Whether there are many records, and nothing was left of a publish that came to nothing: then all is made with this one."""
    many = await has_more_rows(connection, maker.table.table.name, FEW)
    return many and not await has_keys(connection, maker.name)


async def _make(database: Database, workspace: Workspace, maker: KeyMaker, base: int) -> None:
    async def keys(connection: Connection, after: str | None, most: int) -> str | None:
        await _check_base(connection, base)
        return await maker.part(connection, after, most, ahead=True)

    async def claims(connection: Connection, after: str | None, most: int) -> str | None:
        await _check_base(connection, base)
        return await give_claims(connection, maker.name, after or "", most)

    await in_parts(database, workspace, keys)
    if maker.claims:
        with contextlib.suppress(UniqueViolation):  # who publishes the same at the same time gives them just now
            await in_parts(database, workspace, claims)


async def _check_base(connection: Connection, base: int) -> None:
    """Raise StaleRelease unless this release is still the one in force."""
    if (await read_pointer(connection) or 0) != base:
        raise StaleRelease()

"""When a rule about duplicates is published, the records that are there get their keys: ahead of it in parts, or with it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from trellis.engine.normalization import fingerprint, rule_names
from trellis.metadata.documents import Entity
from trellis.metadata.snapshot import Snapshot
from trellis.metadata.storagekinds import DateTimeKind
from trellis.storage.codecs import decoder, encoder
from trellis.storage.connection import SQLITE, Connection, Prepared, Row, prepare
from trellis.storage.duplicatekeys import Kept, drop_rules, give_claims, keep, keep_unclaimed
from trellis.storage.ledger import read_ledger
from trellis.storage.system import system_tables
from trellis.storage.tables import EntityTable, Tables

CHUNK = 2_000


async def refill(connection: Connection, snapshot: Snapshot, gone: Collection[str], fresh: Collection[str]) -> None:
    """No keys any more for the rules that are `gone`, and keys for the `fresh` ones of a release; both by name."""
    await drop_rules(connection, sorted({*gone, *fresh}))
    for maker in await makers(connection, snapshot, fresh):
        after = await maker.part(connection, None, CHUNK)
        while after is not None:
            after = await maker.part(connection, after, CHUNK)


async def catch_up(connection: Connection, snapshot: Snapshot, rules: Collection[str], since: datetime) -> None:
    """Make the keys that were made ahead those of now, where records were changed at or after a moment, or went."""
    for maker in await makers(connection, snapshot, rules):
        await maker.catch_up(connection, since)


async def makers(connection: Connection, snapshot: Snapshot, rules: Collection[str]) -> list["KeyMaker"]:
    """What makes the keys of rules of the release whose tables are there now."""
    if not rules:
        return []
    known = rule_names(snapshot)
    tables = Tables.of(snapshot, await read_ledger(connection), connection.schema, connection.dialect)
    return [KeyMaker.of(tables, snapshot.entity(known[name][0]), name, known[name][1]) for name in sorted(rules)]


@dataclass
class KeyMaker:
    """Makes the keys of live records under one rule; of those that are the same, the first one has the claim."""

    table: EntityTable
    dialect: str
    entity: Entity
    """The entity as it has the rule; the table may still be that of the release before."""
    name: str
    key: str
    claimed: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, tables: Tables, entity: Entity, name: str, key: str) -> "KeyMaker":
        """What makes the keys of a rule of an entity."""
        return cls(tables.entity(entity.id), tables.dialect, entity, name, key)

    async def part(self, connection: Connection, after: str | None, limit: int, *, ahead: bool = False) -> str | None:
        """Keys for the next records behind an id; the last of them, None when there are no more.

        Ahead of a publish they have no claims yet, and others may be making the same ones.
        """
        statement, more = (self._first, {}) if after is None else (self._following, {"after": after})
        rows = await connection.fetch(statement, {"most": limit, **more})
        if ahead:
            await keep_unclaimed(connection, list(self._keys(rows, claiming=False)))
        else:
            await keep(connection, list(self._keys(rows, claiming=self.claims)))
        return str(rows[-1][0]) if len(rows) == limit else None

    async def catch_up(self, connection: Connection, since: datetime) -> None:
        """Make new keys for records changed at or after a moment, drop those of records that went, give what claims are free."""
        moment = {"since": self._written(since)}
        await connection.execute(self._outdated(connection.schema), {"of_rule": self.name, **moment})
        rows = await connection.fetch(self._changed, moment)
        await keep(connection, list(self._keys(rows, claiming=False)))
        last: str | None = "" if self.claims else None
        while last is not None:
            last = await give_claims(connection, self.name, last, CHUNK)

    def _keys(self, rows: Sequence[Row], *, claiming: bool) -> Iterable[Kept]:
        for record, *values in rows:
            found = self._key_of(
                {
                    name: decode(value) if decode else value
                    for name, value, decode in zip(self._rule.match, values, self._decoders, strict=True)
                }
            )
            if found is not None:
                claims = claiming and found not in self.claimed
                self.claimed.update([found] if claims else [])
                yield Kept(self.name, str(record), found, found if claims else None)

    @property
    def claims(self) -> bool:
        """Whether no second record may have a key."""
        return bool(self._rule.action == "block")

    @cached_property
    def _rule(self) -> Any:
        return self.entity.duplicates[self.key]

    @cached_property
    def _key_of(self) -> Any:
        return fingerprint(self.entity, self.key)

    @cached_property
    def _decoders(self) -> list[Any]:
        return [decoder(self.table.kinds[name], self.dialect) for name in self._rule.match]

    @cached_property
    def _first(self) -> Prepared:
        return prepare(self._in_order(self._live()), self.dialect)

    @cached_property
    def _following(self) -> Prepared:
        identity = self.table.columns["id"]
        behind = self._live().where(identity > sa.bindparam("after", type_=identity.type))
        return prepare(self._in_order(behind), self.dialect)

    @cached_property
    def _changed(self) -> Prepared:
        return prepare(self._live().where(~self._unchanged()), self.dialect)

    def _live(self) -> sa.Select[Any]:
        columns = self.table.columns
        wanted: list[Any] = [columns["id"], *(columns[name] for name in self._rule.match)]
        found: sa.Select[Any] = sa.select(*wanted)
        if "deleted_at" in columns:
            found = found.where(columns["deleted_at"].is_(None))
        return found

    def _in_order(self, statement: sa.Select[Any]) -> sa.Select[Any]:
        most = sa.bindparam("most", type_=sa.Integer)
        found: sa.Select[Any] = statement.order_by(self.table.columns["id"]).limit(most)
        return found

    def _unchanged(self) -> sa.ColumnElement[bool]:
        changed = self.table.columns["updated_at"]
        return sa.func.coalesce(changed < sa.bindparam("since", type_=changed.type), sa.false())

    def _outdated(self, schema: str | None) -> Prepared:
        """Without the keys of the rule whose records were changed, or are not there any more."""
        keys, columns = system_tables(schema).duplicate_key, self.table.columns
        record = keys.c.record if self.dialect == SQLITE else sa.cast(keys.c.record, columns["id"].type)
        live = [columns["deleted_at"].is_(None)] if "deleted_at" in columns else []
        same: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(self.table.table)
        still = same.where(columns["id"] == record, self._unchanged(), *live).correlate(keys).exists()
        rule = keys.c.rule == sa.bindparam("of_rule", type_=sa.TEXT)
        return prepare(sa.delete(keys).where(rule, ~still), self.dialect)

    def _written(self, moment: datetime) -> object:
        write = encoder(DateTimeKind(), self.dialect)
        return write(moment) if write else moment

"""The records that a roll-up of one record is computed from: how many there are, and the first that a reader may see."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from trellis.engine.access import Access, access_of
from trellis.engine.computed import Rollup
from trellis.kernel.actor import SYSTEM
from trellis.storage.connection import Connection, Prepared, prepare
from trellis.storage.sources import Sources, right_condition, with_constants
from trellis.storage.statements import Statements

Values = Mapping[str, object]
Condition = sa.ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Numbers:
    """How many records point to a record, meet the condition, have a value besides, and may be read besides."""

    all: int
    fitting: int
    counted: int
    readable: int


@dataclass(frozen=True)
class RollupChildren:
    """The children of a roll-up. What counts is found with the rights of the platform, what is shown with `access`."""

    statements: Statements
    access: Access
    item: Rollup

    @property
    def child(self) -> str:
        """The entity of the children."""
        return self.item.source.child

    async def numbers(self, connection: Connection, record: str, parameters: Values) -> Numbers:
        """How many children a record has."""
        prepared = self._kept("children counted")
        ((everything, fitting, counted, readable),) = await connection.fetch(prepared, {**parameters, "record": record})
        return Numbers(everything, fitting, counted, readable)

    async def readable(self, connection: Connection, record: str, parameters: Values, limit: int) -> list[str]:
        """The ids of the first children that count and may be read; of the last ones where the last value is wanted."""
        if not self.access.allows(self.child, "read"):
            return []
        asked = {**parameters, "record": record, "limit": limit}
        return [str(row[0]) for row in await connection.fetch(self._kept("children readable"), asked)]

    def _kept(self, name: str) -> Prepared:
        write = {"children counted": self._counting, "children readable": self._listing}[name]
        key = (name, self.item.field.entity, self.item.field.key, self.access.key)
        return self.statements.get(key, lambda: prepare(write(), self.statements.tables.dialect))

    def _counting(self) -> sa.Select[Any]:
        sources = self._sources()
        fitting = self._fitting(sources)
        counted = [*fitting, *self._with_value(sources)]
        groups: tuple[list[Condition], ...] = ([], fitting, counted, [*counted, self._may_read(sources)])
        numbers = [sa.func.count(sa.case((sa.and_(sa.true(), *group), sa.literal_column("1")))) for group in groups]
        columns = (number.label(f"n{place}") for place, number in enumerate(numbers))
        statement: Any = sa.select(*columns)
        counted_up: sa.Select[Any] = statement.select_from(sources.from_clause()).where(*self._pointing(sources))
        return counted_up

    def _listing(self) -> sa.Select[Any]:
        sources = self._sources()
        conditions = [*self._pointing(sources), *self._fitting(sources), *self._with_value(sources)]
        conditions.append(self._may_read(sources))
        identity = sources.base.columns["id"]
        statement = sa.select(identity).select_from(sources.from_clause()).where(*conditions)
        order = identity.desc() if self.item.source.agg == "last" else identity.asc()
        return statement.order_by(order).limit(sa.bindparam("limit", type_=sa.Integer))

    def _sources(self) -> Sources:
        everything = access_of(SYSTEM, self.statements.tables.snapshot)
        return Sources.of(self.statements.tables, everything, self.child, "k")

    def _pointing(self, sources: Sources) -> list[Condition]:
        columns = sources.base.columns
        link = columns[self.item.source.link]
        conditions: list[Condition] = [link == sa.bindparam("record", type_=link.type)]
        return [*conditions, columns["deleted_at"].is_(None)] if "deleted_at" in columns else conditions

    def _fitting(self, sources: Sources) -> list[Condition]:
        return [with_constants(self.item.where, sources, prefix="w_")] if self.item.where else []

    def _with_value(self, sources: Sources) -> list[Condition]:
        return [sources.column(self.item.value).element.is_not(None)] if self.item.value else []

    def _may_read(self, sources: Sources) -> Condition:
        if not self.access.allows(self.child, "read"):
            return sa.false()
        inner = Sources.of(self.statements.tables, self.access, self.child, "reader")
        condition = right_condition(inner, self.child, "read", prefix="x_")
        if condition is None:
            return sa.true()
        same = inner.base.columns["id"] == sources.base.columns["id"]
        found: sa.Select[Any] = (
            sa.select(sa.literal_column("1")).select_from(inner.from_clause()).where(same, condition)
        )
        return found.correlate(sources.start).exists()

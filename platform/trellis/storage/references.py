"""Questions about links between records: does the target exist, who points here, is a value taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from trellis.engine.access import Access
from trellis.storage.codecs import encoder
from trellis.storage.connection import Connection, prepare
from trellis.storage.lists import numbered, rounded
from trellis.storage.sources import Sources, right_condition
from trellis.storage.statements import Statements

Values = Mapping[str, object]


@dataclass(frozen=True)
class References:
    """Looks over the borders of one entity, with the access of the actor."""

    statements: Statements
    access: Access

    @property
    def dialect(self) -> str:
        return self.statements.tables.dialect

    async def present(
        self, connection: Connection, wanted: Mapping[str, Sequence[str]], parameters: Values
    ) -> dict[str, set[str]]:
        """By entity, which of the ids are records that the actor may link to: readable and not in the bin."""
        asked = {target: rounded(ids) for target, ids in wanted.items() if ids and self.access.allows(target, "read")}
        found: dict[str, set[str]] = {target: set() for target in wanted}
        if not asked:
            return found
        sizes = tuple((target, len(ids)) for target, ids in sorted(asked.items()))
        key = ("present", sizes, self.access.key)
        prepared = self.statements.get(key, lambda: prepare(self._present(sizes), self.dialect))
        binds = {name: value for target, ids in asked.items() for name, value in numbered(f"{target}_", ids).items()}
        for place, record in await connection.fetch(prepared, {**parameters, **binds}):
            found[sizes[place][0]].add(str(record))
        return found

    def _present(self, sizes: Sequence[tuple[str, int]]) -> sa.Select[Any] | sa.CompoundSelect[Any]:
        branches = [self._present_in(place, target, count) for place, (target, count) in enumerate(sizes)]
        return branches[0] if len(branches) == 1 else sa.union_all(*branches)

    def _present_in(self, place: int, target: str, count: int) -> sa.Select[Any]:
        sources = Sources.of(self.statements.tables, self.access, target)
        columns = sources.base.columns
        identity = columns["id"]
        binds = [sa.bindparam(f"{target}_{number}", type_=identity.type) for number in range(count)]
        conditions: list[sa.ColumnElement[bool]] = [identity.in_(binds)]
        if "deleted_at" in columns:
            conditions.append(columns["deleted_at"].is_(None))
        readable = right_condition(sources, target, "read", prefix=f"b{place}_")
        if readable is not None:
            conditions.append(readable)
        number = sa.literal_column(str(place), sa.Integer()).label("place")
        return sa.select(number, identity.label("id")).select_from(sources.from_clause()).where(*conditions)

    async def pointing(
        self, connection: Connection, entity: str, field: str, ids: Sequence[str]
    ) -> list[tuple[str, str]]:
        """Live records of `entity` whose link `field` has one of the ids: pairs (record, target), at most 1,000."""
        table = self.statements.tables.entity(entity)
        padded = rounded(list(dict.fromkeys(ids)))
        side = table.sides.get(field)
        record, value = (
            (side.c.record, side.c.value) if side is not None else (table.columns["id"], table.columns[field])
        )
        start: sa.FromClause = table.table
        if side is not None:
            start = side.join(table.table, table.columns["id"] == side.c.record)
        statement = sa.select(record, value).select_from(start)
        statement = statement.where(value.in_([sa.bindparam(f"id{n}", type_=value.type) for n in range(len(padded))]))
        if "deleted_at" in table.columns:
            statement = statement.where(table.columns["deleted_at"].is_(None))
        prepared = self.statements.get(
            ("pointing", entity, field, len(padded)), lambda: prepare(statement.limit(1000), self.dialect)
        )
        return [(str(row[0]), str(row[1])) for row in await connection.fetch(prepared, numbered("id", padded))]

    async def binned_with(
        self, connection: Connection, entity: str, field: str, target: str, moment: object
    ) -> list[str]:
        """Records of `entity` that went into the bin at the same moment as the record they point to."""
        table = self.statements.tables.entity(entity)
        columns = table.columns
        statement = sa.select(columns["id"]).where(
            columns[field] == sa.bindparam("target", type_=columns[field].type),
            columns["deleted_at"] == sa.bindparam("moment", type_=columns["deleted_at"].type),
        )
        prepared = self.statements.get(("binned with", entity, field), lambda: prepare(statement, self.dialect))
        encode = encoder(table.kinds["deleted_at"], self.dialect)
        params = {"target": target, "moment": encode(moment) if encode else moment}
        return [str(row[0]) for row in await connection.fetch(prepared, params)]

    async def holders(
        self, connection: Connection, entity: str, keys: Sequence[str], tuples: Sequence[tuple[object, ...]]
    ) -> dict[tuple[object, ...], str]:
        """Which live records have one of the value tuples in the fields `keys`; for uniqueness and business keys."""
        table = self.statements.tables.entity(entity)
        padded = rounded(list(dict.fromkeys(tuples)))
        prepared = self.statements.get(
            ("holders", entity, tuple(keys), len(padded)),
            lambda: prepare(self._holders(entity, keys, len(padded)), self.dialect),
        )
        encoders = [encoder(table.kinds[key], self.dialect) for key in keys]
        params = {
            f"u{number}_{place}": encode(value) if encode is not None else value
            for number, values in enumerate(padded)
            for place, (value, encode) in enumerate(zip(values, encoders, strict=True))
        }
        by_raw = {
            tuple(
                encode(value) if encode is not None else value for value, encode in zip(values, encoders, strict=True)
            ): values
            for values in padded
        }
        rows = await connection.fetch(prepared, params)
        return {by_raw[tuple(row[1:])]: str(row[0]) for row in rows if tuple(row[1:]) in by_raw}

    def _holders(self, entity: str, keys: Sequence[str], count: int) -> sa.Select[Any]:
        table = self.statements.tables.entity(entity)
        columns = [table.columns[key] for key in keys]
        wanted: sa.ColumnElement[bool]
        if len(columns) == 1:
            wanted = columns[0].in_([sa.bindparam(f"u{n}_0", type_=columns[0].type) for n in range(count)])
        else:
            wanted = sa.or_(
                *(
                    sa.and_(
                        *(
                            column == sa.bindparam(f"u{n}_{place}", type_=column.type)
                            for place, column in enumerate(columns)
                        )
                    )
                    for n in range(count)
                )
            )
        statement: Any = sa.select(table.columns["id"], *columns).where(wanted)
        found: sa.Select[Any] = (
            statement.where(table.columns["deleted_at"].is_(None)) if "deleted_at" in table.columns else statement
        )
        return found

"""Questions about links between records: does the target exist, who points here, is a value taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from trellis.engine.access import Access
from trellis.engine.expr.nodes import Expression
from trellis.storage.codecs import encoder
from trellis.storage.connection import Connection, prepare
from trellis.storage.lists import numbered, rounded
from trellis.storage.sources import Sources, right_condition, with_constants
from trellis.storage.statements import Statements

Values = Mapping[str, object]


@dataclass(frozen=True, eq=False, slots=True)
class Candidates:
    """Records of an entity that a link may lead to; `filter` reads nothing of the record that holds the link."""

    entity: str
    filter: Expression | None = None

    @property
    def source(self) -> str:
        return self.filter.source if self.filter else ""


@dataclass(frozen=True)
class References:
    """Looks over the borders of one entity, with the access of the actor."""

    statements: Statements
    access: Access

    @property
    def dialect(self) -> str:
        return self.statements.tables.dialect

    async def present(
        self, connection: Connection, wanted: Mapping[Candidates, Sequence[str]], parameters: Values
    ) -> dict[Candidates, dict[str, bool]]:
        """Which ids are records that the actor may link to (readable, not in the bin), and whether they meet the filter."""
        asked = {candidates: rounded(ids) for candidates, ids in wanted.items() if ids and self._open(candidates)}
        found: dict[Candidates, dict[str, bool]] = {candidates: {} for candidates in wanted}
        if not asked:
            return found
        sizes = tuple((candidates, len(ids)) for candidates, ids in asked.items())
        key = ("present", tuple((one.entity, one.source, count) for one, count in sizes), self.access.key)
        prepared = self.statements.get(key, lambda: prepare(self._present(sizes), self.dialect))
        binds = {
            name: value
            for place, ids in enumerate(asked.values())
            for name, value in numbered(f"t{place}_", ids).items()
        }
        for place, record, fits in await connection.fetch(prepared, {**parameters, **binds}):
            found[sizes[place][0]][str(record)] = bool(fits)
        return found

    def _open(self, candidates: Candidates) -> bool:
        return self.access.allows(candidates.entity, "read")

    def _present(self, sizes: Sequence[tuple[Candidates, int]]) -> sa.Select[Any] | sa.CompoundSelect[Any]:
        branches = [self._present_in(place, candidates, count) for place, (candidates, count) in enumerate(sizes)]
        return branches[0] if len(branches) == 1 else sa.union_all(*branches)

    def _present_in(self, place: int, candidates: Candidates, count: int) -> sa.Select[Any]:
        sources = Sources.of(self.statements.tables, self.access, candidates.entity)
        columns = sources.base.columns
        identity = columns["id"]
        binds = [sa.bindparam(f"t{place}_{number}", type_=identity.type) for number in range(count)]
        conditions: list[sa.ColumnElement[bool]] = [identity.in_(binds)]
        if "deleted_at" in columns:
            conditions.append(columns["deleted_at"].is_(None))
        readable = right_condition(sources, candidates.entity, "read", prefix=f"b{place}_")
        if readable is not None:
            conditions.append(readable)
        fits: sa.ColumnElement[Any] = sa.literal_column("1", sa.Integer())
        if candidates.filter is not None:
            meets = with_constants(candidates.filter, sources, prefix=f"f{place}_")
            fits = sa.case((meets, fits), else_=sa.literal_column("0", sa.Integer()))
        number = sa.literal_column(str(place), sa.Integer())
        statement = sa.select(number.label("place"), identity.label("id"), fits.label("fits"))
        return statement.select_from(sources.from_clause()).where(*conditions)

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

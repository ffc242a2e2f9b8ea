"""Records found by what people know of them: a name, a number, a key from another system."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from trellis.engine.access import Access
from trellis.storage.codecs import decoder, encoder
from trellis.storage.connection import Connection, prepare
from trellis.storage.lists import rounded
from trellis.storage.sources import Sources, right_condition
from trellis.storage.statements import Statements

Key = tuple[object, ...]


@dataclass(frozen=True)
class BusinessKeys:
    """Looks for many records at once, with the access of the actor: what one may not read is not found."""

    statements: Statements
    access: Access

    async def find(
        self,
        connection: Connection,
        entity: str,
        fields: Sequence[str],
        keys: Sequence[Key],
        parameters: Mapping[str, object],
    ) -> dict[Key, list[str]]:
        """The ids of the live records behind each key, at most two: with two it is ambiguous."""
        if not keys or not self.access.allows(entity, "read"):
            return {}
        table, dialect = self.statements.tables.entity(entity), self.statements.tables.dialect
        padded = rounded(list(dict.fromkeys(keys)))
        shape = ("business keys", entity, tuple(fields), len(padded), self.access.key)
        prepared = self.statements.get(shape, lambda: prepare(self._statement(entity, fields, len(padded)), dialect))
        encoders = [encoder(table.kinds[field], dialect) for field in fields]
        decoders = [decoder(table.kinds[field], dialect) for field in fields]
        params = {
            f"k{number}_{place}": encode(value) if encode else value
            for number, key in enumerate(padded)
            for place, (value, encode) in enumerate(zip(key, encoders, strict=True))
        }
        found: dict[Key, list[str]] = {}
        for record, *values in await connection.fetch(prepared, {**parameters, **params}):
            key = tuple(decode(value) if decode else value for value, decode in zip(values, decoders, strict=True))
            found.setdefault(key, []).append(str(record))
        return {key: sorted(ids)[:2] for key, ids in found.items()}

    def _statement(self, entity: str, fields: Sequence[str], count: int) -> sa.Select[tuple[object, ...]]:
        tables = self.statements.tables
        sources = Sources.of(tables, self.access, entity)
        columns = sources.base.columns
        wanted = [columns[field] for field in fields]
        conditions: list[sa.ColumnElement[bool]] = [_one_of(wanted, count)]
        if "deleted_at" in columns:
            conditions.append(columns["deleted_at"].is_(None))
        readable = right_condition(sources, entity, "read")
        if readable is not None:
            conditions.append(readable)
        return sa.select(columns["id"], *wanted).select_from(sources.from_clause()).where(*conditions)


def _one_of(columns: Sequence[sa.ColumnElement[object]], count: int) -> sa.ColumnElement[bool]:
    def bind(number: int, place: int) -> sa.BindParameter[object]:
        return sa.bindparam(f"k{number}_{place}", type_=columns[place].type)

    if len(columns) == 1:
        return columns[0].in_([bind(number, 0) for number in range(count)])
    each = (
        sa.and_(*(column == bind(number, place) for place, column in enumerate(columns))) for number in range(count)
    )
    return sa.or_(*each)

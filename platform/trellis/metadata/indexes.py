"""Which indexes an entity should have, from its fields, its declared indexes and the sort orders of its views.

Indexes skip deleted records where the entity has a bin: every list and every check of a link asks for `deleted_at IS NULL`.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from trellis.metadata.documents import Entity, View
from trellis.metadata.documents.view import Sort
from trellis.metadata.fieldtypes import Select
from trellis.metadata.shape import EntityShape
from trellis.metadata.storagekinds import IdKind, JsonKind

Order = tuple[Sort, ...]
Keys = tuple[tuple[str, bool], ...]

WIDEST_TEXT = 900
"""Characters of all texts in one index: PostgreSQL refuses index rows above 2,704 bytes, and Chinese takes three each."""


@dataclass(frozen=True, slots=True)
class IndexColumn:
    """One column of an index and its direction; empty values, if it can have any, are last in either direction."""

    name: str
    descending: bool = False
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Presence:
    """A condition on the rows of an index: the column is blank, or filled."""

    column: str
    blank: bool


@dataclass(frozen=True, slots=True)
class IndexShape:
    """A physical index; `width` is the largest number of characters that a row of it can hold."""

    name: str
    table: str
    columns: tuple[IndexColumn, ...]
    unique: bool = False
    where: tuple[Presence, ...] = ()
    width: int = 0

    @property
    def signature(self) -> str:
        """The definition as text; two indexes of one table with one signature are the same."""
        columns = ",".join(f"{column.name}{' desc' if column.descending else ''}" for column in self.columns)
        where = ",".join(f"{'blank' if rule.blank else 'filled'} {rule.column}" for rule in self.where)
        return f"{'unique ' if self.unique else ''}{columns}{' where ' if where else ''}{where}"

    @property
    def too_wide(self) -> bool:
        """Whether the longest allowed texts would not fit into the index."""
        return self.width > WIDEST_TEXT


def indexes_of(entity: Entity, views: Iterable[View], shape: EntityShape) -> tuple[IndexShape, ...]:
    """All indexes of an entity, each definition once."""
    kept: list[IndexShape] = []
    orders = [view.sort for view in views if view.entity == entity.id and view.sort]
    for index in (*_unique(entity, shape), *_declared(entity, shape, orders), *_sorted(entity, shape, orders)):
        if not any(_same(index, other) for other in kept):
            kept.append(index)
    kept += [index for index in _links(entity, shape) if not any(_starts_with(other, index) for other in kept)]
    kept += _bin(shape)
    return tuple(_named(index, shape) for index in kept)


def _unique(entity: Entity, shape: EntityShape) -> Iterator[IndexShape]:
    for key, field in entity.fields.items():
        if field.unique:
            yield from _index(entity, shape, ((key, False),), unique=True)


def _declared(entity: Entity, shape: EntityShape, orders: Iterable[Order]) -> Iterator[IndexShape]:
    """The indexes of the document; the last field runs the way in which the views sort by it."""
    directions = {sort.field: sort.dir == "desc" for order in reversed([*orders]) for sort in order}
    for index in sorted(entity.indexes.values(), key=lambda index: not index.unique):
        if index.unique:
            yield from _index(entity, shape, tuple((key, False) for key in index.fields), unique=True)
        else:
            *first, last = index.fields
            keys = (*((key, False) for key in first), (last, directions.get(last, False)))
            yield from _index(entity, shape, _with_id(keys))


def _sorted(entity: Entity, shape: EntityShape, orders: Iterable[Order]) -> Iterator[IndexShape]:
    """An index for each order of a view; links sort by the title behind them and choices by their order: no index helps."""
    for order in orders:
        fields = [entity.field(sort.field) for sort in order]
        if all(field and field.sortable and not field.target and not isinstance(field, Select) for field in fields):
            keys = _with_id(tuple((sort.field, sort.dir == "desc") for sort in order))
            yield from (index for index in _index(entity, shape, keys) if not index.too_wide)


def _links(entity: Entity, shape: EntityShape) -> Iterator[IndexShape]:
    """An index for every link that people set, so that the other side finds its records; blank links cost nothing."""
    for key, field in entity.all_fields.items():
        column = shape.columns.get(key)
        if column and isinstance(column.kind, IdKind) and field.target and not field.system:
            for index in _index(entity, shape, _with_id(((key, False),))):
                yield replace(index, where=(*index.where, Presence(column.name, blank=False)))


def _bin(shape: EntityShape) -> list[IndexShape]:
    deleted = shape.columns.get("deleted_at")
    if deleted is None:
        return []
    columns = (IndexColumn(deleted.name, descending=True), IndexColumn("id", descending=True, nullable=False))
    return [IndexShape("", shape.table, columns, where=(Presence(deleted.name, blank=False),))]


def _with_id(keys: Keys) -> Keys:
    return keys if any(key == "id" for key, _ in keys) else (*keys, ("id", keys[-1][1]))


def _index(entity: Entity, shape: EntityShape, keys: Keys, *, unique: bool = False) -> Iterator[IndexShape]:
    """The index over fields, when all of them are kept in columns that can be compared."""
    if not all(key in shape.columns and not isinstance(shape.columns[key].kind, JsonKind) for key, _ in keys):
        return
    columns = tuple(IndexColumn(shape.columns[key].name, down, not _always_filled(entity, key)) for key, down in keys)
    if not any(column.nullable or not column.descending for column in columns):
        columns = tuple(replace(column, descending=False) for column in columns)  # such an index is read backwards
    deleted = shape.columns.get("deleted_at")
    yield IndexShape(
        name="",
        table=shape.table,
        columns=columns,
        unique=unique,
        where=(Presence(deleted.name, blank=True),) if deleted else (),
        width=sum(_width(entity, key) for key, _ in keys),
    )


def _always_filled(entity: Entity, key: str) -> bool:
    return key in ("id", "created_at", "updated_at", "version") and key not in entity.fields


def _width(entity: Entity, key: str) -> int:
    field = entity.field(key)
    return int(field.json_schema().get("maxLength", 0)) if field else 0


def _same(index: IndexShape, other: IndexShape) -> bool:
    return index.columns == other.columns and index.where == other.where and (other.unique or not index.unique)


def _starts_with(longer: IndexShape, link: IndexShape) -> bool:
    """Whether a longer index finds the records of a link just as well."""
    return longer.columns[0].name == link.columns[0].name and set(longer.where) <= set(link.where)


def _named(index: IndexShape, shape: EntityShape) -> IndexShape:
    fingerprint = hashlib.sha256(index.signature.encode()).hexdigest()[:8]
    return replace(index, name=f"ix_{shape.number:04d}_{fingerprint}")

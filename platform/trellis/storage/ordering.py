"""Orders and the places in them: ORDER BY and the condition for what comes after a row."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from trellis.engine.query import SortKey
from trellis.metadata.documents import Level
from trellis.metadata.fieldtypes import FieldType, Select
from trellis.metadata.snapshot import Snapshot
from trellis.metadata.storagekinds import ColumnKind, IdKind, IntegerKind
from trellis.storage.sources import Sources, title_path


@dataclass(frozen=True, slots=True)
class OrderKey:
    """One key of an order as SQL; empty values come last whichever the direction."""

    element: sa.ColumnElement[Any]
    kind: ColumnKind
    descending: bool
    nullable: bool


def order_keys(sources: Sources, snapshot: Snapshot, entity: str, sort: Sequence[SortKey]) -> tuple[OrderKey, ...]:
    """The keys of an order, made unique by the id; a link sorts by the title it shows, a choice by its option order."""
    keys = [_order_key(sources, snapshot, entity, key) for key in sort if key.path != "id"]
    by_id = next((key.descending for key in sort if key.path == "id"), bool(keys) and keys[-1].descending)
    element, _ = sources.at("id")
    return (*keys, OrderKey(element, IdKind(), by_id if keys or sort else True, False))


def _order_key(sources: Sources, snapshot: Snapshot, entity: str, key: SortKey) -> OrderKey:
    field = snapshot.field_at(entity, key.path)
    path = key.path
    if field is not None and field.target is not None:
        titled = ".".join((path, *title_path(snapshot, snapshot.entity(field.target))))
        title = snapshot.field_at(entity, titled)
        if title is not None and sources.access.highest(title.entity, title.key) >= Level.READ:
            path, field = titled, title
    element, kind = sources.at(path)
    if isinstance(field, Select):
        return OrderKey(_option_order(field, element), IntegerKind(), key.descending, True)
    filled = _always_filled(field, path) and not sources.access.upgrades(entity, path)
    return OrderKey(element, kind, key.descending, not filled)


def _always_filled(field: FieldType | None, path: str) -> bool:
    return (
        field is not None
        and field.system
        and "." not in path
        and field.type in ("datetime", "integer", "id")
        and field.key != "deleted_at"
    )


def _option_order(field: Select, element: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    places: dict[Any, Any] = {key: sa.literal_column(str(place)) for place, key in enumerate(field.choices)}
    return sa.case(places, value=element) if places else element


def order_by(keys: Sequence[OrderKey], *, backwards: bool) -> list[sa.ColumnElement[Any]]:
    """ORDER BY terms; backwards for the page before a cursor."""
    terms: list[sa.ColumnElement[Any]] = []
    for key in keys:
        down = key.descending != backwards
        term = key.element.desc() if down else key.element.asc()
        if key.nullable:
            term = term.nulls_first() if backwards else term.nulls_last()
        terms.append(term)
    return terms


def ranges(keys: Sequence[OrderKey], empty: Sequence[bool], *, backwards: bool) -> list[sa.ColumnElement[bool]]:
    """The conditions for rows after a cursor whose values are bound as k0, k1, …; `empty` says which of them are null.

    Each is one range of an index, and their rows come one after the other: first the filled values, then the empty ones.
    """
    if empty[0]:
        return [_beyond(keys, empty, backwards=backwards)]
    filled = [replace(keys[0], nullable=False), *keys[1:]]
    found: list[sa.ColumnElement[bool]]
    if any(key.nullable for key in filled) or len({key.descending for key in keys}) > 1:
        first = keys[0].element
        bound = first <= _bind(keys, 0) if keys[0].descending != backwards else first >= _bind(keys, 0)
        found = [sa.and_(bound, _beyond(filled, empty, backwards=backwards))]
    else:
        found = [_beyond_at_once(keys, backwards=backwards)]
    return [*found, keys[0].element.is_(None)] if keys[0].nullable and not backwards else found


def _beyond_at_once(keys: Sequence[OrderKey], *, backwards: bool) -> sa.ColumnElement[bool]:
    """All keys compared as one row, for keys of one direction without empty values."""
    place = sa.tuple_(*(_bind(keys, number) for number in range(len(keys))))
    row = sa.tuple_(*(key.element for key in keys))
    return row < place if keys[0].descending != backwards else row > place


def _bind(keys: Sequence[OrderKey], number: int) -> sa.ColumnElement[object]:
    return sa.bindparam(f"k{number}", type_=keys[number].element.type)


def _beyond(keys: Sequence[OrderKey], empty: Sequence[bool], *, backwards: bool) -> sa.ColumnElement[bool]:
    """The condition for any keys."""
    binds = [_bind(keys, number) for number in range(len(keys))]
    alternatives = []
    for number in range(len(keys)):
        after = _after(keys[number], binds[number], empty=empty[number], backwards=backwards)
        if after is not None:
            same = [_same(keys[place], binds[place], empty=empty[place]) for place in range(number)]
            alternatives.append(sa.and_(*same, after))
    return sa.or_(sa.false(), *alternatives)


def _same(key: OrderKey, bind: sa.ColumnElement[Any], *, empty: bool) -> sa.ColumnElement[bool]:
    return key.element.is_(None) if empty else key.element == bind


def _after(
    key: OrderKey, bind: sa.ColumnElement[Any], *, empty: bool, backwards: bool
) -> sa.ColumnElement[bool] | None:
    if empty:
        return key.element.is_not(None) if backwards else None
    passed = key.element < bind if key.descending != backwards else key.element > bind
    return passed if backwards or not key.nullable else passed | key.element.is_(None)

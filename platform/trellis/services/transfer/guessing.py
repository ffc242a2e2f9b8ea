"""A first mapping for a file, out of the names of its columns."""

import re
from collections.abc import Iterable

from trellis.engine.access import Access
from trellis.metadata.documents import Entity, Level
from trellis.metadata.fieldtypes import FieldType
from trellis.metadata.snapshot import Snapshot
from trellis.services.transfer.mapping import ColumnMapping, Mapping

LOCALES = ("en", "zh-CN")


def guess(snapshot: Snapshot, access: Access, entity_id: str, columns: Iterable[str]) -> Mapping:
    """Each column whose name is that of a field, in any language of the packs; recognised by a unique field or the title."""
    names = _names(snapshot, access, entity_id)
    entity = snapshot.entity(entity_id)
    found: dict[str, ColumnMapping] = {}
    for column in columns:
        key = names.get(_plain(column))
        if key is not None and key not in {mapped.field for mapped in found.values()}:
            found[column] = ColumnMapping(field=key)
    return Mapping(entity=entity_id, key=_key(entity, {mapped.field for mapped in found.values()}), columns=found)


def importable(entity: Entity, access: Access) -> list[FieldType]:
    """The fields that a column may fill."""
    return [
        spec
        for key, spec in entity.all_fields.items()
        if spec.writable and not spec.system and not spec.hidden and access.highest(entity.id, key) >= Level.CREATE
    ]


def _names(snapshot: Snapshot, access: Access, entity_id: str) -> dict[str, str]:
    names: dict[str, str] = {}
    for locale in LOCALES:
        for spec in importable(snapshot.localised(locale).entity(entity_id), access):
            names.setdefault(_plain(spec.caption), spec.key)
            names.setdefault(_plain(spec.key), spec.key)
    return names


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


def _key(entity: Entity, mapped: set[str]) -> tuple[str, ...]:
    unique = [key for key, spec in entity.fields.items() if spec.unique and key in mapped]
    if unique:
        return (unique[0],)
    return (entity.title_field,) if entity.title_field in mapped else ()

"""A mapping tied to the entity it writes to: every column knows how its text becomes a value."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial

from trellis.engine.access import Access
from trellis.kernel.errors import FieldError, Forbidden, Invalid
from trellis.kernel.identity import canonical_id
from trellis.kernel.messages import Message
from trellis.kernel.names import nearest
from trellis.metadata.documents import Entity, Level
from trellis.metadata.fieldtypes import FieldType, Reading
from trellis.metadata.snapshot import Snapshot
from trellis.services.context import Context
from trellis.services.transfer.mapping import ColumnMapping, Mapping
from trellis.services.transfer.safety import original

FromText = Callable[[str], object]
REMEMBERED = 5_000
_ID = "id"


@dataclass(frozen=True, slots=True)
class Link:
    """How the records behind a lookup are found: by which field of which entity, and whether missing ones are made."""

    target: str
    by: str
    create: bool
    from_text: FromText
    several: bool = False


@dataclass(frozen=True, slots=True)
class BoundColumn:
    """One column that is read: where it stands, and what becomes of its cells."""

    index: int
    name: str
    field: FieldType
    values: dict[str, str]
    trim: bool
    from_text: FromText
    link: Link | None = None

    def text(self, cell: str) -> str:
        """The cell after trimming, without the apostrophe of our own exports, and replaced where the mapping says so."""
        plain = original(cell.strip() if self.trim else cell)
        return self.values.get(plain, plain) if self.values else plain


@dataclass(frozen=True)
class Binding:
    """A checked mapping for one file."""

    mapping: Mapping
    entity: Entity
    columns: tuple[BoundColumn, ...]
    constants: dict[str, object]
    key: tuple[str, ...]
    key_from_text: dict[str, FromText]

    @property
    def keeps_empty(self) -> bool:
        """Whether an empty cell leaves the field alone."""
        return self.mapping.options.empty == "keep"

    @property
    def links(self) -> tuple[BoundColumn, ...]:
        """The columns that point to other records."""
        return tuple(column for column in self.columns if column.link)


def bind(mapping: Mapping, context: Context, names: tuple[str, ...]) -> Binding:
    """Check a mapping against the release, the actor's rights and the file's columns; raises Invalid with all errors."""
    snapshot, access = context.snapshot, context.access
    mapping = _with_zone(mapping, context)
    entity = snapshot.entity(mapping.entity)
    _check_rights(mapping, access)
    errors = [
        *_column_errors(mapping, snapshot, access, names),
        *_key_errors(mapping, entity, access),
        *_constant_errors(mapping, entity),
    ]
    if errors:
        raise Invalid(errors)
    reading = _reading(mapping)
    columns = tuple(
        _bound(names.index(name), name, column, mapping, entity, snapshot) for name, column in mapping.columns.items()
    )
    key_from_text = {column.field.key: column.from_text for column in columns if column.field.key in mapping.key}
    constants = {key: _constant(entity, key, value, reading) for key, value in mapping.constants.items()}
    return Binding(mapping, entity, columns, constants, mapping.key, key_from_text)


def _with_zone(mapping: Mapping, context: Context) -> Mapping:
    """Times without a zone are those of who imports, unless the mapping says another one."""
    zone = context.preferences.zone if context.actor.is_system else context.actor.zone
    options = mapping.options.model_copy(update={"zone": mapping.options.zone or zone})
    return mapping.model_copy(update={"options": options})


def _check_rights(mapping: Mapping, access: Access) -> None:
    if not access.system("import"):
        raise Forbidden(Message("You may not import."))
    needed = {"insert": ("create",), "update": ("edit",), "upsert": ("create", "edit")}[mapping.mode]
    if not all(access.allows(mapping.entity, action) for action in needed):
        raise Forbidden


def _column_errors(
    mapping: Mapping, snapshot: Snapshot, access: Access, names: tuple[str, ...]
) -> Iterator[FieldError]:
    entity = snapshot.entity(mapping.entity)
    if not mapping.columns:
        yield FieldError("columns", "required", Message("Choose at least one column."))
    for name, column in mapping.columns.items():
        where = f"columns/{name}"
        if name not in names:
            yield FieldError(where, "unknown_column", _unknown("The file has no column “{name}”.", name, names))
        field = entity.field(column.field)
        if field is None:
            yield FieldError(
                f"{where}/field",
                "unknown_field",
                _unknown("There is no field “{name}”.", column.field, entity.all_fields),
            )
        elif column.field == _ID and column.field not in mapping.key:
            yield FieldError(f"{where}/field", "not_writable", Message("The ID can only be a key."))
        elif column.field != _ID and not _writable(field, access):
            yield FieldError(
                f"{where}/field", "not_writable", Message("“{field}” cannot be imported.", {"field": field.caption})
            )
        else:
            yield from _link_errors(where, column, field, snapshot, access)
    yield from _twice(mapping)


def _writable(field: FieldType, access: Access) -> bool:
    return field.writable and not field.system and access.highest(field.entity, field.key) >= Level.CREATE


def _readable(field: FieldType, access: Access) -> bool:
    """Whether records may be found by a field: who may not read it everywhere would learn of it by trying."""
    return access.level(field.entity, field.key) >= Level.READ


def _link_errors(
    where: str, column: ColumnMapping, field: FieldType, snapshot: Snapshot, access: Access
) -> Iterator[FieldError]:
    if column.field == _ID or (column.by is None and field.target is None):
        return
    target = snapshot.entities.get(field.target or "")
    if target is None:
        yield FieldError(
            f"{where}/by", "not_a_lookup", Message("“{field}” points to no records.", {"field": field.caption})
        )
    elif (by := target.field(column.by or target.title_field)) is None or by.multiple or not _readable(by, access):
        yield FieldError(
            f"{where}/by",
            "unknown_field",
            _unknown("There is no field “{name}”.", column.by or target.title_field, target.all_fields),
        )


def _twice(mapping: Mapping) -> Iterator[FieldError]:
    seen: dict[str, str] = {}
    for name, column in mapping.columns.items():
        if column.field in seen:
            reason = Message(
                "“{field}” is filled by “{other}” already.", {"field": column.field, "other": seen[column.field]}
            )
            yield FieldError(f"columns/{name}/field", "twice", reason)
        seen[column.field] = name


def _key_errors(mapping: Mapping, entity: Entity, access: Access) -> Iterator[FieldError]:
    if mapping.mode != "insert" and not mapping.key:
        yield FieldError("key", "required", Message("Say by which fields a record is recognised."))
    filled = {column.field for column in mapping.columns.values()}
    for key in mapping.key:
        field = entity.field(key)
        if field is None or not _readable(field, access):
            yield FieldError("key", "unknown_field", _unknown("There is no field “{name}”.", key, entity.all_fields))
        elif field.multiple or key not in filled:
            yield FieldError(
                "key", "key_without_column", Message("No column fills the key “{field}”.", {"field": field.caption})
            )


def _constant_errors(mapping: Mapping, entity: Entity) -> Iterator[FieldError]:
    for key in mapping.constants:
        if entity.field(key) is None:
            yield FieldError(
                f"constants/{key}", "unknown_field", _unknown("There is no field “{name}”.", key, entity.all_fields)
            )


def _unknown(template: str, name: str, names: object) -> Message:
    guess = nearest(name, names)  # type: ignore[arg-type]
    if guess:
        return Message(template + " Did you mean “{guess}”?", {"name": name, "guess": guess})
    return Message(template, {"name": name})


def _reading(mapping: Mapping, pattern: str | None = None) -> Reading:
    options = mapping.options
    marks = ",  '" if options.decimal_mark == "." else ".  '"
    return Reading(
        decimal_mark=options.decimal_mark,
        group_marks=marks,
        date_formats=(pattern,) if pattern else (),
        day_first=options.day_first,
        zone=options.zone or "UTC",
    )


def _bound(
    index: int, name: str, column: ColumnMapping, mapping: Mapping, entity: Entity, snapshot: Snapshot
) -> BoundColumn:
    field = entity.all_fields[column.field]
    reading = _reading(mapping, column.format)
    link = None if column.field == _ID else _link(column, field, mapping, snapshot)
    from_text = _record_id if column.field == _ID else _converter(field, reading)
    return BoundColumn(index, name, field, column.values, column.trim, from_text, link)


def _converter(field: FieldType, reading: Reading) -> FromText:
    """Text to value; files say the same words again and again, so the latest ones are remembered."""
    return lru_cache(REMEMBERED)(partial(field.from_text, reading=reading))


def _record_id(text: str) -> object:
    return canonical_id(text) or text


def _link(column: ColumnMapping, field: FieldType, mapping: Mapping, snapshot: Snapshot) -> Link | None:
    if field.target is None:
        return None
    target = snapshot.entity(field.target)
    by = column.by or target.title_field
    create = column.create if column.create is not None else field.target in mapping.options.create_missing
    found = target.all_fields[by]
    from_text = _record_id if by == _ID else _converter(found, _reading(mapping))
    return Link(field.target, by, create and found.writable and by != _ID, from_text, field.multiple)


def _constant(entity: Entity, key: str, value: object, reading: Reading) -> object:
    field = entity.all_fields[key]
    return field.from_text(value, reading) if isinstance(value, str) and field.target is None else value

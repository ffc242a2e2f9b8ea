"""The form that says which column of a file becomes which field."""

import asyncio
from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import dataclass

from trellis.kernel.errors import FieldError, Invalid
from trellis.metadata.documents import Entity
from trellis.metadata.fieldtypes import FieldType
from trellis.services.context import Context
from trellis.services.transfer.guessing import importable
from trellis.services.transfer.importing import choices_of
from trellis.services.transfer.limits import Unreadable
from trellis.services.transfer.mapping import ColumnMapping, Mapping
from trellis.services.transfer.preview import Preview, preview
from trellis.services.transfer.reading import Table, open_table
from trellis.services.transfer.reading import preview as first_rows
from trellis.services.transfer.sniffing import ENCODINGS
from trellis.services.transfer.uploads import ImportRun, file_of

DELIMITERS = ((",", "Comma"), (";", "Semicolon"), ("\t", "Tab"), ("|", "Vertical bar"), (":", "Colon"), (" ", "Space"))
SAMPLES = 3
Form = Map[str, Sequence[str]]


@dataclass(frozen=True)
class ColumnRow:
    """One column of the file: samples of it, the field it fills, and how linked records are found."""

    place: int
    name: str
    samples: tuple[str, ...]
    field: str
    by: str
    create: bool
    target: Entity | None
    names: tuple[FieldType, ...]


@dataclass(frozen=True)
class ColumnsPage:
    """Everything one can say about a file before it is brought in."""

    entity: Entity
    run: ImportRun
    mapping: Mapping
    table: Table | None
    rows: tuple[ColumnRow, ...]
    fields: tuple[FieldType, ...]
    keys: tuple[FieldType, ...]
    encodings: tuple[str, ...]
    delimiters: tuple[tuple[str, str], ...]
    errors: tuple[FieldError, ...]
    preview: Preview | None


async def columns_page(
    context: Context, entity: Entity, run: ImportRun, mapping: Mapping, errors: tuple[FieldError, ...], *, tried: bool
) -> ColumnsPage:
    """The form in a state; with `tried` the first rows are tried out."""
    table, seen = None, None
    samples: list[list[str]] = []
    try:
        table = await asyncio.to_thread(open_table, file_of(context, run), choices_of(mapping))
        samples = [row.cells for row in await asyncio.to_thread(first_rows, table, SAMPLES)]
        seen = await preview(context, run, file_of(context, run), mapping) if tried else None
    except Unreadable as error:
        errors = (*errors, *([] if errors else [FieldError("", error.code, error.message)]))
    except Invalid as error:
        errors = (*errors, *error.errors)
    fields = tuple(importable(entity, context.access))
    filled = {column.field for column in mapping.columns.values()}
    return ColumnsPage(
        entity=entity,
        run=run,
        mapping=mapping,
        table=table,
        rows=tuple(_rows(context, entity, table, samples, mapping)) if table else (),
        fields=fields,
        keys=tuple(field for field in fields if field.key in filled and not field.multiple),
        encodings=tuple(dict.fromkeys([*([table.encoding] if table and table.encoding else []), *ENCODINGS])),
        delimiters=DELIMITERS,
        errors=errors,
        preview=seen,
    )


def _rows(
    context: Context, entity: Entity, table: Table, samples: list[list[str]], mapping: Mapping
) -> list[ColumnRow]:
    found = []
    for place, name in enumerate(table.columns):
        column = mapping.columns.get(name)
        spec = entity.field(column.field) if column else None
        target = context.snapshot.entities.get(spec.target or "") if spec else None
        cells = tuple(cells[place][:60] for cells in samples if place < len(cells) and cells[place])
        names = (
            tuple(item for item in target.fields.values() if not item.multiple and not item.target and not item.hidden)
            if target
            else ()
        )
        by = (column.by or target.title_field) if column and target else ""
        create = bool(column and (column.create or target and target.id in mapping.options.create_missing))
        found.append(ColumnRow(place, name, cells, column.field if column else "", by, create, target, names))
    return found


def posted_mapping(form: Form, before: Mapping) -> Mapping:
    """The mapping that a form says; what the form cannot say stays as it was. Raises Invalid."""

    def one(name: str) -> str:
        return next(iter(form.get(name, ())), "")

    columns: dict[str, ColumnMapping] = {}
    for place, name in enumerate(form.get("column", ())):
        key = one(f"field-{place}")
        old = before.columns.get(name)
        if key:
            kept = (
                old.model_dump(by_alias=True, exclude={"by", "create"}) if old and old.field == key else {"field": key}
            )
            asked = f"by-{place}" in form and old is not None and old.field == key
            links = {"by": one(f"by-{place}") or None, "create": bool(one(f"create-{place}"))} if asked else {}
            columns[name] = ColumnMapping.model_validate({**kept, **links})
    options = {
        **before.options.model_dump(by_alias=True, exclude={"create_missing"}),
        "encoding": one("encoding") or None,
        "delimiter": one("delimiter") or None,
        "sheet": one("sheet") or None,
        "header": int(one("header")) if one("header").isascii() and one("header").isdigit() else None,
        "decimalMark": "," if one("decimal") == "," else ".",
        "dayFirst": one("dayFirst") == "1",
        "empty": "clear" if one("empty") == "clear" else "keep",
        "mode": one("mode") if one("mode") in ("upsert", "insert", "update") else None,
    }
    key = one("key")
    filled = {column.field for column in columns.values()}
    members = {"entity": before.entity, "columns": columns, "constants": before.constants, "options": options}
    if options["mode"] == "insert" or key not in filled:
        options["mode"] = "insert"
        return Mapping.model_validate({**members, "key": ()})
    return Mapping.model_validate({**members, "key": (key,)})

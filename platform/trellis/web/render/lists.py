"""Rows of a list as HTML, by a renderer that is made once per columns, rights and language."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from trellis.engine.query import LABEL, LEVEL
from trellis.metadata.documents import Level, View, in_order
from trellis.metadata.documents.view import Column
from trellis.metadata.fieldtypes import FieldType
from trellis.services.context import Context
from trellis.web.render.formats import LocaleFormats
from trellis.web.render.values import Cell, cell_for, or_hidden, told_by_distance


@dataclass(frozen=True, slots=True)
class Head:
    """The head of one column."""

    path: str
    label: str
    numeric: bool
    sortable: bool
    hide_below: str = ""
    width: int = 0
    """How many characters wide the column is; 0 for as wide as what is in it."""
    relative: bool = False
    """Whether dates are told by their distance from today."""
    summary: str = ""
    """What is told below the column of all values: sum, avg, min, max or count."""


@dataclass(frozen=True, slots=True)
class _Column:
    value: int
    label: int | None
    """The title behind a link; of a field that is not open on every record, how far it is open."""
    cell: Cell
    opening: str


Renderer = Callable[[Sequence[tuple[object, ...]]], Markup]

CHOSEN = "chosen"
"""The id of the form to which the boxes of a list belong."""


def row_renderer(
    context: Context,
    entity: str,
    heads: Sequence[Head],
    columns: tuple[str, ...],
    formats: LocaleFormats,
    title: str,
    *,
    boxes: bool = False,
) -> Renderer:
    """The function that turns rows with these columns into table rows; the column `title` links to the record.

    With `boxes` each row begins with a box by which it is chosen.
    """
    places = {name: place for place, name in enumerate(columns)}
    made = [_column(context, entity, head, places, formats) for head in heads]
    link = next((number for number, head in enumerate(heads) if head.path == title), 0)
    start = f'<td class="t-main-cell"><a href="/records/{escape(entity)}/'
    first, mark = (_with_box, _named) if boxes else (_without_box, _unnamed)
    parts = [(number == link, part.value, part.label, part.cell, part.opening) for number, part in enumerate(made)]

    def row(raw: tuple[Any, ...]) -> str:
        html = first(raw[0])
        for is_link, place, label, cell, opening in parts:
            shown = cell(raw[place], raw[label] if label is not None else None)
            if is_link:
                html += f'{start}{raw[0]}"{mark(raw[0])}>{_plain(shown) or "…"}</a></td>'
            else:
                html += f"{opening}{shown}</td>"
        return html + "</tr>"

    return lambda rows: Markup("".join([row(raw) for raw in rows]))  # noqa: S704 - every cell escapes what it shows


def _with_box(record: str) -> str:
    """The begin of a row with its box, which is called like the link to the record."""
    return (
        f'<tr><td class="t-choose"><label><input class="form-check-input t-check" type="checkbox" name="id" value="{record}" '
        f'form="{CHOSEN}" autocomplete="off" aria-labelledby="r-{record}"></label></td>'
    )


def _without_box(record: str) -> str:
    return "<tr>"


def _named(record: str) -> str:
    return f' id="r-{record}"'


def _unnamed(record: str) -> str:
    return ""


def _plain(shown: str) -> str:
    """A cell without its own link, to stand inside the link to the record."""
    return shown.partition(">")[2].rpartition("</a>")[0] if shown.startswith("<a ") else shown


def _column(context: Context, entity: str, head: Head, places: dict[str, int], formats: LocaleFormats) -> _Column:
    field = context.snapshot.field_at(entity, head.path)
    if field is None or head.path not in places:
        return _empty(head)
    localised = context.snapshot.localised(formats.locale).field_at(entity, head.path) or field
    classes = ["t-num"] if head.numeric else []
    if head.hide_below:
        classes.append(f"t-hide-{head.hide_below}")
    opening = f'<td class="{" ".join(classes)}" data-label="{escape(head.label)}">'
    cell, label = cell_for(context.access, field, localised, formats), places.get(head.path + LABEL)
    if head.relative:
        cell = told_by_distance(cell, context.clock, formats)
    if label is None and head.path + LEVEL in places:
        return _Column(places[head.path], places[head.path + LEVEL], or_hidden(cell, formats), opening)
    return _Column(places[head.path], label, cell, opening)


def _empty(head: Head) -> _Column:
    """The cells of a field that is not published yet."""
    opening = f'<td class="t-fresh" data-label="{escape(head.label)}">'
    return _Column(0, None, lambda value, label: "", opening)


def head_of(context: Context, entity: str, path: str, formats: LocaleFormats, column: Column | None = None) -> Head:
    """The head of a column of a view, or of a field that stands in none."""
    field = context.snapshot.localised(formats.locale).field_at(entity, path)
    return head_for(path, field, formats, column, sortable=bool(field and field.sortable))


def head_for(
    path: str, field: FieldType | None, formats: LocaleFormats, column: Column | None, *, sortable: bool = False
) -> Head:
    """The head with the column's own label, or that of the field."""
    caption = formats.words(field.caption) if field else path
    numeric = bool(field and field.numeric)
    if column is None:
        return Head(path, caption, numeric, sortable)
    return Head(
        path, column.label or caption, numeric, sortable, column.hide_below or "", column.width or 0,
        column.format == "relative", column.summary or "",
    )  # fmt: skip


def link_of(view: View | None, title: str) -> str:
    """The column that leads to the record: the one that the view says, else the title."""
    columns = in_order(view.columns) if view else {}
    return next((path for path, column in columns.items() if column.link), title)


def usable(context: Context, entity: str, path: str) -> FieldType | None:
    """The field of a path, if the actor may know of it."""
    steps = path.split(".")
    if len(steps) > 4:
        return None
    fields = [context.snapshot.field_at(entity, ".".join(steps[: n + 1])) for n in range(len(steps))]
    for place, field in enumerate(fields):
        needed = Level.MASKED if place == len(fields) - 1 else Level.READ
        if field is None or context.access.highest(field.entity, field.key) < needed:
            return None
    return fields[-1]

"""List views as people edit them: what a form holds becomes a document, and a document what a form holds."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from trellis.engine.filterrules import FieldAt, Rows, read_rows, rows_source
from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes import Refused
from trellis.services.studio.ordering import arranged, following, in_order, moved

Raw = Mapping[str, Any]

NO_ROWS = Rows()
HIDDEN_BELOW = ("sm", "md", "lg", "xl")
PAGE_SIZE = 50
MEMBERS = ("columns", "filter", "sort", "quickFilters", "bulkActions", "audience", "scopeDefault", "paging")
"""What people can take back to the pack's value one by one."""


@dataclass(frozen=True, slots=True)
class ColumnInput:
    """One column: the path of its field, its own heading if it has one, and on which screens it is left out.

    `width` counts characters; `format` is how dates are told, `summary` what is told below the column.
    """

    path: str
    label: str = ""
    hide_below: str = ""
    link: bool = False
    width: int = 0
    format: str = ""
    summary: str = ""


@dataclass(frozen=True, slots=True)
class SortInput:
    """One key of the order."""

    path: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class QuickInput:
    """One filter that is a click away; an empty key is a new one."""

    key: str
    label: str
    rows: Rows


@dataclass(frozen=True, slots=True)
class ViewInput:
    """Everything that the designer of a view holds."""

    label: str
    columns: tuple[ColumnInput, ...] = ()
    filter: Rows = NO_ROWS
    sort: tuple[SortInput, ...] = ()
    quick: tuple[QuickInput, ...] = ()
    actions: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    priority: int = 0
    scope: str = "all"
    page_size: int = PAGE_SIZE
    icon: str = ""
    default: bool = False


@dataclass(slots=True)
class Mistakes:
    """What does not fit, by the name of the input."""

    found: dict[str, Message] = field(default_factory=dict)

    def attempt(self, name: str, make: Callable[[], str]) -> str:
        """What `make` gives; what it refuses is noted and gives nothing."""
        try:
            return make()
        except Refused as refused:
            self.found[name] = refused.message
            return ""


def read_view(raw: Raw, field_at: FieldAt) -> ViewInput:
    """What the designer holds for a document."""
    columns, quick = raw.get("columns", {}), raw.get("quickFilters", {})
    audience = raw.get("audience", {})
    return ViewInput(
        label=raw.get("label", ""),
        columns=tuple(_column(path, columns[path]) for path in in_order(columns)),
        filter=read_rows(raw.get("filter") or "", field_at),
        sort=tuple(SortInput(key["field"], key.get("dir") == "desc") for key in raw.get("sort", [])),
        quick=tuple(
            QuickInput(key, quick[key].get("label", ""), read_rows(quick[key].get("filter", ""), field_at))
            for key in in_order(quick)
        ),
        actions=tuple(raw.get("bulkActions", ())),
        roles=tuple(audience.get("roles", ())),
        priority=audience.get("priority", 0),
        scope=raw.get("scopeDefault", "all"),
        page_size=raw.get("paging", {}).get("size", PAGE_SIZE),
        icon=raw.get("icon", ""),
        default=raw.get("default", False),
    )


def write_view(raw: Raw, given: ViewInput, field_at: FieldAt, mistakes: Mistakes, below: Raw | None = None) -> Raw:
    """The document with what the designer holds; members that say nothing new stay as they were written.

    Rows that are not finished are left out. What does not fit its field is noted in `mistakes`. What the customer had
    hidden of the pack's view `below` comes back as the pack has it.
    """
    pack = str(raw["id"]).partition(".")[0]
    known = {member: {**(below or {}).get(member, {}), **raw.get(member, {})} for member in ("columns", "quickFilters")}
    wanted: dict[str, Any] = {
        "label": given.label,
        "columns": _columns(known["columns"], given.columns),
        "filter": mistakes.attempt("filter", lambda: rows_source(given.filter, field_at)),
        "sort": _sort(raw.get("sort", []), given.sort),
        "quickFilters": _quick(known["quickFilters"], given.quick, pack, field_at, mistakes),
        "bulkActions": list(given.actions),
        "audience": _part(raw.get("audience", {}), roles=list(given.roles), priority=given.priority),
        "scopeDefault": given.scope,
        "paging": _part(raw.get("paging", {}), size=given.page_size),
        "icon": given.icon,
        "default": given.default,
    }
    kept = {key: value for key, value in wanted.items() if _says(raw, key, value)}
    return {key: value for key, value in {**raw, **kept}.items() if key not in wanted or key in kept}


NOTHING: Mapping[str, Any] = {
    "label": "", "filter": "", "sort": [], "quickFilters": {}, "bulkActions": [], "scopeDefault": "all", "icon": "",
    "audience": {}, "paging": {}, "default": False, "roles": [], "priority": 0, "size": PAGE_SIZE,
}  # fmt: skip
"""What members mean that a document leaves out."""


def new_view(view_id: str, entity: str, label: str, columns: Sequence[str]) -> Raw:
    """A list of all records with some columns."""
    return {
        "kind": "view", "id": view_id, "entity": entity, "type": "list", "label": label,
        "columns": {path: {"order": (place + 1) * 10} for place, path in enumerate(columns)},
    }  # fmt: skip


def copy_of(raw: Raw, view_id: str, label: str) -> Raw:
    """The same view under another name; nobody gets it first."""
    return {**{key: value for key, value in raw.items() if key != "default"}, "id": view_id, "label": label}


def free_id(name: str, taken: Iterable[str]) -> str:
    """An id of the customer's that nothing has, made of a name: `x.big_deals`, `x.big_deals_2`."""
    known = set(taken)
    base = shaped(name)
    tries = (f"x.{base}" if number == 1 else f"x.{base[:44]}_{number}" for number in range(1, len(known) + 2))
    return next(found for found in tries if found not in known)


def free_key(name: str, taken: Iterable[str], pack: str) -> str:
    """A key that nothing has, made of a name; in the document of a pack it belongs to the customer: `x_large`."""
    known = set(taken)
    base = shaped(name) if pack == "x" else f"x_{shaped(name)}"[:48]
    tries = (base if number == 1 else f"{base[:44]}_{number}" for number in range(1, len(known) + 2))
    return next(found for found in tries if found not in known)


def shaped(name: str) -> str:
    """A name as a key: letters that keys cannot have are left out, `item` where nothing is left."""
    letters = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name.lower())
    words = [word for word in letters.split("_") if word]
    key = "_".join(words)[:40].strip("_")
    return key if key[:1].isalpha() else f"item_{key}".strip("_")


def hidden_quick(raw: Raw, below: Raw | None, field_at: FieldAt) -> tuple[QuickInput, ...]:
    """The quick filters of the pack's view that the customer has hidden."""
    known = raw.get("quickFilters", {})
    return tuple(item for item in read_view(below or {}, field_at).quick if item.key not in known)


def with_column(given: tuple[ColumnInput, ...], path: str) -> tuple[ColumnInput, ...]:
    """The columns with one more at the end, unless it is there."""
    return given if any(column.path == path for column in given) else (*given, ColumnInput(path))


def with_quick(given: ViewInput, item: QuickInput) -> ViewInput:
    """The input with a quick filter more."""
    return replace(given, quick=(*given.quick, item))


def shifted(given: tuple[ColumnInput, ...], path: str, step: int) -> tuple[ColumnInput, ...]:
    """The columns with one moved by some places."""
    known = {column.path: column for column in given}
    return tuple(known[key] for key in moved(list(known), path, step))


def _column(path: str, raw: Raw) -> ColumnInput:
    return ColumnInput(
        path, raw.get("label", ""), raw.get("hideBelow", ""), raw.get("link", False),
        raw.get("width", 0), raw.get("format", ""), raw.get("summary", ""),
    )  # fmt: skip


def _columns(raw: Mapping[str, Raw], given: Sequence[ColumnInput]) -> dict[str, Any]:
    known = dict(raw)
    for column in given:
        if column.path not in known:
            known[column.path] = {"order": following(known)}
    placed = arranged(known, [column.path for column in given])
    return {
        column.path: _with(
            placed[column.path],
            label=column.label,
            hideBelow=column.hide_below,
            link=column.link,
            width=column.width,
            format=column.format,
            summary=column.summary,
        )
        for column in given
    }


def _sort(raw: Sequence[Raw], given: Sequence[SortInput]) -> list[Raw]:
    known = {(key["field"], key.get("dir", "asc")): key for key in raw}
    wanted = {key.path: "desc" if key.descending else "asc" for key in reversed(given) if key.path}
    return [
        known.get((path, direction), {"field": path, "dir": direction})
        for path, direction in reversed(list(wanted.items()))
    ]


def _quick(
    raw: Mapping[str, Raw], given: Sequence[QuickInput], pack: str, field_at: FieldAt, mistakes: Mistakes
) -> dict[str, Any]:
    known, named = dict(raw), []
    for item in given:
        if not item.label.strip() and not item.key:
            continue
        key = item.key if item.key in known else free_key(item.label, known, pack)
        name = f"quick-{item.key}"
        source = mistakes.attempt(name, lambda rows=item.rows: rows_source(rows, field_at))  # type: ignore[misc]
        known[key] = {"order": following(known), **known.get(key, {}), "label": item.label.strip(), "filter": source}
        named.append(key)
    return arranged(known, named)


def _with(element: Raw, **members: Any) -> dict[str, Any]:
    """The element with some members; those that are empty are left out."""
    kept = {key: value for key, value in element.items() if key not in members}
    return kept | {key: value for key, value in members.items() if value}


def _part(raw: Raw, **members: Any) -> Raw:
    """A part of a document with some members as far as they say something."""
    return {**raw, **{key: value for key, value in members.items() if _says(raw, key, value)}}


def _says(raw: Raw, key: str, value: Any) -> bool:
    """Whether a member has to stand in the document: it did, or it says something; no filter is no member."""
    return (key in raw and key != "filter") or value != NOTHING.get(key)

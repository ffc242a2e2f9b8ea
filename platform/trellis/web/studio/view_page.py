"""What the designer of a view shows: everything that was typed, with words, choices and findings around it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity, View
from trellis.metadata.documents.view import LIST_ACTIONS, Column
from trellis.metadata.fieldtypes import Date, DateTime, FieldType
from trellis.metadata.layers.places import MISSING, same, value_at
from trellis.metadata.snapshot import Snapshot
from trellis.services.context import Context
from trellis.services.studio.drafts import Draft
from trellis.services.studio.viewedits import MEMBERS, ColumnInput, QuickInput, ViewInput, hidden_quick
from trellis.web.http import Asked, locale_of
from trellis.web.render.environment import formats_of
from trellis.web.render.formats import LocaleFormats
from trellis.web.render.totals import WORDS
from trellis.web.studio.editing import Refusal
from trellis.web.studio.fieldtree import Branch, branch_at, caption_of
from trellis.web.studio.languages import TextInputs, text_inputs
from trellis.web.studio.onedocument import Standing, standing_of
from trellis.web.studio.people import name_of_user
from trellis.web.studio.rule_rows import RuleRows, rule_rows
from trellis.web.studio.view_preview import Preview, preview_of

Raw = Mapping[str, Any]

ACTION_WORDS = {
    "assign": Message("Give to…"), "share": Message("Share…"), "change": Message("Change…"), "export": Message("Export"),
    "delete": Message("Delete"), "import": Message("Import"), "bin": Message("Bin"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Typed:
    """What the form holds: read from the document, or posted and refused."""

    given: ViewInput
    texts: Mapping[str, list[str]] = field(default_factory=dict)
    mistakes: Mapping[str, Message] = field(default_factory=dict)
    refusal: Refusal | None = None

    @property
    def refused(self) -> bool:
        return bool(self.mistakes) or self.refusal is not None


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """One column as its inputs show it; `summaries` are what can be told below it."""

    given: ColumnInput
    caption: str
    shown: str
    known: bool
    dated: bool
    summaries: tuple[tuple[str, Message], ...]
    yours: bool

    @property
    def path(self) -> str:
        return self.given.path


@dataclass(frozen=True, slots=True)
class QuickRow:
    """One quick filter as its inputs show it; the blank one at the end has no key."""

    key: str
    label: str
    rules: RuleRows


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to pick."""

    value: str
    label: str | Message
    chosen: bool


@dataclass(frozen=True)
class ViewPage:
    """The designer of one view."""

    id: str
    head: Standing
    label: str
    entity: Entity
    given: ViewInput
    texts: TextInputs
    columns: tuple[ColumnRow, ...]
    branch: Branch
    filter: RuleRows
    sortable: tuple[tuple[str, str], ...]
    quick: tuple[QuickRow, ...]
    hidden_quick: tuple[QuickInput, ...]
    actions: tuple[Choice, ...]
    roles: tuple[Choice, ...]
    changed: frozenset[str]
    findings: tuple[Finding, ...]
    refusal: Refusal | None
    who: str
    preview: Preview
    removable: bool

    @property
    def scoped(self) -> bool:
        """Whether records have an owner, so that some are one's own."""
        return self.entity.traits.owned or self.entity.traits.child_of is not None


@dataclass(frozen=True)
class NewPage:
    """The form for a new view."""

    entities: tuple[tuple[str, str], ...]
    entity: str
    label: str
    missing: bool


@dataclass(frozen=True)
class BranchPage:
    """A part of the designer: the fields that can become columns."""

    id: str
    branch: Branch


async def view_page_of(request: Asked, context: Context, draft: Draft, raw: Raw, typed: Typed) -> ViewPage:
    """The designer of a view with what was typed."""
    locale, formats = locale_of(request, context), formats_of(request, context)
    words = draft.merged.snapshot.localised(locale)
    entity = words.entity(raw["entity"])
    given, below = typed.given, draft.below(raw["id"])
    captions = _captions(words, entity, given, formats)
    conflict = typed.refusal.conflict if typed.refusal else None
    named = words.documents.get(raw["id"])
    return ViewPage(
        id=raw["id"],
        head=standing_of(draft, raw["id"]),
        label=(named.label if named else "") or raw.get("label", ""),
        entity=entity,
        given=given,
        texts=text_inputs(draft, raw["id"], typed.texts),
        columns=tuple(_columns(words, raw, below, given, captions)),
        branch=branch_page(request, draft, raw, _at(request, typed)).branch,
        filter=rule_rows("filter", given.filter, words, entity, captions, typed.mistakes.get("filter")),
        sortable=tuple(_sortable(words, entity, given, captions)),
        quick=tuple(_quick(words, entity, given, captions, typed.mistakes)),
        hidden_quick=hidden_quick(raw, below, lambda path: words.field_at(entity.id, path)),
        actions=tuple(
            Choice(key, ACTION_WORDS[key], not given.actions or key in given.actions) for key in LIST_ACTIONS
        ),
        roles=tuple(Choice(role.id, role.label, role.id in given.roles) for role in words.roles.values()),
        changed=frozenset(_changed(raw, below)),
        findings=draft.findings(raw["id"]),
        refusal=typed.refusal,
        who=await name_of_user(context, conflict.by) if conflict else "",
        preview=await preview_of(context, draft, _document(draft, raw), formats),
        removable=True,
    )


def branch_page(request: Asked, draft: Draft, raw: Raw, at: str) -> BranchPage:
    """The fields at the end of a path."""
    words = draft.merged.snapshot.localised(locale_of(request, draft.context))
    taken = frozenset(raw.get("columns", {}))
    formats = formats_of(request, draft.context)
    return BranchPage(raw["id"], branch_at(words, words.entity(raw["entity"]), at, taken, formats))


def new_page(request: Asked, draft: Draft, entity: str, label: str = "", *, missing: bool = False) -> NewPage:
    """The form for a new view of an entity."""
    words = draft.merged.snapshot.localised(locale_of(request, draft.context))
    known = sorted(((item.id, item.plural) for item in words.entities.values()), key=lambda item: item[1])
    return NewPage(tuple(known), entity, label, missing)


def _document(draft: Draft, raw: Raw) -> View:
    """The view as far as it is sound."""
    found = draft.merged.documents.get(raw["id"])
    return (
        found
        if isinstance(found, View)
        else View(kind="view", id=raw["id"], entity=raw["entity"], type="list", columns={})
    )


def _at(request: Asked, typed: Typed) -> str:
    return request.query_params.get("at", "") or next(iter(typed.texts.get("at", ())), "")


def _captions(words: Snapshot, entity: Entity, given: ViewInput, formats: LocaleFormats) -> dict[str, str]:
    """The labels along every path that the view names, and of all fields of the entity."""
    paths = [column.path for column in given.columns] + [key.path for key in given.sort]
    for rows in (given.filter, *(item.rows for item in given.quick)):
        paths += [row.path for row in rows.rows if hasattr(row, "path")]
    return {path: caption_of(words, entity.id, path, formats) for path in dict.fromkeys([*entity.all_fields, *paths])}


def _columns(
    words: Snapshot, raw: Raw, below: Raw | None, given: ViewInput, captions: Mapping[str, str]
) -> list[ColumnRow]:
    theirs, ours = (below or {}).get("columns", {}), raw.get("columns", {})
    named = words.views[raw["id"]].columns if raw["id"] in words.views else {}
    found = {column.path: words.field_at(raw["entity"], column.path) for column in given.columns}
    return [
        ColumnRow(
            column,
            captions[column.path],
            _heading(column, ours.get(column.path, {}), named.get(column.path)),
            found[column.path] is not None,
            isinstance(found[column.path], Date | DateTime),
            tuple((key, word) for key, word in WORDS.items() if _fits(key, found[column.path])),
            below is not None and theirs.get(column.path) != ours.get(column.path),
        )
        for column in given.columns
    ]


def _fits(summary: str, field: FieldType | None) -> bool:
    """Whether values of a field can be told together like this."""
    return summary == "count" or bool(field and field.numeric)


def _heading(given: ColumnInput, raw: Raw, named: Column | None) -> str:
    """What people read above a column: in their language, unless something else was typed."""
    return named.label if named and given.label == raw.get("label", "") else given.label


def _sortable(words: Snapshot, entity: Entity, given: ViewInput, captions: Mapping[str, str]) -> list[tuple[str, str]]:
    paths = dict.fromkeys(
        [*(column.path for column in given.columns), *entity.all_fields, *(key.path for key in given.sort)]
    )
    fields = ((path, words.field_at(entity.id, path)) for path in paths)
    return [(path, captions[path]) for path, found in fields if found is None or found.sortable]


def _quick(
    words: Snapshot, entity: Entity, given: ViewInput, captions: Mapping[str, str], mistakes: Mapping[str, Message]
) -> list[QuickRow]:
    known = [item for item in given.quick if item.key or item.label]
    blank = [] if any(not item.key for item in known) else [QuickInput("", "", rows=type(given.filter)())]
    return [
        QuickRow(
            item.key,
            item.label,
            rule_rows(f"quick-{item.key}", item.rows, words, entity, captions, mistakes.get(f"quick-{item.key}")),
        )
        for item in (*known, *blank)
    ]


def _changed(raw: Raw, below: Raw | None) -> list[str]:
    """The members that are no longer what the pack says."""
    if below is None:
        return []
    return [name for name in ("label", "icon", "default", *MEMBERS) if not _same(raw, below, name)]


def _same(raw: Raw, below: Raw, name: str) -> bool:
    mine, theirs = value_at(raw, (name,)), value_at(below, (name,))
    return mine is theirs or (mine is not MISSING and theirs is not MISSING and same(mine, theirs))

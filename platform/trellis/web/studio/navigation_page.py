"""What the pages of menus show."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.snapshot import Snapshot
from trellis.services.context import Context
from trellis.services.studio.drafts import Draft
from trellis.services.studio.navigationedits import MenuInput, Row, hidden_rows, pointer_of, read_menu
from trellis.web.http import Asked, locale_of
from trellis.web.render.shell import BUILT_IN
from trellis.web.studio.editing import Refusal
from trellis.web.studio.languages import TextInputs, text_inputs
from trellis.web.studio.onedocument import Standing, standing_of
from trellis.web.studio.panels.choices import icons
from trellis.web.studio.people import name_of_user

Raw = Mapping[str, Any]
Texts = Mapping[str, Sequence[str]]

BUILT_IN_WORDS = {
    "home": Message("Home"), "search": Message("Search"), "bin": Message("Bin"), "import": Message("Import"),
    "expressions": Message("Formulas"), "studio": Message("Studio"),
    "administration": Message("Administration"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class MenuTyped:
    """What the form holds: read from the document, or posted and refused."""

    given: MenuInput
    texts: Mapping[str, list[str]] = field(default_factory=dict)
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class MenuLine:
    """One menu in the list."""

    id: str
    label: str
    entries: int
    own: bool
    changed: bool
    roles: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class MenusPage:
    """All menus in their order, and those of packs that are hidden."""

    menus: tuple[MenuLine, ...]
    hidden: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry as its inputs show it, with those below it."""

    row: Row
    number: int
    pointer: str
    shown: str
    """What people read when the entry has no label of its own."""
    icon: str
    yours: bool
    first: bool
    last: bool
    below: "tuple[EntryRow, ...]" = ()

    @property
    def id(self) -> str:
        """The path of the entry as one text."""
        return "/".join(self.row.path)


@dataclass(frozen=True, slots=True)
class Goals:
    """What an entry can lead to, in groups."""

    label: Message
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class MenuPage:
    """The editor of one menu."""

    id: str
    head: Standing
    label: str
    given: MenuInput
    texts: TextInputs
    rows: tuple[EntryRow, ...]
    blank: int
    hidden: tuple[tuple[str, str], ...]
    goals: tuple[Goals, ...]
    icons: tuple[str, ...]
    roles: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    refusal: Refusal | None
    who: str


def rows_in(texts: Texts) -> tuple[Row, ...]:
    """The rows of a posted form; a row that was left empty is none."""
    columns = [texts.get(name, ()) for name in ("entry", "depth", "name", "icon", "goal")]
    rows: list[Row] = []
    for entry, depth, label, icon, goal in zip_longest(*columns, fillvalue=""):
        path = tuple(part for part in entry.split("/") if part)
        if path or label.strip() or goal:
            rows.append(Row(path, 1 if depth == "1" and rows else 0, label.strip(), icon.strip(), goal))
    return tuple(rows)


def menus_page_of(request: Asked, draft: Draft) -> MenusPage:
    """The list of menus."""
    words = draft.merged.snapshot.localised(locale_of(request, draft.context))
    menus = tuple(
        MenuLine(
            key, menu.label, len(read_menu(menu.model_dump(by_alias=True)).rows), draft.below(key) is None,
            draft.below(key) is not None and draft.below(key) != draft.raw(key), _roles(words, key),
        )
        for key, menu in words.navigations.items()
    )  # fmt: skip
    return MenusPage(menus, tuple(_hidden(draft, words)))


async def menu_page_of(request: Asked, context: Context, draft: Draft, raw: Raw, typed: MenuTyped) -> MenuPage:
    """The editor of a menu with what was typed."""
    words = draft.merged.snapshot.localised(locale_of(request, context))
    below, given = draft.below(raw["id"]), typed.given
    conflict = typed.refusal.conflict if typed.refusal else None
    named = words.documents.get(raw["id"])
    known = {row.path: row for row in read_menu(below or {}).rows}
    names = _Names(words, raw)
    return MenuPage(
        id=raw["id"],
        head=standing_of(draft, raw["id"]),
        label=(named.label if named else "") or raw.get("label", ""),
        given=given,
        texts=text_inputs(draft, raw["id"], typed.texts),
        rows=tuple(_tree(given.rows, names, known if below is not None else None)),
        blank=len(given.rows),
        hidden=tuple(("/".join(row.path), names.of(row)) for row in hidden_rows(raw, below)),
        goals=tuple(_goals(words)),
        icons=icons(),
        roles=_roles(words, raw["id"]),
        findings=draft.findings(raw["id"]),
        refusal=typed.refusal,
        who=await name_of_user(context, conflict.by) if conflict else "",
    )


def _tree(rows: Sequence[Row], names: "_Names", known: Mapping[tuple[str, ...], Row] | None) -> Iterator[EntryRow]:
    numbered = list(enumerate(rows))
    tops = [place for place, row in numbered if not row.depth]
    for index, start in enumerate(tops):
        end = tops[index + 1] if index + 1 < len(tops) else len(rows)
        under = tuple(
            _entry(row, place, names, known, place == start + 1, place + 1 == end)
            for place, row in numbered[start + 1 : end]
        )
        yield _entry(rows[start], start, names, known, index == 0, index + 1 == len(tops), under)


def _entry(
    row: Row,
    number: int,
    names: "_Names",
    known: Mapping[tuple[str, ...], Row] | None,
    first: bool,
    last: bool,
    under: tuple[EntryRow, ...] = (),
) -> EntryRow:
    before = known.get(row.path) if known is not None else row
    yours = before is None or (before.label, before.icon, before.goal) != (row.label, row.icon, row.goal)
    pointer = pointer_of(row.path) if row.path else ""
    return EntryRow(row, number, pointer, names.of(row), _icon(row, names.words), yours, first, last, under)


class _Names:
    """What people read of the entries of a menu."""

    def __init__(self, words: Snapshot, raw: Raw) -> None:
        found = words.documents.get(raw["id"])
        self.words = words
        self.before = {row.path: row.label for row in read_menu(raw).rows}
        self.shown = {row.path: row.label for row in read_menu(found.model_dump(by_alias=True)).rows} if found else {}

    def of(self, row: Row) -> str:
        """In their language, unless something else was typed; what it leads to where there is no label."""
        if row.label:
            return self.shown.get(row.path, row.label) if self.before.get(row.path) == row.label else row.label
        entity = _entity(row, self.words)
        return self.words.entities[entity].plural if entity else row.goal.partition(":")[2]


def _icon(row: Row, words: Snapshot) -> str:
    entity = _entity(row, words)
    return row.icon or (words.entities[entity].icon if entity else "apps")


def _entity(row: Row, words: Snapshot) -> str:
    kind, _, target = row.goal.partition(":")
    found = words.views[target].entity if kind == "view" and target in words.views else target
    return found if kind in ("view", "entity") and found in words.entities else ""


def _goals(words: Snapshot) -> Iterator[Goals]:
    entities = sorted(words.entities.values(), key=lambda item: item.plural)
    yield Goals(Message("Entities"), tuple((f"entity:{item.id}", item.plural) for item in entities))
    views = [
        (f"view:{view.id}", f"{words.entities[view.entity].plural} › {view.label}")
        for view in words.views.values()
        if view.entity in words.entities
    ]
    yield Goals(Message("List views"), tuple(sorted(views, key=lambda item: item[1])))
    yield Goals(Message("Pages"), tuple((f"builtin:{key}", str(BUILT_IN_WORDS[key])) for key in BUILT_IN))


def _roles(words: Snapshot, menu: str) -> tuple[tuple[str, str], ...]:
    return tuple((role.id, role.label) for role in words.roles.values() if menu in role.navigation)


def _hidden(draft: Draft, words: Snapshot) -> Iterable[tuple[str, str]]:
    for raw in draft.sources:
        if raw["kind"] == "navigation" and raw["id"] not in words.navigations:
            yield raw["id"], str(raw.get("label") or raw["id"])

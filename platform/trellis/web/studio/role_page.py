"""What the pages of roles show."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trellis.engine.access import Rights
from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity, Level
from trellis.metadata.pointers import pointer
from trellis.metadata.snapshot import Snapshot
from trellis.services import accounts
from trellis.services.context import Context
from trellis.services.studio.drafts import Draft
from trellis.services.studio.roleedits import (
    ACTIONS,
    ALL,
    LEVELS,
    SYSTEM,
    Action,
    RoleInput,
    allowed,
    choices,
    effective,
    level_allowed,
    right_allowed,
)
from trellis.web.http import Asked, locale_of
from trellis.web.render.environment import formats_of
from trellis.web.render.formats import LocaleFormats
from trellis.web.studio.editing import Refusal
from trellis.web.studio.languages import TextInputs, text_inputs
from trellis.web.studio.people import name_of_user
from trellis.web.studio.role_words import action_word, cell_word, level_word, right_words
from trellis.web.studio.rule_rows import NEVER

Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RoleTyped:
    """What the form holds: read from the document, or posted and refused."""

    given: RoleInput
    texts: Mapping[str, list[str]] = field(default_factory=dict)
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class RoleLine:
    """One role in the list."""

    id: str
    label: str
    description: str
    own: bool
    changed: bool
    people: int
    inherits: tuple[str, ...]


@dataclass(frozen=True)
class RolesPage:
    """All roles."""

    roles: tuple[RoleLine, ...]


@dataclass(frozen=True, slots=True)
class Pick:
    """One thing to pick; what a pack does not allow is shown and cannot be picked."""

    value: str
    label: Message | str
    chosen: bool
    allowed: bool = True
    help: Message | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the matrix: what can be picked, what holds in the end and through which roles."""

    name: str
    action: Action
    label: str
    picks: tuple[Pick, ...]
    effective: Message | None
    through: tuple[str, ...]
    error: Message | None
    yours: bool


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """The rights on one entity."""

    entity: str
    label: str
    icon: str
    cells: tuple[Cell, ...]
    restricted: int
    open: bool


@dataclass(frozen=True, slots=True)
class LevelRow:
    """The level of one field."""

    name: str
    key: str
    label: str
    picks: tuple[Pick, ...]
    effective: Message
    error: Message | None


@dataclass(frozen=True, slots=True)
class Levels:
    """The levels of all fields of one entity."""

    entity: str
    label: str
    rows: tuple[LevelRow, ...]


@dataclass(frozen=True)
class RolePage:
    """The editor of one role."""

    id: str
    version: int
    label: str
    own: bool
    given: RoleInput
    texts: TextInputs
    people: int
    actions: tuple[tuple[Action, Message], ...]
    matrix: tuple[MatrixRow, ...]
    levels: Levels | None
    system: tuple[Pick, ...]
    inherits: tuple[Pick, ...]
    navigation: tuple[Pick, ...]
    changed: bool
    findings: tuple[Finding, ...]
    refusal: Refusal | None
    who: str
    can_undo: bool
    can_redo: bool


async def roles_page_of(request: Asked, context: Context, draft: Draft) -> RolesPage:
    """The list of roles."""
    words = draft.merged.snapshot.localised(locale_of(request, context))
    people = await accounts.holders(context)
    return RolesPage(tuple(_line(draft, words, key, people) for key in words.roles))


async def role_page_of(request: Asked, context: Context, draft: Draft, raw: Raw, typed: RoleTyped) -> RolePage:
    """The editor of a role with what was typed; the fields of one entity at a time."""
    words = draft.merged.snapshot.localised(locale_of(request, context))
    below, given = draft.below(raw["id"]), typed.given
    conflict = typed.refusal.conflict if typed.refusal else None
    named = words.documents.get(raw["id"])
    desk = _Desk(words, formats_of(request, context), raw, below, given, _wrong(typed.refusal, draft, raw["id"]))
    opened = request.query_params.get("entity") or next(iter(typed.texts.get("opened", ())), "")
    return RolePage(
        id=raw["id"],
        version=draft.version(raw["id"]),
        label=(named.label if named else "") or raw.get("label", ""),
        own=below is None,
        given=given,
        texts=text_inputs(draft, raw["id"], typed.texts),
        people=(await accounts.holders(context)).get(raw["id"], 0),
        actions=tuple((action, action_word(action)) for action in ACTIONS),
        matrix=tuple(desk.matrix(opened)),
        levels=desk.levels(opened),
        system=tuple(desk.system()),
        inherits=tuple(
            Pick(role.id, role.label, role.id in given.inherits, below is None)
            for role in words.roles.values()
            if role.id != raw["id"]
        ),
        navigation=tuple(Pick(menu.id, menu.label, menu.id in given.navigation) for menu in words.navigations.values()),
        changed=below is not None and below != raw,
        findings=draft.findings(raw["id"]),
        refusal=typed.refusal,
        who=await name_of_user(context, conflict.by) if conflict else "",
        can_undo=draft.can_undo(raw["id"]),
        can_redo=draft.can_redo(raw["id"]),
    )


@dataclass(frozen=True, slots=True)
class _Desk:
    """What the parts of the page are made of."""

    words: Snapshot
    formats: LocaleFormats
    raw: Raw
    below: Raw | None
    given: RoleInput
    wrong: Mapping[str, Message]

    def matrix(self, opened: str) -> Iterator[MatrixRow]:
        """One row for each entity; the one for all others last."""
        entities = sorted(self.words.entities.values(), key=lambda item: item.plural)
        for entity in entities:
            yield self._row(entity.id, entity.plural, entity.icon, opened)
        yield self._row(ALL, self.formats.words("All other entities"), "apps", opened)

    def levels(self, opened: str) -> Levels | None:
        """The fields of the entity whose levels are open."""
        entity = self.words.entities.get(opened)
        if entity is None and opened != ALL:
            return None
        keys = (ALL, *(key for key in (entity.all_fields if entity else ()) if key not in NEVER))
        label = entity.plural if entity else self.formats.words("All other entities")
        return Levels(opened, label, tuple(self._level(opened, key, entity) for key in keys))

    def system(self) -> Iterator[Pick]:
        """The rights that belong to no entity."""
        for right in SYSTEM:
            label, text = right_words(right)
            held = right in self.given.system
            yield Pick(right, label, held, held or right_allowed(self.below, right), text)

    def _row(self, entity: str, label: str, symbol: str, opened: str) -> MatrixRow:
        cells = tuple(self._cell(entity, label, action) for action in ACTIONS)
        levels = self.given.levels.get(entity, {})
        restricted = sum(level not in ("", LEVELS[-1]) for level in levels.values())
        return MatrixRow(entity, label, symbol, cells, restricted, entity == opened)

    def _cell(self, entity: str, label: str, action: Action) -> Cell:
        held = self.given.cells.get(entity, {}).get(action.name, "")
        picks = tuple(
            Pick(value, cell_word(value), value == held, value == held or allowed(self.below, entity, action, value))
            for value in choices(action, held)
        )
        found = effective(self.words, self.raw["id"], entity, action)
        wider = found.value != held and found.value
        through = tuple(self.words.roles[role].label for role in found.through)
        error = self._error(pointer(("entities", entity)), action, held)
        return Cell(
            f"cell:{entity}:{action.name}", action, f"{label}: {action_word(action)}", picks,
            cell_word(found.value) if wider else None, through, error, self._is_other(entity, action.name),
        )  # fmt: skip

    def _level(self, opened: str, key: str, entity: Entity | None) -> LevelRow:
        held = self.given.levels.get(opened, {}).get(key, "")
        found = entity.field(key) if entity else None
        picks = tuple(
            Pick(
                value, level_word(value), value == held,
                value == held or level_allowed(self.below, opened, key, value),
            )
            for value in ("", *LEVELS)
        )  # fmt: skip
        caption = self.formats.words(found.caption) if found else self.formats.words("All other fields")
        place = pointer(("entities", opened, "fields", key))
        return LevelRow(
            f"level:{opened}:{key}", key, caption, picks, self._effective_level(opened, key), self.wrong.get(place)
        )

    def _effective_level(self, entity: str, key: str) -> Message:
        found = Rights(self.words, frozenset({str(self.raw["id"])})).of(entity).fields.get(key)
        return level_word((found.level if found else Level.NONE).name.lower())

    def _error(self, row: str, action: Action, held: str) -> Message | None:
        """What is wrong with a cell: said about it, or about the whole row when there is something in the cell."""
        place = f"{row}/{action.name}"
        said = (text for at, text in self.wrong.items() if at == place or at.startswith(place + "/"))
        return next(said, self.wrong.get(row) if held else None)

    def _is_other(self, entity: str, action: str) -> bool:
        if self.below is None:
            return False
        theirs = self.below.get("entities", {}).get(entity, {}).get(action)
        return bool(theirs != self.raw.get("entities", {}).get(entity, {}).get(action))


def _line(draft: Draft, words: Snapshot, key: str, people: Mapping[str, int]) -> RoleLine:
    role, below = words.roles[key], draft.below(key)
    inherits = tuple(words.roles[other].label for other in role.inherits if other in words.roles)
    changed = below is not None and below != draft.raw(key)
    return RoleLine(key, role.label, role.description, below is None, changed, people.get(key, 0), inherits)


def _wrong(refusal: Refusal | None, draft: Draft, document: str) -> Mapping[str, Message]:
    """What is wrong by place: why nothing was saved, else what the checks say."""
    found: Sequence[Finding] = refusal.findings if refusal else draft.findings(document)
    return {item.pointer: item.message for item in found}

"""What the editor of a role shows of the rights on entities: one line for each, and everything of the one that is open."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.metadata.pointers import pointer
from trellis.metadata.snapshot import Snapshot
from trellis.services.studio.rolebounds import (
    Given,
    allowed,
    assignee_allowed,
    effective,
    effective_level,
    inherited,
    level_allowed,
    where_allowed,
)
from trellis.services.studio.roleedits import (
    ACTIONS,
    ALL,
    ASSIGNEES,
    LEVEL_CHOICES,
    LEVELS,
    MAIN,
    NOTHING,
    Action,
    GrantInput,
    LevelInput,
    RoleInput,
)
from trellis.web.render.formats import LocaleFormats
from trellis.web.studio.role_words import action_word, assignee_word, level_word, scope_help, scope_word
from trellis.web.studio.rule_rows import NEVER

Raw = Mapping[str, Any]
Words = tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Pick:
    """One thing to pick; what a pack does not allow is shown and cannot be picked."""

    value: str
    words: Words
    chosen: bool
    allowed: bool = True
    help: Message | None = None


@dataclass(frozen=True, slots=True)
class Through:
    """What holds besides, because of another role or a sharing rule: of which records, under which condition."""

    scopes: Words
    role: str
    where: str = ""
    sharing: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One action of one entity: what can be picked, what holds besides and through which roles, what is wrong."""

    name: str
    action: Action
    word: Message
    label: str
    held: GrantInput
    picks: tuple[Pick, ...]
    through: tuple[Through, ...]
    error: Message | None
    yours: bool

    @property
    def scopes(self) -> Words:
        """What is granted, in words."""
        return tuple(scope_word(scope) for scope in self.held.scopes)


@dataclass(frozen=True, slots=True)
class Grant:
    """An action in full: the scopes to tick, the condition, to whom."""

    cell: Cell
    scopes: tuple[Pick, ...]
    to: tuple[Pick, ...]
    where_open: bool
    bound: tuple[Message, ...] | None
    """What the pack grants, where that is less than all."""


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """The rights on one entity in one line."""

    entity: str
    label: str
    icon: str
    cells: tuple[Cell, ...]
    more: tuple[Cell, ...]
    restricted: int
    open: bool


@dataclass(frozen=True, slots=True)
class LevelRow:
    """The level of one field, and the higher one on some records."""

    name: str
    key: str
    label: str
    held: LevelInput
    picks: tuple[Pick, ...]
    higher: tuple[Pick, ...]
    effective: LevelInput
    word: Message
    error: Message | None


@dataclass(frozen=True, slots=True)
class Panel:
    """Everything about the rights on one entity; without a real one there are no conditions."""

    entity: str
    label: str
    real: bool
    grants: tuple[Grant, ...]
    levels: tuple[LevelRow, ...]
    resettable: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """What the lines and the panel are made of."""

    words: Snapshot
    formats: LocaleFormats
    raw: Raw
    below: Raw | None
    given: RoleInput
    wrong: Mapping[str, Message]

    def matrix(self, opened: str) -> Iterator[MatrixRow]:
        """One row for each entity; the one for all others last."""
        for entity in sorted(self.words.entities.values(), key=lambda item: item.plural):
            yield self._row(entity.id, entity.plural, entity.icon, opened)
        yield self._row(ALL, self.formats.words("All other entities"), "apps", opened)

    def panel(self, opened: str) -> Panel | None:
        """The entity that is open."""
        entity = self.words.entities.get(opened)
        if entity is None and opened != ALL:
            return None
        keys = (ALL, *(key for key in (entity.all_fields if entity else ()) if key not in NEVER))
        label = entity.plural if entity else self.formats.words("All other entities")
        return Panel(
            opened, label, entity is not None,
            tuple(self._grant(opened, label, action) for action in ACTIONS),
            tuple(self._level(opened, key, entity) for key in keys),
            self.below is not None and self._part(self.below, opened) != self._part(self.raw, opened),
        )  # fmt: skip

    def _row(self, entity: str, label: str, symbol: str, opened: str) -> MatrixRow:
        cells = [self._cell(entity, label, action) for action in ACTIONS]
        levels = self.given.levels.get(entity, {})
        restricted = sum(level.level not in ("", LEVELS[-1]) or bool(level.higher) for level in levels.values())
        main = tuple(cell for cell in cells if cell.action.name in MAIN)
        more = tuple(cell for cell in cells if cell.action.name not in MAIN)
        return MatrixRow(entity, label, symbol, main, more, restricted, entity == opened)

    def _cell(self, entity: str, label: str, action: Action) -> Cell:
        held = self.given.cells.get(entity, {}).get(action.name, NOTHING)
        found = inherited(effective(self.words, self.raw["id"], entity, action), self.raw["id"])
        word = action_word(action)
        return Cell(
            f"cell:{entity}:{action.name}", action, word, f"{label}: {self.formats.words(str(word))}", held,
            tuple(self._choices(entity, action, held)), tuple(map(self._through, found)),
            self._error(pointer(("entities", entity)), action, held), self._is_other(entity, action.name),
        )  # fmt: skip

    def _choices(self, entity: str, action: Action, held: GrantInput) -> Iterator[Pick]:
        """What can be picked in a line: nothing, one scope, or those that were combined."""
        value = "+".join(held.scopes)
        known = ("", *action.choices)
        for choice in known if value in known else (*known, value):
            words = tuple(scope_word(scope) for scope in choice.split("+"))
            yield Pick(choice, words, choice == value, choice == value or allowed(self.below, entity, action, choice))

    def _grant(self, entity: str, label: str, action: Action) -> Grant:
        cell = self._cell(entity, label, action)
        scopes = tuple(
            Pick(
                scope, (scope_word(scope),), scope in cell.held.scopes,
                scope in cell.held.scopes or allowed(self.below, entity, action, scope), scope_help(scope),
            )
            for scope in action.choices
        )  # fmt: skip
        to = ("all",) if cell.held == NOTHING else cell.held.to
        people = tuple(
            Pick(one, (assignee_word(one),), one in to, one in to or assignee_allowed(self.below, entity, one))
            for one in (ASSIGNEES if action.directed else ())
        )
        return Grant(cell, scopes, people, where_allowed(self.below, entity, action), self._bound(entity, action))

    def _bound(self, entity: str, action: Action) -> Words | None:
        """What the pack grants, unless everything can be picked."""
        if all(allowed(self.below, entity, action, scope) for scope in action.choices):
            return None
        granted = (self.below or {}).get("entities", {}).get(entity, {}).get(action.name)
        scopes = granted.get("scopes", ()) if isinstance(granted, Mapping) else ()
        return tuple(scope_word(scope) for scope in scopes)

    def _through(self, given: Given) -> Through:
        sharing = self.words.documents.get(given.sharing) if given.sharing else None
        return Through(
            tuple(scope_word(scope) for scope in given.scopes), self.words.roles[given.role].label, given.where,
            (sharing.label or sharing.id) if sharing else "",
        )  # fmt: skip

    def _level(self, opened: str, key: str, entity: Entity | None) -> LevelRow:
        held = self.given.levels.get(opened, {}).get(key, LevelInput())
        found = entity.field(key) if entity else None
        caption = self.formats.words(found.caption) if found else self.formats.words("All other fields")
        known = effective_level(self.words, str(self.raw["id"]), opened, key)
        return LevelRow(
            f"{opened}:{key}", key, caption, held,
            tuple(self._level_pick(opened, key, value, held.choice) for value in ("", *LEVEL_CHOICES)),
            tuple(self._level_pick(opened, key, value, held.higher) for value in ("", *LEVELS[2:])),
            known, level_word(known.choice), self._level_error(opened, key),
        )  # fmt: skip

    def _level_pick(self, entity: str, key: str, value: str, held: str) -> Pick:
        is_open = value == held or level_allowed(self.below, entity, key, value)
        return Pick(value, (level_word(value),), value == held, is_open)

    def _level_error(self, entity: str, key: str) -> Message | None:
        place = pointer(("entities", entity, "fields", key))
        return next((text for at, text in self.wrong.items() if at == place or at.startswith(place + "/")), None)

    def _error(self, row: str, action: Action, held: GrantInput) -> Message | None:
        """What is wrong with a cell: said about it, or about the whole row when there is something in the cell."""
        place = f"{row}/{action.name}"
        said = (text for at, text in self.wrong.items() if at == place or at.startswith(place + "/"))
        return next(said, self.wrong.get(row) if held.scopes else None)

    def _is_other(self, entity: str, action: str) -> bool:
        if self.below is None:
            return False
        return bool(self._part(self.below, entity).get(action) != self._part(self.raw, entity).get(action))

    @staticmethod
    def _part(raw: Raw, entity: str) -> Raw:
        found: Raw = raw.get("entities", {}).get(entity, {})
        return found

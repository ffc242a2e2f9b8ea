"""Roles as people edit them: grants by entity and action, field levels, system rights; read off the model."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from trellis.metadata.anatomy import members, plain
from trellis.metadata.documents import Level
from trellis.metadata.documents.role import Assignee, AssignGrant, EntityRights, Grant, Scope, SystemRights

Raw = Mapping[str, Any]

ALL = "*"
YES = "yes"
LIMIT = "limited:"
SCOPES: tuple[str, ...] = get_args(Scope)
ASSIGNEES: tuple[str, ...] = get_args(Assignee)
LEVELS: tuple[str, ...] = tuple(level.name.lower() for level in Level)
_MASKED = Level.MASKED.name.lower()
REVEALED = f"{_MASKED}+reveal"
"""The level masked, with values that may be shown in full."""
LEVEL_CHOICES = tuple(choice for level in LEVELS for choice in ((level, REVEALED) if level == _MASKED else (level,)))
"""What can be picked for a field."""
EXPORT = "export"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that is done to records: granted or not, or for the records of some scopes, and to some people."""

    name: str
    scoped: bool
    directed: bool = False

    @property
    def choices(self) -> tuple[str, ...]:
        """What can be granted."""
        return SCOPES if self.scoped else (YES,)


def _actions() -> tuple[Action, ...]:
    found = []
    for name, annotation in members(EntityRights).items():
        arms = {plain(arm) for arm in (get_args(plain(annotation)) or (plain(annotation),))}
        if arms & {Grant, AssignGrant} or arms == {bool}:
            found.append(Action(name, bool not in arms, AssignGrant in arms))
    return tuple(found)


ACTIONS = _actions()
MAIN = ("create", "read", "edit", "delete")
"""The actions that the matrix shows; the others stand beside the fields of an entity."""
SYSTEM: tuple[str, ...] = tuple(name for name in members(SystemRights) if name != EXPORT)
"""The system rights that one has or has not; how much may be exported is a question of its own."""


@dataclass(frozen=True, slots=True)
class GrantInput:
    """What the editor holds for an action: its scopes (`yes` where there are none), its condition, and to whom."""

    scopes: tuple[str, ...] = ()
    where: str = ""
    to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LevelInput:
    """The level of a field, '' for that of all others, and a higher one on the records that meet a condition."""

    level: str = ""
    higher: str = ""
    where: str = ""
    reveal: bool = False
    """Whether masked values may be shown."""

    @property
    def choice(self) -> str:
        """What is picked for it."""
        return REVEALED if self.reveal and self.level == _MASKED else self.level


NOTHING = GrantInput()
Cells = Mapping[str, Mapping[str, GrantInput]]
"""By entity and action."""
Levels = Mapping[str, Mapping[str, LevelInput]]
"""By entity and field, `*` for all others."""


@dataclass(frozen=True, slots=True)
class RoleInput:
    """Everything that the editor of a role holds; only what is named in it is written."""

    label: str
    description: str = ""
    inherits: tuple[str, ...] = ()
    navigation: tuple[str, ...] = ()
    system: frozenset[str] = frozenset()
    export: str = ""
    """`yes`, `limited:<number of records>`, or nothing."""
    second_factor: bool = False
    cells: Cells = field(default_factory=dict)
    levels: Levels = field(default_factory=dict)


def read_role(raw: Raw) -> RoleInput:
    """What the editor holds for a document."""
    entities = raw.get("entities", {})
    granted = SystemRights.model_validate(raw.get("system", {})).model_dump(by_alias=True)
    return RoleInput(
        label=raw.get("label", ""),
        description=raw.get("description", ""),
        inherits=tuple(raw.get("inherits", ())),
        navigation=tuple(raw.get("navigation", ())),
        system=frozenset(name for name in SYSTEM if granted[name]),
        export=_export(granted[EXPORT]),
        second_factor=bool(raw.get("signIn", {}).get("secondFactor")),
        cells={key: {action.name: cell(rights, action) for action in ACTIONS} for key, rights in entities.items()},
        levels={
            key: {name: level_of(value) for name, value in rights.get("fields", {}).items()}
            for key, rights in entities.items()
        },
    )


def write_role(raw: Raw, given: RoleInput) -> Raw:
    """The document with what the editor holds; entities and fields that the input does not name stay as they are."""
    entities = dict(raw.get("entities", {}))
    for key in dict.fromkeys([*given.cells, *given.levels]):
        rights = _rights(entities.get(key, {}), given.cells.get(key, {}), given.levels.get(key))
        if rights or key in entities:
            entities[key] = rights
    wanted = {
        "label": given.label, "description": given.description, "inherits": list(given.inherits),
        "system": _system(raw.get("system", {}), given), "signIn": _sign_in(raw.get("signIn", {}), given),
        "entities": entities, "navigation": list(given.navigation),
    }  # fmt: skip
    return {**raw, **{key: value for key, value in wanted.items() if value or key in raw}}


def new_role(role_id: str, label: str) -> Raw:
    """A role that may do nothing yet, not even make tokens."""
    return {"kind": "role", "id": role_id, "label": label, "system": {"tokens": False}, "entities": {}}


def copy_of(raw: Raw, role_id: str, label: str) -> Raw:
    """The same rights under another name."""
    return {**raw, "id": role_id, "label": label}


def cell(rights: Raw, action: Action) -> GrantInput:
    """What the editor holds for an action, out of the rights on an entity."""
    value = rights.get(action.name)
    if not action.scoped:
        return GrantInput((YES,)) if value else NOTHING
    if not value:
        return NOTHING
    to = tuple(value.get("to", ("all",))) if action.directed else ()
    return GrantInput(tuple(value.get("scopes", ())), value.get("where") or "", to)


def level_of(value: Any) -> LevelInput:
    """What the editor holds for the level of a field."""
    if not isinstance(value, Mapping):
        return LevelInput(str(value))
    upgrade = value.get("upgrade") or {}
    higher, where = str(upgrade.get("level", "")), str(upgrade.get("where", ""))
    return LevelInput(str(value.get("level", "")), higher, where, bool(value.get("reveal")))


def level_picked(choice: str, higher: str = "", where: str = "") -> LevelInput:
    """What the editor holds after a choice."""
    return LevelInput(_MASKED if choice == REVEALED else choice, higher, where, choice == REVEALED)


def _rights(raw: Raw, cells: Mapping[str, GrantInput], levels: Mapping[str, LevelInput] | None) -> dict[str, Any]:
    rights = dict(raw)
    for action in ACTIONS:
        if action.name in cells and cell(rights, action) != cells[action.name]:
            _put(rights, action, cells[action.name])
    if levels is not None:
        fields = dict(raw.get("fields", {}))
        for key, given in levels.items():
            if not given.level:
                fields.pop(key, None)
            elif key not in fields or level_of(fields[key]) != given:
                fields[key] = _level(given)
        if fields or "fields" in raw:
            rights["fields"] = fields
    return rights


def _put(rights: dict[str, Any], action: Action, given: GrantInput) -> None:
    if not action.scoped:
        rights[action.name] = bool(given.scopes)
    elif given == NOTHING or (action.directed and given == GrantInput(to=("all",))):
        rights.pop(action.name, None)
    else:
        rights[action.name] = _grant(dict(rights.get(action.name) or {}), action, given)


def _grant(raw: dict[str, Any], action: Action, given: GrantInput) -> Raw:
    before = cell({action.name: raw}, action)
    raw["scopes"] = list(given.scopes)
    raw.pop("where", None)
    if given.where:
        raw["where"] = given.where
    if action.directed and given.to != (before.to or ("all",)):
        raw["to"] = list(given.to)
    return raw


def _level(given: LevelInput) -> Any:
    rule = {"level": given.level, **({"reveal": True} if given.reveal else {})}
    if not given.higher and not given.where:
        return rule if given.reveal else given.level
    upgrade = {"level": given.higher or LEVELS[-1], "where": given.where or "false"}
    return {**rule, "upgrade": upgrade}


def _export(value: Any) -> str:
    return value if isinstance(value, str) else YES if value else ""


def _system(raw: Raw, given: RoleInput) -> dict[str, Any]:
    defaults = SystemRights().model_dump(by_alias=True)
    found = dict(raw)
    for name in SYSTEM:
        if bool(found.get(name, defaults[name])) != (name in given.system):
            found[name] = name in given.system
    if _export(found.get(EXPORT, defaults[EXPORT])) != given.export:
        found[EXPORT] = given.export if given.export.startswith(LIMIT) else bool(given.export)
    return found


def _sign_in(raw: Raw, given: RoleInput) -> dict[str, Any]:
    found = dict(raw)
    if bool(found.get("secondFactor")) != given.second_factor:
        found["secondFactor"] = given.second_factor
    return found


def in_order(words: Iterable[str], known: tuple[str, ...]) -> tuple[str, ...]:
    """Some words in the order in which they are known; unknown ones last."""
    given = dict.fromkeys(words)
    return (*(word for word in known if word in given), *(word for word in given if word not in known))

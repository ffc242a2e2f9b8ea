"""Roles as people edit them: a matrix of entities and actions, field levels, system rights; read off the model."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from trellis.engine.access import Rights
from trellis.metadata.anatomy import members, plain
from trellis.metadata.documents import Level, Role
from trellis.metadata.documents.role import EntityRights, Grant, Scope, SystemRights
from trellis.metadata.policies import Policy
from trellis.metadata.snapshot import Snapshot
from trellis.services.studio.layering import is_own

Raw = Mapping[str, Any]

ALL = "*"
YES = "yes"
SCOPES: tuple[str, ...] = get_args(Scope)
LEVELS: tuple[str, ...] = tuple(level.name.lower() for level in Level)


@dataclass(frozen=True, slots=True)
class Action:
    """One column of the matrix: granted or not, or for the records of some scopes."""

    name: str
    scoped: bool

    @property
    def choices(self) -> tuple[str, ...]:
        """What a cell may hold besides nothing."""
        return SCOPES if self.scoped else (YES,)


def _actions() -> tuple[Action, ...]:
    found = []
    for name, annotation in members(EntityRights).items():
        arms = {plain(arm) for arm in (get_args(plain(annotation)) or (plain(annotation),))}
        if Grant in arms or arms == {bool}:
            found.append(Action(name, Grant in arms))
    return tuple(found)


ACTIONS = _actions()
SYSTEM: tuple[str, ...] = tuple(members(SystemRights))

Cells = Mapping[str, Mapping[str, str]]
"""By entity and action: scopes joined by `+`, `yes`, or nothing."""


@dataclass(frozen=True, slots=True)
class RoleInput:
    """Everything that the editor of a role holds; only what is named in it is written."""

    label: str
    description: str = ""
    inherits: tuple[str, ...] = ()
    navigation: tuple[str, ...] = ()
    system: frozenset[str] = frozenset()
    cells: Cells = field(default_factory=dict)
    levels: Cells = field(default_factory=dict)
    """By entity and field, `*` for all others; nothing means as all others."""


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
        cells={key: {action.name: cell(rights, action) for action in ACTIONS} for key, rights in entities.items()},
        levels={key: dict(rights.get("fields", {})) for key, rights in entities.items()},
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
        "system": _system(raw.get("system", {}), given.system), "entities": entities,
        "navigation": list(given.navigation),
    }  # fmt: skip
    return {**raw, **{key: value for key, value in wanted.items() if value or key in raw}}


def new_role(role_id: str, label: str) -> Raw:
    """A role that may do nothing yet, not even make tokens."""
    return {"kind": "role", "id": role_id, "label": label, "system": {"tokens": False}, "entities": {}}


def copy_of(raw: Raw, role_id: str, label: str) -> Raw:
    """The same rights under another name."""
    return {**raw, "id": role_id, "label": label}


def cell(rights: Raw, action: Action) -> str:
    """What a cell holds for the rights on an entity."""
    value = rights.get(action.name)
    if action.scoped:
        return "+".join(value.get("scopes", ())) if value else ""
    return YES if value else ""


def choices(action: Action, held: str) -> tuple[str, ...]:
    """What can be picked in a cell; scopes that were combined elsewhere stay together."""
    known = ("", *action.choices)
    return known if held in known else (*known, held)


def allowed(below: Raw | None, entity: str, action: Action, value: str) -> bool:
    """Whether a pack lets its customers pick a value: less than its own, never more, except for entities of theirs.

    All is allowed without a pack.
    """
    if below is None or not value or is_own(entity):
        return True
    rights = below.get("entities", {}).get(entity)
    if rights is None:
        return False
    granted = rights.get(action.name)
    if not action.scoped:
        return _policy(EntityRights, action.name).allows(granted, True)
    return bool(granted) and _policy(Grant, "scopes").allows(granted.get("scopes", []), value.split("+"))


def level_allowed(below: Raw | None, entity: str, key: str, value: str) -> bool:
    """Whether a pack lets its customers pick the level of a field."""
    if below is None or not value or is_own(entity) or key.startswith("x_"):
        return True
    rights = below.get("entities", {}).get(entity)
    if rights is None:
        return False
    fields = rights.get("fields", {})
    known = fields.get(key) or fields.get(ALL) or LEVELS[-1]
    return _policy(EntityRights, "fields").allows(known, value)


def right_allowed(below: Raw | None, right: str) -> bool:
    """Whether a pack lets its customers give a system right."""
    if below is None:
        return True
    known = SystemRights.model_validate(below.get("system", {})).model_dump(by_alias=True)
    return _policy(SystemRights, right).allows(known[right], True)


@dataclass(frozen=True, slots=True)
class Effective:
    """What holds after all that is inherited: a cell, and the roles other than this one that give more than it does."""

    value: str
    through: tuple[str, ...] = ()


def effective(snapshot: Snapshot, role_id: str, entity: str, action: Action) -> Effective:
    """What people with just this role may do to records of an entity."""
    rights = Rights(snapshot, frozenset({role_id}))
    found = rights.of(entity)
    if action.name not in found.actions:
        return Effective("")
    widest = SCOPES[-1] if found.conditions.get(action.name) is None else SCOPES[0]
    value = widest if action.scoped else YES
    givers = tuple(role.id for role in rights.held if value in _held(role, entity, action))
    return Effective(value, () if role_id in givers else givers)


def _held(role: Role, entity: str, action: Action) -> tuple[str, ...]:
    rights = role.entities.get(entity) or role.entities.get(ALL)
    value = getattr(rights, action.name, None) if rights else None
    if isinstance(value, Grant):
        return value.scopes
    return (YES,) if value else ()


def _rights(raw: Raw, cells: Mapping[str, str], levels: Mapping[str, str] | None) -> dict[str, Any]:
    rights = dict(raw)
    for action in ACTIONS:
        if action.name in cells:
            _put(rights, action, cells[action.name])
    if levels is not None:
        fields = {**raw.get("fields", {}), **levels}
        kept = {key: level for key, level in fields.items() if level}
        if kept or "fields" in raw:
            rights["fields"] = kept
    return rights


def _put(rights: dict[str, Any], action: Action, value: str) -> None:
    if cell(rights, action) == value:
        return
    if action.scoped and value:
        rights[action.name] = {**rights.get(action.name, {}), "scopes": value.split("+")}
    elif not action.scoped:
        rights[action.name] = bool(value)
    else:
        rights.pop(action.name, None)


def _system(raw: Raw, granted: Iterable[str]) -> dict[str, Any]:
    given = set(granted)
    defaults = SystemRights().model_dump(by_alias=True)
    found = dict(raw)
    for name in SYSTEM:
        known = found.get(name, defaults[name])
        if bool(known) != (name in given):
            found[name] = name in given
    return found


def _policy(cls: type[EntityRights] | type[Grant] | type[SystemRights], name: str) -> Policy:
    return cls.policies[name]

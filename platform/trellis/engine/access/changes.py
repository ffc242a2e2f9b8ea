"""What another release changes about rights: for a role, and for people who hold several."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from trellis.engine.access.actions import ACTIONS, SYSTEM_RIGHTS
from trellis.engine.access.levels import NOTHING, FieldAccess
from trellis.engine.access.rights import Rights, rights
from trellis.engine.expr.nodes import Expression
from trellis.metadata.documents import Sharing
from trellis.metadata.snapshot import Snapshot

DECIDING = ("role", "sharing")
"""The kinds of documents that say who may do what."""
_WORDS = frozenset({"label", "help", "description", "placeholder", "order", "search", "unique", "required"})


@dataclass(frozen=True, slots=True)
class LevelChange:
    """How far a field was open by a role, and how far it will be."""

    entity: str
    key: str
    before: FieldAccess
    after: FieldAccess


@dataclass(frozen=True, slots=True)
class RoleChange:
    """What becomes of the rights of one role: actions by entity, levels of fields, rights of the system."""

    role: str
    actions: Mapping[str, tuple[str, ...]]
    levels: tuple[LevelChange, ...]
    gained: tuple[str, ...]
    lost: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Whether everything stays as it is."""
        return not (self.actions or self.levels or self.gained or self.lost)


def may_change(old: Snapshot, new: Snapshot) -> bool:
    """Whether anybody's rights can differ, found without looking into any role: what decides them has changed."""
    names = old.raw.keys() | new.raw.keys()
    changed = {
        one for one in names if old.raw.get(one) is not new.raw.get(one) and old.raw.get(one) != new.raw.get(one)
    }
    kinds = {str((new.raw.get(one) or old.raw.get(one) or {}).get("kind")) for one in changed}
    if kinds & set(DECIDING):
        return True
    keys = {key for one in changed for key in _meanings(old.raw.get(one) or {}, new.raw.get(one) or {})}
    return "" in keys or any(key in source for source in _conditions(old) for key in keys)


def _meanings(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    """The fields of an entity that mean something else; an empty name where it is owned in another way."""
    if not old or not new or new.get("kind") != "entity":
        return
    if old.get("traits") != new.get("traits"):
        yield ""
    before, after = old.get("fields"), new.get("fields")
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before.keys() | after.keys():
            if _meaning(before.get(key)) != _meaning(after.get(key)):
                yield key


def _meaning(field: object) -> object:
    return {name: value for name, value in field.items() if name not in _WORDS} if isinstance(field, dict) else None


def _conditions(snapshot: Snapshot) -> Iterator[str]:
    """The sources of all conditions of rights."""
    for role in snapshot.roles.values():
        for granted in role.entities.values():
            for grant in vars(granted).values():
                if source := getattr(grant, "where", None):
                    yield source
            for rule in granted.fields.values():
                if source := getattr(getattr(rule, "upgrade", None), "where", None):
                    yield source
    yield from (sharing.when for sharing in snapshot.of_kind(Sharing).values())


def role_changes(old: Snapshot, new: Snapshot) -> tuple[RoleChange, ...]:
    """The roles whose rights change; those that are new or gone count as without rights before or after."""
    names = sorted(old.roles.keys() | new.roles.keys())
    found = (_role_change(old, new, role) for role in names)
    return tuple(change for change in found if not change.empty)


def _role_change(old: Snapshot, new: Snapshot, role: str) -> RoleChange:
    before, after = rights(old, frozenset({role})), rights(new, frozenset({role}))
    entities = [one for one in dict.fromkeys((*old.entities, *new.entities)) if _is_told(one, before, after)]
    actions = {one: changed for one in entities if (changed := changed_actions(before, after, one))}
    levels = [level for one in entities if one in old.entities for level in _levels(before, after, one)]
    gained = tuple(right for right in SYSTEM_RIGHTS if right in after.system - before.system)
    lost = tuple(right for right in SYSTEM_RIGHTS if right in before.system - after.system)
    return RoleChange(role, actions, tuple(levels), gained, lost)


def _is_told(entity: str, before: Rights, after: Rights) -> bool:
    """Not where only a right on everything comes to hold for a new entity, or ends with one that goes."""
    if entity in before.snapshot.entities and entity in after.snapshot.entities:
        return True
    return any(entity in role.entities for side in (before, after) for role in side.held)


def changed_actions(before: Rights, after: Rights, entity: str) -> tuple[str, ...]:
    """The actions on records of an entity that people with some roles may do with others than before."""
    return tuple(action for action in ACTIONS if _allowed(before, entity, action) != _allowed(after, entity, action))


def _allowed(held: Rights, entity: str, action: str) -> tuple[object, ...]:
    """For which records an action is allowed, as something that can be compared."""
    needed = (action,) if action in ("create", "read") else ("read", action)
    found = held.of(entity)
    if not all(one in found.actions for one in needed):
        return ()
    return (True, *(_compared(held.snapshot, found.conditions.get(one)) for one in needed))


def _compared(snapshot: Snapshot, condition: Expression | None) -> object:
    """A condition with what computes the fields that it reads."""
    if condition is None:
        return None
    fields = (snapshot.entities[path.entity].field(path.field) for path in condition.paths)
    return condition.root, tuple(field.computed for field in fields if field is not None)


def _levels(before: Rights, after: Rights, entity: str) -> Iterator[LevelChange]:
    old, new = before.of(entity), after.of(entity)
    if not (old.actions and new.actions):
        return
    for key in new.fields:
        was, now = old.fields.get(key, NOTHING), new.fields[key]
        if key in old.fields and _opened(was) != _opened(now):
            yield LevelChange(entity, key, was, now)


def _opened(field: FieldAccess) -> object:
    return field.level, bool(field.reveal), {(one.level, one.condition.root) for one in field.upgrades}


def entities_of(changes: tuple[RoleChange, ...]) -> tuple[str, ...]:
    """The entities for which some action changes."""
    return tuple(dict.fromkeys(entity for change in changes for entity in change.actions))

"""Roles: what their rights are about."""

from collections.abc import Iterator
from typing import get_args

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.checks.references import field_reference, reference
from trellis.metadata.documents import Entity, Level, Navigation, Role
from trellis.metadata.documents.role import EntityRights, FieldRule, Grant, Scope
from trellis.metadata.findings import error, warning
from trellis.metadata.merged import Merged
from trellis.metadata.pointers import pointer

ALL = "*"
ACTIONS = tuple(name for name in EntityRights.model_fields if name not in ("create", "fields"))
OWNERS = ("own", "team", "teamTree", "subordinates")


def inherits(role: Role, merged: Merged) -> Iterator[Finding]:
    """A role builds on roles that exist."""
    for index, other in enumerate(role.inherits):
        yield from reference(role, f"/inherits/{index}", other, Role, merged)


def inherits_itself(role: Role, merged: Merged) -> Iterator[Finding]:
    """No role builds on itself; told once, at the first role of the circle."""
    seen = _ancestors(role, merged)
    if role.id in seen and role.id == min(key for key in seen if role.id in _ancestors_of(key, merged)):
        text = "The role '{role}' inherits from itself, directly or over other roles."
        yield error(role, "/inherits", "role_cycle", text, role=role.id)


def _ancestors_of(role_id: str, merged: Merged) -> set[str]:
    role = merged.snapshot.roles.get(role_id)
    return _ancestors(role, merged) if role else set()


def _ancestors(role: Role, merged: Merged) -> set[str]:
    found: set[str] = set()
    waiting = list(role.inherits)
    while waiting:
        key = waiting.pop()
        if key not in found and key in merged.snapshot.roles:
            found.add(key)
            waiting += merged.snapshot.roles[key].inherits
    return found


def entities(role: Role, merged: Merged) -> Iterator[Finding]:
    """Rights are about entities and their fields."""
    for key, rights in role.entities.items():
        yield from _revealing(role, key, rights)
        if key == ALL:
            yield from _without_conditions(role, rights)
            continue
        yield from reference(role, pointer(("entities", key)), key, Entity, merged)
        found = merged.entity(key)
        if found is not None:
            yield from _fields(role, found, rights, merged)
            yield from _own(role, found, rights, merged)


def _without_conditions(role: Role, rights: EntityRights) -> Iterator[Finding]:
    """What is granted on every entity cannot ask for the fields of one."""
    text = "A condition needs an entity; rights on all entities have none."
    for action in ACTIONS:
        grant = getattr(rights, action)
        if isinstance(grant, Grant) and grant.where is not None:
            yield error(role, pointer(("entities", ALL, action, "where")), "condition_without_entity", text)
    for key, level in rights.fields.items():
        if isinstance(level, FieldRule) and level.upgrade is not None:
            yield error(role, pointer(("entities", ALL, "fields", key)), "condition_without_entity", text)


def _revealing(role: Role, entity: str, rights: EntityRights) -> Iterator[Finding]:
    """Only what is masked can be revealed."""
    for key, rule in rights.fields.items():
        if isinstance(rule, FieldRule) and rule.reveal and rule.level != Level.MASKED:
            place = pointer(("entities", entity, "fields", key, "reveal"))
            text = "Only masked values can be revealed, and the level here is '{level}'."
            hint = Message("Write the level 'masked', or leave 'reveal' out.")
            yield error(role, place, "reveal_without_mask", text, hint=hint, level=Level(rule.level).name.lower())


def _fields(role: Role, entity: Entity, rights: EntityRights, merged: Merged) -> Iterator[Finding]:
    for field in rights.fields:
        if field != ALL:
            place = pointer(("entities", entity.id, "fields", field))
            yield from field_reference(role, place, entity, field, merged)


def _own(role: Role, entity: Entity, rights: EntityRights, merged: Merged) -> Iterator[Finding]:
    if merged.has_owner(entity):
        return
    for action in ACTIONS:
        grant = getattr(rights, action)
        for number, scope in enumerate(grant.scopes if grant is not None else ()):
            if scope in OWNERS:
                place = pointer(("entities", entity.id, action, "scopes", number))
                text = "Records of {entity} have no owner, so nobody has own ones."
                hint = Message("Add the trait 'owned' to the entity, or write 'all'.")
                yield error(role, place, "scope_without_owner", text, hint=hint, entity=entity.label or entity.id)


def scopes(role: Role, merged: Merged) -> Iterator[Finding]:
    """An action that is granted for no records is not granted."""
    for key, rights in role.entities.items():
        for action in ACTIONS:
            grant = getattr(rights, action)
            place = pointer(("entities", key, action))
            if grant is not None and not grant.scopes and not merged.was_removed(role.id, f"{place}/scopes/0"):
                hint = Message("There are: {names}.", {"names": ", ".join(get_args(Scope))})
                text = "'{action}' names no scope, so it allows nothing."
                yield warning(role, place, "scopes_empty", text, hint=hint, action=action)


def navigation(role: Role, merged: Merged) -> Iterator[Finding]:
    """A role sees menus that exist."""
    for index, key in enumerate(role.navigation):
        yield from reference(role, f"/navigation/{index}", key, Navigation, merged)


CHECKS = {Role: (inherits, inherits_itself, entities, scopes, navigation)}

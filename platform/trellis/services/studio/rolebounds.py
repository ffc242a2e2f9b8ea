"""How far a role can be changed, and what it comes to in the end: the pack below it, and the roles that it builds on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from trellis.engine.access import Rights, rights
from trellis.engine.access.inheritance import gives
from trellis.engine.access.levels import NOTHING
from trellis.metadata.documents.role import AssignGrant, EntityRights, Grant, SystemRights
from trellis.metadata.policies import Policy
from trellis.metadata.snapshot import Snapshot
from trellis.services.studio.layering import is_own
from trellis.services.studio.roleedits import ALL, LEVELS, REVEALED, YES, Action, LevelInput

Raw = Mapping[str, Any]


def allowed(below: Raw | None, entity: str, action: Action, value: str) -> bool:
    """Whether a pack lets its customers pick a scope: one of its own or narrower, except for entities of theirs.

    All is allowed without a pack.
    """
    if below is None or not value or is_own(entity):
        return True
    granted = below.get("entities", {}).get(entity, {}).get(action.name)
    if not action.scoped:
        return _policy(EntityRights, action.name).allows(granted, True)
    return bool(granted) and _policy(Grant, "scopes").allows(granted.get("scopes", []), value.split("+"))


def assignee_allowed(below: Raw | None, entity: str, value: str) -> bool:
    """Whether a pack lets its customers pick to whom records may be given."""
    if below is None or is_own(entity):
        return True
    granted = below.get("entities", {}).get(entity, {}).get("assign")
    return bool(granted) and _policy(AssignGrant, "to").allows(granted.get("to", ["all"]), [value])


def where_allowed(below: Raw | None, entity: str, action: Action) -> bool:
    """Whether a pack lets its customers write the condition of an action: only where it has none itself."""
    if below is None or not action.scoped or is_own(entity):
        return True
    granted = below.get("entities", {}).get(entity, {}).get(action.name)
    return bool(granted) and not granted.get("where")


def level_allowed(below: Raw | None, entity: str, key: str, value: str) -> bool:
    """Whether a pack lets its customers pick the level of a field."""
    if below is None or not value or is_own(entity) or key.startswith("x_"):
        return True
    granted = below.get("entities", {}).get(entity)
    if granted is None:
        return False
    fields = granted.get("fields", {})
    known = fields.get(key) or fields.get(ALL) or LEVELS[-1]
    wanted = {"level": "masked", "reveal": True} if value == REVEALED else value
    return _policy(EntityRights, "fields").allows(known, wanted)


def right_allowed(below: Raw | None, right: str, value: bool | str = True) -> bool:
    """Whether a pack lets its customers give a system right, as far as `value` says."""
    if below is None:
        return True
    known = SystemRights.model_validate(below.get("system", {})).model_dump(by_alias=True)
    return _policy(SystemRights, right).allows(known[right], value)


def second_factor_asked(below: Raw | None) -> bool:
    """Whether the pack asks for a second factor, which nobody can take back."""
    return below is not None and bool(below.get("signIn", {}).get("secondFactor"))


@dataclass(frozen=True, slots=True)
class Given:
    """A part of what holds in the end: what a role, or a sharing rule that it uses, grants."""

    role: str
    scopes: tuple[str, ...]
    where: str = ""
    sharing: str | None = None


def effective(snapshot: Snapshot, role_id: str, entity: str, action: Action) -> tuple[Given, ...]:
    """What people with just this role may do to records of an entity, role by role."""
    known = rights(snapshot, frozenset({role_id}))
    if not action.scoped:
        found = (role.id for role, granted in known.granted(entity) if getattr(granted, action.name, False))
        return tuple(Given(role, (YES,)) for role in found)
    return tuple(_gathered(known, entity, action.name))


def inherited(found: tuple[Given, ...], role_id: str) -> tuple[Given, ...]:
    """What comes from the roles that a role builds on."""
    return tuple(given for given in found if given.role != role_id)


def _gathered(known: Rights, entity: str, action: str) -> Iterator[Given]:
    """The rules of each grant as one; those of sharing documents each for itself."""
    grants: dict[tuple[str, str, str | None], list[str]] = {}
    for rule in known.of(entity).rules.get(action, ()):
        scopes = grants.setdefault((rule.role, rule.where or "", rule.sharing), [])
        scopes += [rule.scope] if rule.scope not in scopes else []
    for (role, where, sharing), scopes in grants.items():
        yield Given(role, tuple(scopes), where, sharing)


def effective_level(snapshot: Snapshot, role_id: str, entity: str, key: str) -> LevelInput:
    """How far people with just this role may go with a field."""
    found = rights(snapshot, frozenset({role_id})).of(entity).fields.get(key, NOTHING)
    upgrade = max(found.upgrades, key=lambda one: one.level, default=None)
    level = LEVELS[found.level]
    higher, where = (LEVELS[upgrade.level], upgrade.where) if upgrade else ("", "")
    return LevelInput(level, higher, where, bool(found.reveal))


def givers(snapshot: Snapshot, role_id: str, right: str) -> tuple[str, ...]:
    """The roles that one builds on which have a system right."""
    name = {"bulkUpdate": "bulk_update"}.get(right, right)
    held = rights(snapshot, frozenset({role_id})).held
    return tuple(role.id for role in held if role.id != role_id and gives(role, name))


def factor_askers(snapshot: Snapshot, role_id: str) -> tuple[str, ...]:
    """The roles that one builds on which ask for a second factor."""
    held = rights(snapshot, frozenset({role_id})).held
    return tuple(role.id for role in held if role.id != role_id and role.sign_in.second_factor)


def _policy(cls: type[EntityRights] | type[Grant] | type[SystemRights], name: str) -> Policy:
    return cls.policies[name]

"""What an actor may do: roles become one table of rights per release, and a right becomes a condition on rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from trellis.kernel.actor import Actor
from trellis.metadata.documents import Entity, Level, Role
from trellis.metadata.documents.role import EntityRights, Grant
from trellis.metadata.snapshot import Snapshot

ACTIONS = ("create", "read", "edit", "delete")
SYSTEM_RIGHTS = (
    "export", "import", "designer", "publish", "rollback", "packs", "purge", "bulk_update", "users", "tokens", "impersonate",
)  # fmt: skip
ALWAYS_READABLE = frozenset({"id", "version"})
NEVER_WRITABLE = frozenset({"id", "version", "created_at", "created_by", "updated_at", "updated_by", "deleted_at"})


@dataclass(frozen=True, slots=True)
class EntityAccess:
    """The rights on one entity; a condition of None means every record."""

    actions: frozenset[str]
    conditions: Mapping[str, str | None]
    levels: Mapping[str, Level]


NO_ACCESS = EntityAccess(frozenset(), {}, {})


@dataclass(frozen=True, eq=False)
class Rights:
    """The rights of a set of roles in one release; shared by everyone who has just these roles."""

    snapshot: Snapshot
    roles: frozenset[str]
    everything: bool = False
    _entities: dict[str, EntityAccess] = field(default_factory=dict, repr=False)

    @cached_property
    def held(self) -> tuple[Role, ...]:
        """The roles with all they inherit."""
        found: dict[str, Role] = {}
        waiting = sorted(self.roles)
        while waiting:
            role = self.snapshot.roles.get(waiting.pop())
            if role is not None and role.id not in found:
                found[role.id] = role
                waiting += role.inherits
        return tuple(found.values())

    @cached_property
    def system(self) -> frozenset[str]:
        """The system rights that one of the roles has."""
        if self.everything:
            return frozenset(SYSTEM_RIGHTS)
        return frozenset(
            right
            for right in SYSTEM_RIGHTS
            if any(getattr(role.system, "import_" if right == "import" else right) for role in self.held)
        )

    def of(self, entity_id: str) -> EntityAccess:
        """The rights on one entity."""
        if entity_id not in self._entities:
            self._entities[entity_id] = self._entity_access(entity_id)
        return self._entities[entity_id]

    def hidden(self, entity_id: str) -> frozenset[str]:
        """The fields of an entity that are kept but not offered."""
        entity = self.snapshot.entities.get(entity_id)
        return frozenset(key for key, field in entity.fields.items() if field.hidden) if entity else frozenset()

    def _entity_access(self, entity_id: str) -> EntityAccess:
        entity = self.snapshot.entities.get(entity_id)
        if entity is None:
            return NO_ACCESS
        keys = tuple(entity.all_fields)
        if self.everything:
            return EntityAccess(frozenset(ACTIONS), dict.fromkeys(ACTIONS), dict.fromkeys(keys, Level.EDIT))
        granted = [rights for role in self.held if (rights := _rights_on(role, entity_id)) is not None]
        conditions = {action: _condition(granted, action, self.own(entity)) for action in ("read", "edit", "delete")}
        actions = {action for action, (allowed, _) in conditions.items() if allowed}
        if any(rights.create for rights in granted):
            actions.add("create")
        return EntityAccess(
            frozenset(actions),
            {action: source for action, (_, source) in conditions.items()},
            {key: _level(granted, key) for key in keys},
        )

    def own(self, entity: Entity) -> str:
        """When a record counts as the actor's own; a part belongs to whoever owns the whole."""
        parent = self.snapshot.entities.get(entity.parent.target_entity) if entity.parent else None
        if entity.traits.owned:
            return "owner == me.id"
        if parent is not None and parent.traits.owned:
            return f"{entity.traits.child_of}.owner == me.id"
        return "created_by == me.id"


def _rights_on(role: Role, entity_id: str) -> EntityRights | None:
    return role.entities.get(entity_id) or role.entities.get("*")


def _condition(granted: Iterable[EntityRights], action: str, own: str) -> tuple[bool, str | None]:
    grants: list[Grant] = [
        grant for rights in granted if (grant := getattr(rights, action)) is not None and grant.scopes
    ]
    if not grants:
        return False, None
    return True, None if any("all" in grant.scopes for grant in grants) else own


def _level(granted: Iterable[EntityRights], key: str) -> Level:
    if key in ALWAYS_READABLE:
        return Level.READ
    levels = [Level(rights.fields.get(key, rights.fields.get("*", Level.EDIT))) for rights in granted]
    highest = max(levels, default=Level.NONE)
    return min(highest, Level.READ) if key in NEVER_WRITABLE else highest


@dataclass(frozen=True, slots=True)
class Access:
    """The rights of one actor; every read and every write takes one."""

    actor: Actor
    rights: Rights

    @property
    def key(self) -> tuple[frozenset[str], bool]:
        """What distinguishes compiled statements of different rights; the actor is a parameter, not part of it."""
        return (self.rights.roles, self.rights.everything)

    def allows(self, entity: str, action: str) -> bool:
        """Whether the action is allowed for at least some records."""
        return action in self.rights.of(entity).actions

    def condition(self, entity: str, action: str) -> str | None:
        """For which records: an expression, or None for all. Ask `allows` first."""
        return self.rights.of(entity).conditions.get(action)

    def level(self, entity: str, key: str) -> Level:
        """How far the actor may go with a field."""
        return self.rights.of(entity).levels.get(key, Level.NONE)

    def readable(self, entity: str) -> tuple[str, ...]:
        """The keys of all fields whose value the actor may see."""
        return tuple(key for key, level in self.rights.of(entity).levels.items() if level >= Level.READ)

    def visible(self, entity: str) -> tuple[str, ...]:
        """The keys of all fields that the actor may know of, masked ones included; hidden fields are offered to nobody."""
        hidden = self.rights.hidden(entity)
        levels = self.rights.of(entity).levels
        return tuple(key for key, level in levels.items() if level >= Level.MASKED and key not in hidden)

    def system(self, right: str) -> bool:
        """Whether the actor has a system right."""
        return right in self.rights.system


def rights(snapshot: Snapshot, roles: frozenset[str], everything: bool = False) -> Rights:
    """The rights of a set of roles, made once per release."""
    key = (Rights, roles, everything)
    found: Rights | None = snapshot.derived.get(key)
    return found or snapshot.derived.setdefault(key, Rights(snapshot, roles, everything))


def access_of(actor: Actor, snapshot: Snapshot) -> Access:
    """The access of an actor; the system itself may do everything."""
    return Access(actor, rights(snapshot, frozenset() if actor.is_system else actor.roles, actor.is_system))

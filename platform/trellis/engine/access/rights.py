"""What an actor may do: roles become one table of rights per release, and a right becomes a condition on rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from trellis.engine.access.actions import ACTIONS, SCOPED, SYSTEM_RIGHTS
from trellis.engine.access.levels import EVERYTHING, NOTHING, FieldAccess, Upgrade, field_access
from trellis.engine.access.rules import NOBODY, Rule, RuleMaker, any_of, grantees_of, grants_of, of_others, own
from trellis.engine.expr.nodes import Expression
from trellis.engine.language import all_of, language
from trellis.kernel.actor import Actor
from trellis.metadata.documents import Entity, Level, Role
from trellis.metadata.documents.role import EntityRights
from trellis.metadata.snapshot import Snapshot

ALL_ENTITIES = "*"


@dataclass(frozen=True, slots=True)
class EntityAccess:
    """The rights on one entity; a condition of None means every record."""

    actions: frozenset[str]
    rules: Mapping[str, tuple[Rule, ...]]
    conditions: Mapping[str, Expression | None]
    fields: Mapping[str, FieldAccess]
    assignees: frozenset[str] = frozenset()


NO_ACCESS = EntityAccess(frozenset(), {}, {}, {})


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

    @cached_property
    def grantees(self) -> tuple[str, ...]:
        """Under which names records are shared with people who have these roles."""
        return grantees_of(role.id for role in self.held)

    @cached_property
    def second_factor(self) -> bool:
        """Whether one of the roles asks for a second factor."""
        return any(role.sign_in.second_factor for role in self.held)

    def of(self, entity_id: str) -> EntityAccess:
        """The rights on one entity."""
        if entity_id not in self._entities:
            self._entities[entity_id] = self._entity_access(entity_id)
        return self._entities[entity_id]

    def hidden(self, entity_id: str) -> frozenset[str]:
        """The fields of an entity that are kept but not offered."""
        entity = self.snapshot.entities.get(entity_id)
        return frozenset(key for key, field in entity.fields.items() if field.hidden) if entity else frozenset()

    def own(self, entity: Entity) -> str:
        """When a record counts as the actor's own; a part belongs to whoever owns the whole."""
        return own(self.snapshot, entity)

    def granted(self, entity_id: str) -> tuple[tuple[Role, EntityRights], ...]:
        """What each role says about an entity."""
        found = ((role, role.entities.get(entity_id) or role.entities.get(ALL_ENTITIES)) for role in self.held)
        return tuple((role, rights) for role, rights in found if rights is not None)

    def _entity_access(self, entity_id: str) -> EntityAccess:
        entity = self.snapshot.entities.get(entity_id)
        if entity is None:
            return NO_ACCESS
        keys = tuple(entity.all_fields)
        if self.everything:
            rules: Mapping[str, tuple[Rule, ...]] = {action: (Rule("", action, "all", None),) for action in SCOPED}
            conditions: dict[str, Expression | None] = dict.fromkeys(ACTIONS)
            return EntityAccess(
                frozenset(ACTIONS), rules, conditions, dict.fromkeys(keys, EVERYTHING), frozenset({"all"})
            )
        granted = self.granted(entity_id)
        found = self._rules(entity, granted)
        actions = set(found)
        if any(rights.create for _, rights in granted):
            actions.add("create")
        return EntityAccess(
            frozenset(actions),
            found,
            {action: any_of(rules) for action, rules in found.items()},
            {key: field_access(self.snapshot, entity_id, granted, key) for key in keys},
            frozenset(to for _, rights in granted if rights.assign for to in rights.assign.to),
        )

    def _rules(self, entity: Entity, granted: tuple[tuple[Role, EntityRights], ...]) -> dict[str, tuple[Rule, ...]]:
        maker = RuleMaker(self.snapshot, entity, frozenset(role.id for role in self.held))
        found: dict[str, list[Rule]] = {}
        for role, rights in granted:
            for action, grant in grants_of(rights).items():
                found.setdefault(action, []).extend(maker.rules(role, action, grant))
        return {action: tuple(rules) for action, rules in found.items() if rules}


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

    def condition(self, entity: str, action: str) -> Expression | None:
        """For which records, None for all. Ask `allows` first."""
        return self.rights.of(entity).conditions.get(action)

    def rules(self, entity: str, action: str) -> tuple[Rule, ...]:
        """Why: every rule by which the action is allowed for some records; the condition holds where one of them does."""
        return self.rights.of(entity).rules.get(action, ())

    def shared(self, entity: str) -> Expression:
        """Which records of others are shared with the actor, one by one or by documents, as far as his roles use shares."""
        snapshot = self.rights.snapshot
        shared = any_of(tuple(rule for rule in self.rules(entity, "read") if rule.scope == "shared"))
        others = language(snapshot).condition(entity, of_others(snapshot, snapshot.entity(entity)))
        return all_of([shared or NOBODY, others]) or NOBODY

    def uses_shares(self, entity: str) -> bool:
        """Whether a role of the actor lets him read records because they are shared with him."""
        return any(rule.scope == "shared" for rule in self.rules(entity, "read"))

    def assignees(self, entity: str) -> frozenset[str]:
        """To whom records may be given: own, team, teamTree, subordinates, all."""
        return self.rights.of(entity).assignees

    def field(self, entity: str, key: str) -> FieldAccess:
        """How far a field is open, on every record and on some."""
        return self.rights.of(entity).fields.get(key, NOTHING)

    def level(self, entity: str, key: str) -> Level:
        """How far the actor may go with a field on every record."""
        return self.field(entity, key).level

    def highest(self, entity: str, key: str) -> Level:
        """How far the actor may go with a field on the most open record."""
        return self.field(entity, key).highest

    def upgrades(self, entity: str, key: str) -> tuple[Upgrade, ...]:
        """Higher levels of a field on some records."""
        return self.field(entity, key).upgrades

    def raised(self, entity: str) -> tuple[str, ...]:
        """The keys of all fields that are more open on some records than on the others."""
        return tuple(key for key, found in self.rights.of(entity).fields.items() if found.upgrades)

    def readable(self, entity: str) -> tuple[str, ...]:
        """The keys of all fields whose value the actor may see on every record."""
        return tuple(key for key, found in self.rights.of(entity).fields.items() if found.level >= Level.READ)

    def visible(self, entity: str) -> tuple[str, ...]:
        """The keys of all fields that the actor may know of, masked ones included; hidden fields are offered to nobody."""
        hidden = self.rights.hidden(entity)
        fields = self.rights.of(entity).fields
        return tuple(key for key, found in fields.items() if found.highest >= Level.MASKED and key not in hidden)

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

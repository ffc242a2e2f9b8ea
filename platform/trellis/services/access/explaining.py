"""Why somebody may do something, or may not: every rule of every role, answered by the database as it answers lists.

About other people only those are told who look after users, and everybody only of records and fields that are open to
them: for any other record the answer is that for one that does not exist.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from trellis.engine.access import ACTIONS, SYSTEM_RIGHTS, Access, FieldAccess, Rule
from trellis.engine.access.inheritance import came_by, gives
from trellis.engine.access.levels import level_given, reveals
from trellis.engine.access.rules import parts_of_sharing
from trellis.engine.expr.nodes import Expression
from trellis.kernel.errors import Forbidden, NotFound
from trellis.kernel.identity import canonical_id
from trellis.metadata.documents import Level
from trellis.services.access.facts import Facts
from trellis.services.access.proofs import (
    ActionProof,
    FieldProof,
    LevelProof,
    Obstacle,
    Proof,
    RoleHeld,
    RuleProof,
    Subject,
)
from trellis.services.context import Context
from trellis.services.identities import actor_of
from trellis.storage import people
from trellis.storage.explaining_access import Verdicts, verdicts

NEEDED: Mapping[str, Level] = {"edit": Level.EDIT, "create": Level.CREATE}
"""How far a field has to be open for an action; for others it has to be readable."""


async def explain(
    context: Context, user_id: str, entity: str, record: str | None, action: str, field: str | None = None
) -> Proof:
    """Whether a user may do something with a record (with records as such when None), or a field of it, and why.

    Raises Forbidden without the right to ask, NotFound for what the asker does not know.
    """
    if entity not in context.snapshot.entities or not context.access.rights.of(entity).actions:
        raise NotFound  # an entity with which the asker has nothing to do is as unknown as one that is not there
    if action not in ACTIONS or (field is not None and not _knows(context, entity, field)):
        raise NotFound
    subject = await subject_of(context, user_id)
    case = Case(context, subject, entity, action, field)
    if record is None or action == "create":
        return case.without_record()
    return await case.with_record(record)


async def explain_right(context: Context, user_id: str, right: str) -> Proof:
    """Whether a user has a right that belongs to no entity, and by which roles; raises Forbidden and NotFound."""
    if right not in SYSTEM_RIGHTS:
        raise NotFound
    subject = await subject_of(context, user_id)
    rights = subject.context.access.rights
    words = context.snapshot.localised(context.locale)
    held = {
        role: RoleHeld(role, words.roles[role].label, tuple(words.roles[one].label for one in through))
        for role, through in came_by(rights).items()
    }
    giving = tuple(held[role.id] for role in rights.held if gives(role, right) and role.id in held)
    return Proof(subject.shown, right, subject.context.access.system(right), roles=giving)


@dataclass(frozen=True)
class Asked:
    """Whose rights are asked for: how the asker sees that person, and the person's own context."""

    shown: Subject
    context: Context


async def subject_of(context: Context, user_id: str) -> Asked:
    """A user of whom the asker may know what he may do; raises Forbidden and NotFound."""
    actor = context.actor
    if user_id == actor.id:
        return Asked(Subject(actor.id, actor.name, oneself=True), context)
    if not context.access.system("users"):
        raise Forbidden
    known = canonical_id(user_id)
    if known is None:
        raise NotFound
    async with context.database.read(context.workspace) as connection:
        person = await people.with_id(connection, context.release.statements, known)
    if person is None:
        raise NotFound
    return Asked(Subject(person.id, person.name, person.active), context.with_actor(actor_of(person, context)))


def _knows(context: Context, entity: str, key: str) -> bool:
    return context.access.highest(entity, key) >= Level.MASKED


@dataclass(frozen=True)
class Case:
    """One question: may this person do this with records of this entity."""

    context: Context
    asked: Asked
    entity: str
    action: str
    field: str | None

    @property
    def access(self) -> Access:
        """The rights that are asked for."""
        return self.asked.context.access

    @property
    def actions(self) -> tuple[str, ...]:
        """What has to be allowed: nothing can be done with a record that cannot be read."""
        return ("read",) if self.action == "read" else ("read", self.action)

    def without_record(self, obstacle: Obstacle | None = None) -> Proof:
        """The answer about records as such: for some of them, or none."""
        facts = Facts(self.context, self.asked.context, self.entity)
        if self.action == "create":
            shown = [self._creating(facts)]
        else:
            shown = [self._action(action, None, facts) for action in self.actions]
        field = self._field(None, facts)
        allowed = obstacle is None and all(self.access.allows(self.entity, one.action) for one in shown)
        return Proof(
            self.asked.shown, self.action, allowed and (field is None or field.enough), self.entity,
            actions=tuple(shown), field=field, obstacle=obstacle,
        )  # fmt: skip

    async def with_record(self, record: str) -> Proof:
        """The answer about one record."""
        facts = await Facts.of(self.context, self.asked.context, self.entity, record)
        found = await self._verdicts(record) if facts.record is not None else None
        if found is None or facts.record is None:
            return self.without_record(Obstacle.NO_RECORD)
        if self.asked.shown.oneself and not found.allowed["read"]:
            return self.without_record(Obstacle.NO_RECORD)
        upgrades = [upgrade.condition for upgrade in self._opened.upgrades] if self.field else []
        rules = [rule for _, rule in self._rules()]
        facts = await facts.gathered(rules, sight=not found.in_bin, more=upgrades)
        shown = tuple(self._action(action, found, facts) for action in self.actions)
        field = self._field(found, facts)
        allowed = not found.in_bin and all(found.allowed.values()) and (field is None or field.enough)
        obstacle = Obstacle.IN_BIN if found.in_bin else None
        return Proof(self.asked.shown, self.action, allowed, self.entity, facts.record, shown, field, obstacle)

    async def _verdicts(self, record: str) -> Verdicts | None:
        subject = self.asked.context
        async with subject.database.read(subject.workspace) as connection:
            return await verdicts(
                connection, subject.release.statements, self.access, self.entity, canonical_id(record) or "",
                self.actions, dict(self._questions()), subject.sql_parameters(),
            )  # fmt: skip

    def _rules(self) -> Iterator[tuple[str, Rule]]:
        """Every rule by a name."""
        for action in self.actions:
            for number, rule in enumerate(self.access.rules(self.entity, action)):
                yield f"{action}{number}", rule

    def _questions(self) -> Iterator[tuple[str, Expression]]:
        for name, rule in self._rules():
            for part, condition in _parts(rule):
                yield f"{name}:{part}", condition
        if self.field is not None:
            for number, upgrade in enumerate(self._opened.upgrades):
                yield f"level:{self.field}:{number}", upgrade.condition

    @property
    def _opened(self) -> FieldAccess:
        return self.access.field(self.entity, self.field or "")

    def _action(self, action: str, found: Verdicts | None, facts: Facts) -> ActionProof:
        rules = tuple(
            self._rule(f"{action}{number}", rule, found, facts)
            for number, rule in enumerate(self.access.rules(self.entity, action))
        )
        return ActionProof(action, None if found is None else found.allowed[action], rules)

    def _rule(self, name: str, rule: Rule, found: Verdicts | None, facts: Facts) -> RuleProof:
        def holds(part: str, condition: Expression | None) -> bool | None:
            if found is None:
                return None
            return True if condition is None else found.holds.get(f"{name}:{part}")

        within = holds("within", rule.within)
        narrowed = None
        if rule.narrowed is not None:
            narrowed = facts.condition(rule.narrowed, holds("where", rule.narrowed))
        when = None
        if rule.sharing is not None and rule.within is not None:
            _, shared = parts_of_sharing(rule.within)
            when = facts.condition(shared, holds("when", shared))
        return RuleProof(
            facts.role(rule.role), rule.scope, holds("", rule.expression), within,
            facts.sharing(rule.sharing), facts.about(rule, within), narrowed, when,
        )  # fmt: skip

    def _creating(self, facts: Facts) -> ActionProof:
        given = self.access.rights.granted(self.entity)
        rules = tuple(
            RuleProof(facts.role(role.id), "all", holds=True, within=True) for role, rights in given if rights.create
        )
        return ActionProof("create", self.access.allows(self.entity, "create"), rules)

    def _field(self, found: Verdicts | None, facts: Facts) -> FieldProof | None:
        if self.field is None:
            return None
        opened = self._opened
        holding = {
            (upgrade.role, upgrade.where): found.holds.get(f"level:{self.field}:{number}") if found else None
            for number, upgrade in enumerate(opened.upgrades)
        }
        risen = [one.level for one in opened.upgrades if found is None or holding[(one.role, one.where)]]
        shown = []
        for role, rights in self.access.rights.granted(self.entity):
            proof = LevelProof(facts.role(role.id), level_given(rights, self.field), reveal=reveals(rights, self.field))
            for upgrade in (one for one in opened.upgrades if one.role == role.id):
                where = facts.condition(upgrade.condition, holding[(upgrade.role, upgrade.where)])
                proof = replace(proof, upgrade=upgrade.level, where=where)
            shown.append(proof)
        level = max(opened.level, *risen) if risen else opened.level
        needed = NEEDED.get(self.action, Level.READ)
        reveal = level is Level.MASKED and bool(opened.reveal)
        return FieldProof(self.field, facts.caption(self.field), level, needed, tuple(shown), reveal)


def _parts(rule: Rule) -> Iterator[tuple[str, Expression]]:
    """What is asked of a rule: the whole, its scope, its condition, and of a document that shares also which records."""
    named = [("", rule.expression), ("within", rule.within), ("where", rule.narrowed)]
    if rule.sharing is not None and rule.within is not None:
        named.append(("when", parts_of_sharing(rule.within)[1]))
    return ((name, condition) for name, condition in named if condition is not None)

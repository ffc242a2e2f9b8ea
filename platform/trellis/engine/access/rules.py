"""What roles grant, rule by rule: each says for which records it holds, and where it stands."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from trellis.engine.access.disjunction import either
from trellis.engine.access.grantees import Grantee, GranteeKind
from trellis.engine.expr.checker import expression
from trellis.engine.expr.nodes import Expression, Hop, Junction, Literal, Logic, MemberOf, Node, Path, Reached, walk
from trellis.engine.expr.problems import ExprError
from trellis.engine.expr.rewriting import seen_from
from trellis.engine.expr.types import BOOL
from trellis.engine.language import all_of, language
from trellis.metadata.documents import Entity, Role, Sharing
from trellis.metadata.documents.role import Grant
from trellis.metadata.documents.sharing import RoleGrantee, TeamGrantee
from trellis.metadata.snapshot import Snapshot

NOBODY = expression("false", Literal(False, BOOL))


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason for which an action is allowed on records of an entity.

    `role` grants it for records in `scope`, by the document `sharing` if the scope is shared and not by a single share,
    and only `where` holds; `expression` says the same of a record, None of every record. `within` and `narrowed` are its
    parts: the scope alone, and the condition alone.
    """

    role: str
    action: str
    scope: str
    expression: Expression | None
    where: str | None = None
    sharing: str | None = None
    within: Expression | None = None
    narrowed: Expression | None = None


def any_of(rules: tuple[Rule, ...]) -> Expression | None:
    """The records for which one of the rules holds; None for every record.

    However many roles give the same scope, the database looks into it once: their conditions are joined behind it.
    """
    scopes: dict[Node | None, list[Rule]] = {}
    for rule in rules:
        if rule.expression is None:
            return None
        scopes.setdefault(rule.within.root if rule.within else None, []).append(rule)
    cheap_first = sorted(scopes.values(), key=lambda found: _effort(found[0].within))
    return _either([_of_scope(found) for found in cheap_first]) if rules else NOBODY


def _of_scope(rules: list[Rule]) -> Expression:
    """The records of one scope that meet one of the conditions, if every rule has one."""
    within = rules[0].within
    narrowed = [rule.narrowed for rule in rules if rule.narrowed is not None]
    if len(narrowed) < len(rules) and within is not None:
        return within
    condition = _either(narrowed)
    if within is None:
        return condition
    joined = Logic(Junction.AND, (within.root, condition.root))
    return expression(f"({within.source}) and ({condition.source})", joined)


def _either(conditions: list[Expression]) -> Expression:
    """Where one of the conditions holds; equal ones once."""
    found = list({condition.root: condition for condition in conditions}.values())
    if len(found) == 1:
        return found[0]
    source = " or ".join(f"({part.source})" for part in found)
    return expression(source, either(part.root for part in found))


def _effort(within: Expression | None) -> int:
    """How much a scope asks of a database: the record itself, sets that are the same for all records, its own shares."""
    looked_up = [] if within is None else [node for node in walk(within.root) if isinstance(node, Reached | MemberOf)]
    return max((2 if isinstance(node, Reached) and node.way == "shared" else 1 for node in looked_up), default=0)


@dataclass(frozen=True)
class RuleMaker:
    """Makes the rules of one entity for people who hold some roles."""

    snapshot: Snapshot
    entity: Entity
    held: frozenset[str]

    def rules(self, role: Role, action: str, grant: Grant) -> Iterator[Rule]:
        """The rules of one grant; what cannot be read as a condition grants nothing."""
        try:
            narrowed = language(self.snapshot).condition(self.entity.id, grant.where) if grant.where else None
        except ExprError:
            return
        for scope in grant.scopes:
            for sharing, condition in self._of_scope(scope, action):
                parts = [part for part in (condition, narrowed) if part is not None]
                yield Rule(role.id, action, scope, all_of(parts), grant.where, sharing, condition, narrowed)

    def _of_scope(self, scope: str, action: str) -> Iterator[tuple[str | None, Expression | None]]:
        match scope:
            case "all":
                yield None, None
            case "own":
                yield None, self._condition(own(self.snapshot, self.entity))
            case "team":
                yield None, self._condition(f"{self._owner_team} == me.team")
            case "teamTree":
                yield None, self._reached("team_tree", self._owner_team, "team tree of {path}")
            case "subordinates":
                yield None, self._reached("subordinates", self._owner, "{path} reports to me")
            case "shared":
                yield None, self._reached("shared", f"{self._up}id", "shared", action)
                yield from self._sharings(action)

    def _condition(self, source: str) -> Expression:
        return language(self.snapshot).condition(self.entity.id, source)

    def _reached(self, way: str, path: str, source: str, action: str = "") -> Expression:
        root = language(self.snapshot).expression(self.entity.id, path).root
        if not isinstance(root, Path):
            raise KeyError(path)
        about = self._holder or self.entity
        if way != "shared":
            return expression(source.format(path=path), Reached(way, root))
        return expression(source.format(path=path), Reached(way, root, about.id, action, grantees_of(self.held)))

    @property
    def _holder(self) -> Entity | None:
        """The entity whose records have owners: this one, or that of the whole that its records are parts of."""
        return holder(self.snapshot, self.entity)

    @property
    def _up(self) -> str:
        """The way to the record that has an owner, with a dot behind."""
        whole = self._holder
        return f"{self.entity.traits.child_of}." if whole is not None and whole is not self.entity else ""

    @property
    def _owner(self) -> str:
        return f"{self._up}owner" if self._holder else "created_by"

    @property
    def _owner_team(self) -> str:
        return f"{self._up}owner_team" if self._holder else "created_by.team"

    def _sharings(self, action: str) -> Iterator[tuple[str, Expression]]:
        """The documents that share records of the entity, or wholes whose parts its records are."""
        about = self._holder or self.entity
        for sharing in self.snapshot.of_kind(Sharing).values():
            if sharing.entity == about.id and (action in sharing.grant or action == "read"):
                found = self._shared_by(sharing, about)
                if found is not None:
                    yield sharing.id, found

    def _shared_by(self, sharing: Sharing, about: Entity) -> Expression | None:
        """The records that a document shares with people who hold the roles; None where it never concerns them."""
        try:
            when = language(self.snapshot).condition(about.id, sharing.when)
        except ExprError:
            return None
        if about is not self.entity:
            link = Hop(self.entity.traits.child_of or "", self.entity.id)
            when = expression(when.source, seen_from(when.root, link))
        if any(isinstance(to, RoleGrantee) and to.role in self.held for to in sharing.to):
            return when
        members = tuple(MemberOf(to.team, to.include_children) for to in sharing.to if isinstance(to, TeamGrantee))
        if not members:
            return None
        who = members[0] if len(members) == 1 else Logic(Junction.OR, members)
        return expression(when.source, Logic(Junction.AND, (who, when.root)))


def grantees_of(roles: Iterable[str]) -> tuple[str, ...]:
    """Under which names records are shared with people who have these roles."""
    return tuple(sorted(Grantee(GranteeKind.ROLE, role).text for role in roles))


def holder(snapshot: Snapshot, entity: Entity) -> Entity | None:
    """The entity whose records say who owns records of this one: itself, or the whole; None when nobody does."""
    if entity.traits.owned:
        return entity
    whole = snapshot.entities.get(entity.parent.target_entity) if entity.parent else None
    return whole if whole is not None and whole.traits.owned else None


def own(snapshot: Snapshot, entity: Entity) -> str:
    """When a record counts as the actor's own; a part belongs to whoever owns the whole."""
    return f"{_owner(snapshot, entity)} == me.id"


def of_others(snapshot: Snapshot, entity: Entity) -> str:
    """When it does not."""
    path = _owner(snapshot, entity)
    return f"blank({path}) or {path} != me.id"


def _owner(snapshot: Snapshot, entity: Entity) -> str:
    whole = holder(snapshot, entity)
    if whole is None:
        return "created_by"
    return "owner" if whole is entity else f"{entity.traits.child_of}.owner"


def parts_of_sharing(within: Expression) -> tuple[Expression | None, Expression]:
    """For whom a document shares records (None: for a role that is held), and which records."""
    match within.root:
        case Logic(Junction.AND, (who, when)) if any(isinstance(node, MemberOf) for node in walk(who)):
            return expression(within.source, who), expression(within.source, when)
    return None, within


def grants_of(rights: object) -> Mapping[str, Grant]:
    """The grants of a role on an entity by action."""
    return {name: grant for name, grant in vars(rights).items() if isinstance(grant, Grant) and grant.scopes}

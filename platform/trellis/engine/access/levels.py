"""How far fields are open: on every record, and on some."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from trellis.engine.expr.nodes import Expression
from trellis.engine.expr.problems import ExprError
from trellis.engine.language import language
from trellis.metadata.documents import Level, Role
from trellis.metadata.documents.role import EntityRights, FieldRule
from trellis.metadata.snapshot import Snapshot

ALWAYS_READABLE = frozenset({"id", "version"})
NEVER_WRITABLE = frozenset({"id", "version", "created_at", "created_by", "updated_at", "updated_by", "deleted_at"})
ALL_FIELDS = "*"


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A level that holds on the records that meet a condition, and where it stands."""

    level: Level
    condition: Expression
    role: str
    where: str


@dataclass(frozen=True, slots=True)
class FieldAccess:
    """The level on every record, the roles that give it, higher levels on some records, and who may reveal what is masked."""

    level: Level
    roles: tuple[str, ...] = ()
    upgrades: tuple[Upgrade, ...] = ()
    reveal: tuple[str, ...] = ()
    """The roles by which masked values may be revealed; none where every record shows them anyway."""

    @property
    def highest(self) -> Level:
        """The level on the most open record."""
        return max((self.level, *(upgrade.level for upgrade in self.upgrades)))


EVERYTHING = FieldAccess(Level.EDIT)
NOTHING = FieldAccess(Level.NONE)


def field_access(
    snapshot: Snapshot, entity: str, granted: Iterable[tuple[Role, EntityRights]], key: str
) -> FieldAccess:
    """How far the roles open a field together: the highest level, on every record and on each."""
    if key in ALWAYS_READABLE:
        return FieldAccess(Level.READ)
    limit = Level.READ if key in NEVER_WRITABLE else Level.EDIT
    rules = [(role, _rule(rights, key)) for role, rights in granted]
    levels = [(role, min(Level(rule.level), limit)) for role, rule in rules]
    level = max((found for _, found in levels), default=Level.NONE)
    givers = tuple(role.id for role, found in levels if found == level and level > Level.NONE)
    upgrades = [
        upgrade
        for role, rule in rules
        for upgrade in _upgrades(snapshot, entity, role, rule, limit)
        if upgrade.level > level
    ]
    revealing = tuple(role.id for role, rule in rules if _reveals(rule)) if level is Level.MASKED else ()
    return FieldAccess(level, givers, tuple(upgrades), revealing)


def level_given(rights: EntityRights, key: str) -> Level:
    """The level that the rights of one role give a field on every record."""
    if key in ALWAYS_READABLE:
        return Level.READ
    return min(Level(_rule(rights, key).level), Level.READ if key in NEVER_WRITABLE else Level.EDIT)


def reveals(rights: EntityRights, key: str) -> bool:
    """Whether the rights of one role let masked values of a field be revealed."""
    return key not in ALWAYS_READABLE and _reveals(_rule(rights, key))


def _reveals(rule: FieldRule) -> bool:
    return rule.reveal and Level(rule.level) is Level.MASKED


def _rule(rights: EntityRights, key: str) -> FieldRule:
    found = rights.fields.get(key, rights.fields.get(ALL_FIELDS, Level.EDIT))
    return found if isinstance(found, FieldRule) else FieldRule.model_construct(level=found, upgrade=None)


def _upgrades(snapshot: Snapshot, entity: str, role: Role, rule: FieldRule, limit: Level) -> Iterator[Upgrade]:
    if rule.upgrade is None:
        return
    try:
        condition = language(snapshot).condition(entity, rule.upgrade.where)
    except ExprError:
        return
    yield Upgrade(min(Level(rule.upgrade.level), limit), condition, role.id, rule.upgrade.where)

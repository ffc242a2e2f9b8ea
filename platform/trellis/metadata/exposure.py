"""Which roles see a computed field although they see less of what it is computed from.

Computed values are worked out with the rights of the platform: whoever may see the result learns something of its inputs.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from trellis.kernel.messages import Message
from trellis.metadata.documents import Level, Role
from trellis.metadata.documents.role import EntityRights, FieldRule
from trellis.metadata.snapshot import Snapshot

ALL = "*"
Field = tuple[str, str]
"""An entity and a key."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """A role, how far it sees the input on every record, and how far the result."""

    role: Role
    input: Level
    result: Level

    @property
    def advice(self) -> Message:
        """What to write instead."""
        if self.result is Level.MASKED and self.input is Level.MASKED:
            return Message("Let that role reveal both fields, or none.")
        return Message("Give this field the level “{level}” in that role too.", {"level": self.input.name.lower()})


def exposures(snapshot: Snapshot, result: Field, read: Field) -> Iterator[Exposure]:
    """The roles that see `result` further than `read`, of those that have to do with both entities."""
    for role in snapshot.roles.values():
        shown, hidden = _levels(snapshot, role, result), _levels(snapshot, role, read)
        if shown is None or hidden is None:
            continue
        if any(most(one) > most(other) for one, other in zip(shown, hidden, strict=True)):
            yield Exposure(role, hidden[0], shown[0])


def most(level: Level) -> Level:
    """As far as seeing goes: whoever may write sees no more than whoever may read."""
    return min(level, Level.READ)


def _levels(snapshot: Snapshot, role: Role, field: Field) -> tuple[Level, Level, Level] | None:
    """The level on every record, the highest one, and how far the value can be revealed; None without rights on the entity."""
    entity, key = field
    granted = [found for one in _held(snapshot, role) if (found := one.entities.get(entity) or one.entities.get(ALL))]
    rules = [_rule(found, key) for found in granted if found.read is not None]
    if not rules:
        return None
    level = max(Level(rule.level) for rule in rules)
    risen = (Level(rule.upgrade.level) for rule in rules if rule.upgrade is not None)
    highest = max((level, *risen))
    revealed = level is Level.MASKED and any(rule.reveal for rule in rules)
    return level, highest, max(highest, Level.READ) if revealed else highest


def _held(snapshot: Snapshot, role: Role) -> list[Role]:
    """The role with all that it inherits."""
    found: dict[str, Role] = {}
    waiting = [role.id]
    while waiting:
        held = snapshot.roles.get(waiting.pop())
        if held is not None and held.id not in found:
            found[held.id] = held
            waiting += held.inherits
    return list(found.values())


def _rule(rights: EntityRights, key: str) -> FieldRule:
    found = rights.fields.get(key, rights.fields.get(ALL, Level.EDIT))
    return found if isinstance(found, FieldRule) else FieldRule.model_construct(level=found, upgrade=None)

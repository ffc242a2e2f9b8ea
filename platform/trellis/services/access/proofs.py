"""A verdict on somebody's rights with everything that led to it, as values in the language of whoever asks.

Nothing in a proof says more of a record than the asker may see of it himself.
"""

from dataclasses import dataclass
from enum import StrEnum

from trellis.kernel.messages import Message
from trellis.metadata.documents import Level
from trellis.services.explanations import Place, Step, Text


class Obstacle(StrEnum):
    """What stands in the way, whatever the rules say."""

    NO_RECORD = "no_record"
    IN_BIN = "in_bin"


@dataclass(frozen=True, slots=True)
class RoleHeld:
    """A role, and the labels of those by which it was inherited, from the one that was given."""

    id: str
    label: str
    through: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on a record: its words (None where the asker may not know its fields), whether it holds, and why."""

    text: Text | None
    holds: bool | None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleProof:
    """One rule on one record: does it hold, is the record within its scope, what decides that, does its condition hold.

    None stands for what is not known because there is no record to look at.
    """

    role: RoleHeld
    scope: str
    holds: bool | None
    within: bool | None
    sharing: str | None = None
    facts: tuple[Message, ...] = ()
    where: Condition | None = None
    when: Condition | None = None
    """Which records the document `sharing` shares."""


@dataclass(frozen=True, slots=True)
class ActionProof:
    """An action on a record, or on records of the entity as such, with every rule that grants it for some."""

    action: str
    allowed: bool | None
    rules: tuple[RuleProof, ...]


@dataclass(frozen=True, slots=True)
class LevelProof:
    """What a role says about a field: its level on every record, and a higher one where a condition holds."""

    role: RoleHeld
    level: Level
    upgrade: Level | None = None
    where: Condition | None = None
    reveal: bool = False
    """Whether masked values may be shown."""


@dataclass(frozen=True, slots=True)
class FieldProof:
    """How far a field is open on the record, how far it needs to be, and what each role says about it."""

    key: str
    label: str
    level: Level
    needed: Level
    roles: tuple[LevelProof, ...]
    reveal: bool = False
    """Whether the value is masked and may be shown."""

    @property
    def enough(self) -> bool:
        """Whether the action reaches the field."""
        return self.level >= self.needed


@dataclass(frozen=True, slots=True)
class Subject:
    """The person whose rights these are."""

    id: str
    name: str
    active: bool = True
    oneself: bool = False


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether somebody may do something, and why; `record` is None where none was named or none could be looked at."""

    subject: Subject
    action: str
    allowed: bool
    entity: str = ""
    record: Place | None = None
    actions: tuple[ActionProof, ...] = ()
    field: FieldProof | None = None
    obstacle: Obstacle | None = None
    roles: tuple[RoleHeld, ...] = ()

"""What a plan changes about access, as rows: who gains and who loses how much, which fields open or close, which rights."""

from collections.abc import Iterator
from dataclasses import dataclass

from trellis.engine.access import FieldAccess
from trellis.engine.wording.rights import VERBS
from trellis.kernel.messages import Message
from trellis.metadata.snapshot import Snapshot
from trellis.services.access.wording import LEVELS, level_words, right_verb
from trellis.services.studio.accesschange import Confirmation
from trellis.services.studio.accesscounts import NAMED, Line, Share
from trellis.services.studio.planview import PlanView


@dataclass(frozen=True, slots=True)
class Side:
    """Who gains, or who loses: the first by name with their records, how many others, all records."""

    named: tuple[tuple[str, int], ...]
    others: int
    records: int


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One action on records of an entity."""

    entity: str
    verb: Message
    people: int
    gained: Side
    lost: Side
    note: Message | None

    @property
    def idle(self) -> bool:
        """Whether everybody was counted, and keeps just what he has."""
        return self.note is None and not any(side.named or side.others for side in (self.gained, self.lost))


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field that a role opens or closes."""

    role: str
    people: int
    field: str
    entity: str
    before: Message
    after: Message


@dataclass(frozen=True, slots=True)
class RightRow:
    """A right of the system that a role gets or loses."""

    role: str
    people: int
    verb: Message
    gained: bool


@dataclass(frozen=True, slots=True)
class AccessRows:
    """Everything that is shown of a change of access."""

    records: tuple[RecordRow, ...]
    fields: tuple[FieldRow, ...]
    rights: tuple[RightRow, ...]
    confirmations: tuple[Confirmation, ...]
    whole: bool
    roles: tuple[tuple[str, int], ...]
    """The roles that change, and how many people have each."""
    unchanged: tuple[tuple[str, tuple[Message, ...]], ...] = ()
    """Actions by entity whose rules change, and yet nobody gains or loses a record."""


def access_rows(view: PlanView, new: Snapshot, old: Snapshot) -> AccessRows | None:
    """The rows in the language of the releases given; None where no rights change."""
    change = view.access
    if change is None:
        return None
    rows = [_record(line, new, old) for line in (view.counts.lines if view.counts else ())]
    unchanged: dict[str, list[Message]] = {}
    for row in rows:
        if row.idle:
            unchanged.setdefault(row.entity, []).append(row.verb)
    return AccessRows(
        tuple(row for row in rows if not row.idle), tuple(_fields(view, new, old)), tuple(_rights(view, new, old)),
        change.confirmations, view.counts.whole if view.counts else change.whole,
        tuple((_role(one.role, new, old), change.held.get(one.role, 0)) for one in change.roles),
        tuple((entity, tuple(verbs)) for entity, verbs in unchanged.items()),
    )  # fmt: skip


def _role(role: str, new: Snapshot, old: Snapshot) -> str:
    found = new.roles.get(role) or old.roles.get(role)
    return (found.label if found else "") or role


def _entity(entity: str, new: Snapshot, old: Snapshot) -> str:
    found = new.entities.get(entity) or old.entities.get(entity)
    return found.plural if found else entity


def _record(line: Line, new: Snapshot, old: Snapshot) -> RecordRow:
    note = None
    if not line.known:
        note = Message("Not known before publishing.")
    elif line.assumed:
        note = Message("Values that are not there yet count as empty.")
    elif line.counted < line.everybody:
        note = Message("{counted} of {all} people were counted.", {"counted": line.counted, "all": line.everybody})
    return RecordRow(
        _entity(line.entity, new, old), VERBS[line.action], line.everybody,
        _side(line.gained, line.records_gained), _side(line.lost, line.records_lost), note,
    )  # fmt: skip


def _side(shares: tuple[Share, ...], records: int) -> Side:
    named = tuple((share.name, share.records) for share in shares[:NAMED] if share.name)
    return Side(named, len(shares) - len(named), records)


def _fields(view: PlanView, new: Snapshot, old: Snapshot) -> Iterator[FieldRow]:
    if view.access is None:
        return
    for change in view.access.roles:
        for level in change.levels:
            entity = new.entities.get(level.entity) or old.entity(level.entity)
            field = entity.field(level.key)
            yield FieldRow(
                _role(change.role, new, old), view.access.held.get(change.role, 0),
                field.caption if field else level.key, entity.plural, _level(level.before), _level(level.after),
            )  # fmt: skip


def _level(found: FieldAccess) -> Message:
    """The level on every record, and the highest where it is higher on some."""
    level = level_words(found.level, reveal=bool(found.reveal))
    if found.highest == found.level:
        return level
    return Message("{level}, on some records {highest}", {"level": level, "highest": LEVELS[found.highest]})


def _rights(view: PlanView, new: Snapshot, old: Snapshot) -> Iterator[RightRow]:
    if view.access is None:
        return
    for change in view.access.roles:
        label, people = _role(change.role, new, old), view.access.held.get(change.role, 0)
        for rights, gained in ((change.gained, True), (change.lost, False)):
            for right in rights:
                yield RightRow(label, people, right_verb(right), gained)

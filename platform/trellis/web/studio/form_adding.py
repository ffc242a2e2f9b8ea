"""The panel for a new field: what its type cannot do without, as inputs and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.metadata.fieldtypes import fieldtypes
from trellis.metadata.snapshot import Snapshot
from trellis.services.studio.newfields import RETURNS, NewField
from trellis.web.studio.form_words import type_icon, type_word

Posted = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Adding:
    """The inputs of a new field, with what was typed and what is wrong with it."""

    type: str
    icon: str
    word: Message
    wanted: NewField
    into: str
    before: str
    targets: tuple[tuple[str, str], ...] = ()
    returns: tuple[tuple[str, Message], ...] = ()
    sums: tuple[tuple[str, Message], ...] = ()
    errors: Mapping[str, Message] = field(default_factory=dict)

    @property
    def options(self) -> str:
        """The labels of the options, one per line."""
        return "\n".join(self.wanted.options)


def adding_of(
    wanted: NewField, place: tuple[str, str], entity: Entity | None, snapshot: Snapshot, errors: Mapping[str, Message]
) -> Adding | None:
    """The panel for a type; None where there is no such type."""
    if wanted.type not in fieldtypes.names or entity is None:
        return None
    entities = sorted(snapshot.entities.values(), key=lambda item: item.label)
    return Adding(
        wanted.type, type_icon(wanted.type), type_word(wanted.type), wanted, *place,
        targets=tuple((item.id, item.label) for item in entities),
        returns=tuple((name, type_word(name)) for name in RETURNS),
        sums=_sums(entity, snapshot),
        errors=errors,
    )  # fmt: skip


def _sums(entity: Entity, snapshot: Snapshot) -> tuple[tuple[str, Message], ...]:
    """What a roll-up can tell of the records that point here: their number, and the sum of each amount."""
    found = []
    for relation in snapshot.relations.get(entity.id, ()):
        other = snapshot.entity(relation.entity)
        found.append((relation.id, Message("Number of {records}", {"records": relation.label})))
        for key, spec in other.fields.items():
            if spec.numeric and spec.type in ("integer", "decimal", "currency"):
                params = {"records": relation.label, "field": spec.caption}
                found.append((f"{relation.id}|{key}", Message("Sum of {field} of {records}", params)))
    return tuple(found)


def wanted_field(posted: Posted) -> NewField:
    """What was typed about a new field."""

    def last(name: str) -> str:
        return next(iter(reversed(posted.get(name, ()))), "").strip()

    return NewField(
        last("type"), last("label")[:120], last("key"), last("target"), tuple(last("options").splitlines()),
        last("returns") if last("returns") in RETURNS else RETURNS[0], last("expr"), last("over"),
    )  # fmt: skip

"""What can be chosen for members that name something else: entities, option lists, relations, fields, icons."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity, OptionSet
from trellis.metadata.fieldtypes import fieldtypes
from trellis.metadata.fieldtypes.computed import RESULTS
from trellis.metadata.snapshot import Snapshot
from trellis.places import assets_folder
from trellis.web.render.environment import manifest
from trellis.web.studio.panels.specs import Kind, Spec
from trellis.web.studio.panels.words import choice_word


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose; `group` is the heading under which it stands, the name of a type."""

    value: str
    label: str | Message
    group: str = ""


@cache
def icons() -> tuple[str, ...]:
    """The names of all icons that the browser files have."""
    sprite = (assets_folder() / "assets" / manifest()["icons.svg"]).read_text(encoding="utf-8")
    return tuple(re.findall(r'<symbol id="([^"]+)"', sprite))


def choices_of(spec: Spec, snapshot: Snapshot, entity: str, chosen: Sequence[str]) -> tuple[Choice, ...]:
    """What a member offers; what is chosen is among them even where there is no such thing."""
    found = tuple(_offered(spec, snapshot, entity))
    known = {choice.value for choice in found}
    return (*found, *(Choice(value, value) for value in chosen if value and value not in known))


def _offered(spec: Spec, snapshot: Snapshot, entity: str) -> Iterator[Choice]:
    match spec.kind:
        case Kind.CHOICE:
            yield from (Choice(word, choice_word(spec.member, word)) for word in spec.choices)
        case Kind.ENTITY:
            yield from _entities(snapshot)
        case Kind.OPTIONSET:
            yield from _optionsets(snapshot)
        case Kind.RELATION:
            yield from _relations(snapshot, entity)
        case Kind.RESULT:
            yield from _results(snapshot)
        case Kind.FIELD | Kind.FIELDS:
            yield from _fields(spec, snapshot.entities.get(entity))
        case Kind.ICON:
            yield from (Choice(name, name) for name in icons())
        case _:
            return


def _entities(snapshot: Snapshot, prefix: str = "", group: str = "") -> Iterator[Choice]:
    for entity in sorted(snapshot.entities.values(), key=lambda item: item.label):
        yield Choice(prefix + entity.id, entity.label or entity.id, group)


def _optionsets(snapshot: Snapshot, prefix: str = "", group: str = "") -> Iterator[Choice]:
    sets = snapshot.of_kind(OptionSet)
    for one in sorted(sets.values(), key=lambda item: item.label):
        yield Choice(prefix + one.id, one.label or one.id, group)


def _relations(snapshot: Snapshot, entity: str) -> Iterator[Choice]:
    for relation in snapshot.relations.get(entity, ()):
        child = snapshot.entities[relation.entity]
        yield Choice(relation.id, f"{child.plural} ({child.fields[relation.field].caption})")


def _results(snapshot: Snapshot) -> Iterator[Choice]:
    for word in RESULTS:
        if word not in ("select", "lookup"):
            cls = fieldtypes.get(word)
            yield Choice(word, Message(cls.title if cls else word))
    yield from _optionsets(snapshot, "select:", "Choice")
    yield from _entities(snapshot, "lookup:", "Lookup")


def _fields(spec: Spec, entity: Entity | None) -> Iterator[Choice]:
    if entity is None:
        return
    for key, field in entity.fields.items():
        if spec.member != "childOf" or field.type == "lookup":
            yield Choice(key, field.caption)

"""What the buttons of the designer ask for, carried out on a form: the form after it, what is chosen then, what is said."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from trellis.kernel.errors import BadRequest
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.metadata.pointers import at, parts_of, pointer
from trellis.metadata.snapshot import Snapshot
from trellis.services.studio.fieldedits import key_for, prefix_in
from trellis.services.studio.formedits import (
    BADGES,
    FACTS,
    SECTIONS,
    Change,
    Edit,
    Insert,
    Move,
    Remove,
    apply,
    elements,
    field_sections,
    with_orders,
)
from trellis.services.studio.formparts import behind, neighbour, related_list, taken_off
from trellis.services.studio.formsteps import Step, step
from trellis.services.studio.ordering import in_order

Raw = Mapping[str, Any]
Asked = Mapping[str, str]

PUT = Message("“{name}” was put into {place}, {number} of {count}.")
MOVED = Message("“{name}” is now in {place}, {number} of {count}.")
NEW_SECTION, NEW_BADGE = Message("New section"), Message("New badge")


@dataclass(frozen=True, slots=True)
class Done:
    """A form after an operation; `at` is what is chosen now, `said` is for people who do not see it."""

    form: Raw
    at: str
    said: Message


@dataclass(frozen=True)
class Desk:
    """What operations work on: the form as drafted and without the customer, and what surrounds it."""

    form: Raw
    below: Raw | None
    snapshot: Snapshot
    words: Callable[[str], str]
    """The platform's words in the language of whoever works."""

    @property
    def entity(self) -> Entity | None:
        return self.snapshot.entities.get(str(self.form.get("entity")))

    def perform(self, asked: Asked) -> Done:
        """Carry out one operation; raises BadRequest where it cannot be done."""
        operation = OPERATIONS.get(asked.get("op", ""))
        if operation is None:
            raise BadRequest(Message("There is no such operation."))
        return operation(self, asked)

    def insert(self, into: str, key: str, value: Raw, before: str | None) -> Done:
        """Put an element into a collection."""
        form = with_orders(apply(self.form, Insert(into, key, value, before)), into, self.below)
        path = into + pointer((key,))
        return Done(form, path, self.told(form, path, PUT))

    def key(self, wanted: str, taken: list[str]) -> str:
        """A key for a new element."""
        return key_for(wanted, taken, prefix=prefix_in(str(self.form["id"])))

    def told(self, form: Raw, path: str, sentence: Message) -> Message:
        """A sentence about where an element stands."""
        *parents, key = parts_of(path)
        into = pointer(parents)
        keys = in_order(elements(form, into))
        where: str | Message = Message("the form")
        if len(parents) > 2:
            where = self.name(form, pointer(parents[:2]))
        elif parents[0] == "header":
            where = Message("the head of the form")
        params = {"name": self.name(form, path), "place": where, "number": keys.index(key) + 1, "count": len(keys)}
        return Message(sentence.template, params)

    def name(self, form: Raw, path: str) -> str:
        """What people call an element."""
        *parents, key = parts_of(path)
        raw = elements(form, pointer(parents)).get(key, {})
        if label := raw.get("label"):
            return str(label)
        field = self._field(form, parents, key)
        return self.words(field.caption) if field else key

    def _field(self, form: Raw, parents: list[str], key: str) -> Any:
        if parents[-1] == "columns":
            relation = str(at(form, pointer(parents[:2])).get("relation", ""))
            return self.snapshot.field_at(relation.rpartition(".")[0], key)
        return self.entity.field(key) if self.entity and parents[-1] in ("items", "facts") else None


def _put_field(desk: Desk, asked: Asked) -> Done:
    """A field of the entity, as the pack had it there if it had."""
    key, into = asked.get("key", ""), asked.get("into", "")
    if desk.entity is None or desk.entity.field(key) is None:
        raise BadRequest(Message("There is no field “{key}” any more.", {"key": key[:60]}))
    if not into and field_sections(desk.form):
        into = pointer(("sections", field_sections(desk.form)[-1], "items"))
    if not into:
        desk = Desk(_put_section(desk, {}).form, desk.below, desk.snapshot, desk.words)
        into = pointer(("sections", field_sections(desk.form)[-1], "items"))
    return desk.insert(into, key, _as_before(desk, into, key), asked.get("before") or None)


def _as_before(desk: Desk, into: str, key: str) -> Raw:
    try:
        found: Raw = at(desk.below, into + pointer((key,)))
    except KeyError:
        return {}
    return found


def _put_fact(desk: Desk, asked: Asked) -> Done:
    key = asked.get("key", "")
    if desk.entity is None or desk.entity.field(key) is None:
        raise BadRequest(Message("There is no field “{key}” any more.", {"key": key[:60]}))
    return desk.insert(FACTS, key, {}, asked.get("before") or None)


def _put_section(desk: Desk, asked: Asked) -> Done:
    key = desk.key("section", _section_keys(desk))
    value = {"label": desk.words(NEW_SECTION.template), "columns": 2, "items": {}}
    return desk.insert(SECTIONS, key, value, asked.get("before") or None)


def _put_related(desk: Desk, asked: Asked) -> Done:
    known = desk.snapshot.relations.get(str(desk.form.get("entity")), ())
    relation = next((item for item in known if item.id == asked.get("relation")), None)
    if relation is None:
        raise BadRequest(Message("There is no such relation any more."))
    key = desk.key(relation.entity.partition(".")[2], _section_keys(desk))
    return desk.insert(SECTIONS, key, related_list(relation, desk.snapshot), asked.get("before") or None)


def _put_column(desk: Desk, asked: Asked) -> Done:
    section = elements(desk.form, SECTIONS).get(next(iter(parts_of(asked.get("into", ""))[1:2]), ""), {})
    other = str(section.get("relation", "")).rpartition(".")[0]
    if desk.snapshot.field_at(other, asked.get("key", "")) is None:
        raise BadRequest(Message("There is no field “{key}” any more.", {"key": asked.get("key", "")[:60]}))
    return desk.insert(asked.get("into", ""), asked.get("key", ""), {}, asked.get("before") or None)


def _put_badge(desk: Desk, asked: Asked) -> Done:
    taken = [*elements(desk.form, BADGES), *elements(desk.below or {}, BADGES)]
    key = desk.key("badge", taken)
    return desk.insert(
        BADGES, key, {"label": desk.words(NEW_BADGE.template), "when": False}, asked.get("before") or None
    )


def _bring_back(desk: Desk, asked: Asked) -> Done:
    """A section of the pack that was taken off."""
    key = asked.get("key", "")
    section = taken_off(desk.form, desk.below).get(key)
    if section is None:
        raise BadRequest(Message("The form has no such part any more."))
    return desk.insert(SECTIONS, key, section, behind(elements(desk.below or {}, SECTIONS), key))


def _section_keys(desk: Desk) -> list[str]:
    return [*elements(desk.form, SECTIONS), *elements(desk.below or {}, SECTIONS)]


def _move(desk: Desk, asked: Asked) -> Done:
    return _moved(desk, Move(asked.get("path", ""), asked.get("into", ""), asked.get("before") or None))


def _step(desk: Desk, asked: Asked) -> Done:
    path, towards = asked.get("path", ""), asked.get("towards", "")
    if towards not in list(Step):
        raise BadRequest(Message("There is no such operation."))
    move = step(desk.form, path, Step(towards)) if path.count("/") > 1 and _stands(desk.form, path) else None
    if move is None:
        return Done(desk.form, path, Message("It cannot go further."))
    return _moved(desk, move)


def _stands(form: Raw, path: str) -> bool:
    *parents, key = parts_of(path)
    return key in elements(form, pointer(parents))


def _moved(desk: Desk, move: Move) -> Done:
    form = with_orders(apply(desk.form, move), move.into, desk.below)
    path = move.into + pointer(parts_of(move.path)[-1:])
    return Done(form, path, desk.told(form, path, MOVED))


def _remove(desk: Desk, asked: Asked) -> Done:
    path = asked.get("path", "")
    edit: Edit = Remove(path)
    form = apply(desk.form, edit)
    said = Message("“{name}” was taken off the form.", {"name": desk.name(desk.form, path)})
    return Done(form, neighbour(desk.form, path), said)


OPERATIONS: Mapping[str, Callable[[Desk, Asked], Done]] = {
    "field": _put_field, "fact": _put_fact, "section": _put_section, "related": _put_related, "column": _put_column,
    "badge": _put_badge, "back": _bring_back, "move": _move, "step": _step, "remove": _remove,
}  # fmt: skip


def changed(form: Raw, path: str, values: Raw) -> Done:
    """Set what the property panel says."""
    found = apply(form, Change(path, values))
    return Done(found, path, Message("Saved in the draft."))


def chosen(form: Raw, path: str) -> str:
    """The element to show as chosen: the one that was asked for, if the form still has it, else the form itself."""
    try:
        return path if path.count("/") > 1 and _stands(form, path) else ""
    except BadRequest:
        return ""

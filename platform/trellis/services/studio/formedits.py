"""What the form designer does to a form: each edit turns a form document into another one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from trellis.kernel.errors import BadRequest
from trellis.kernel.messages import Message
from trellis.metadata.pointers import at, parts_of, pointer
from trellis.services.studio.ordering import GAP, arranged, in_order

Raw = Mapping[str, Any]

SECTIONS = "/sections"
BADGES = "/header/badges"
FACTS = "/header/facts"
"""Facts are a list of fields; here they are elements by key as all others, `/header/facts/amount`."""


@dataclass(frozen=True, slots=True)
class Insert:
    """Put a new element into a collection, before the one of a key or at the end."""

    into: str
    key: str
    value: Raw
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """Put an element elsewhere: into a collection of its sort, before the one of a key or at the end."""

    path: str
    into: str
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Remove:
    """Take an element off the form."""

    path: str


@dataclass(frozen=True, slots=True)
class Change:
    """Set members of an element, or of the form itself at ''; None takes a member away."""

    path: str
    values: Raw


Edit = Insert | Move | Remove | Change


def apply(form: Raw, edit: Edit) -> Raw:
    """The form after an edit; raises BadRequest where the form has no such place or may not become like that."""
    match edit:
        case Insert():
            return _insert(form, edit)
        case Move():
            return _move(form, edit)
        case Remove():
            return _remove(form, edit.path)
        case Change():
            return _change(form, edit)
        case _:
            assert_never(edit)


def elements(form: Raw, place: str) -> Mapping[str, Raw]:
    """The elements of a collection by key, none where it is not there yet; raises BadRequest for other places."""
    if place == FACTS:
        return {key: {"order": GAP * (index + 1)} for index, key in enumerate(form.get("header", {}).get("facts", ()))}
    if place in (SECTIONS, BADGES):
        holder, name = (form, "sections") if place == SECTIONS else (form.get("header", {}), "badges")
    else:
        holder, name = _section_and_members(form, place)
    found = holder.get(name)
    return found if isinstance(found, Mapping) else {}


def with_orders(form: Raw, place: str, below: Raw | None) -> Raw:
    """The form with the `order` of each element as it is below, where they stand in the same sequence there."""
    try:
        members, before = elements(form, place), elements(below or {}, place)
    except BadRequest:
        return form
    if place == FACTS or members.keys() != before.keys() or in_order(members) != in_order(before):
        return form
    plain = {key: {name: value for name, value in members[key].items() if name != "order"} for key in members}
    orders = {key: {"order": before[key]["order"]} if "order" in before[key] else {} for key in members}
    return _with_collection(form, place, {key: {**plain[key], **orders[key]} for key in members})


def items_of(form: Raw) -> Iterator[tuple[str, str]]:
    """The section and the key of every item, as they stand on the form."""
    sections = form.get("sections", {})
    for name in in_order(sections):
        for key in in_order(sections[name].get("items", {})):
            yield name, key


def place_of(form: Raw, key: str) -> str | None:
    """Where the item of a field stands."""
    return next((pointer(("sections", name, "items", key)) for name, found in items_of(form) if found == key), None)


def field_sections(form: Raw) -> tuple[str, ...]:
    """The keys of the sections that hold items, in order."""
    sections = form.get("sections", {})
    return tuple(name for name in in_order(sections) if not is_related(sections[name]))


def is_related(section: Raw) -> bool:
    """Whether a section is a list of records that point here."""
    kind: str = section.get("kind", "fields")
    return kind == "related"


def _insert(form: Raw, edit: Insert) -> Raw:
    members = elements(form, edit.into)
    if edit.key in members or (edit.into.endswith("/items") and place_of(form, edit.key)):
        raise BadRequest(Message("'{key}' already stands on this form.", {"key": edit.key[:60]}))
    return _with_collection(form, edit.into, _placed(members, edit.key, edit.value, edit.before))


def _move(form: Raw, edit: Move) -> Raw:
    source, key = _parent(edit.path)
    members = elements(form, source)
    if key not in members:
        raise _gone()
    if _sort(source) != _sort(edit.into) or (_sort(source) == "columns" and source != edit.into):
        raise BadRequest(Message("It cannot stand there."))
    target = _placed(elements(form, edit.into), key, members[key], edit.before)
    if source != edit.into:
        form = _with_collection(form, source, {other: value for other, value in members.items() if other != key})
    elif edit.before == key or in_order(target) == in_order(members):
        return form
    return _with_collection(form, edit.into, target)


def _placed(members: Mapping[str, Raw], key: str, value: Raw, before: str | None) -> dict[str, Raw]:
    """The elements with one before another or at the end; others only move on where there is no room."""
    others = [other for other in in_order(members) if other != key]
    place = others.index(before) if before is not None and before in others else len(others)
    orders = [members[other].get("order", 0) for other in others]
    order = _between(orders[place - 1] if place else None, orders[place] if place < len(orders) else None)
    found = {**members, key: {**value, "order": order}}
    sequence = arranged(found, [*others[:place], key, *others[place:]])
    return {name: sequence[name] for name in found}


def _between(earlier: int | None, later: int | None) -> int:
    if earlier is None:
        return GAP if later is None else later - GAP
    return earlier + GAP if later is None else (earlier + later) // 2


def _remove(form: Raw, path: str) -> Raw:
    source, key = _parent(path)
    members = elements(form, source)
    if key not in members:
        raise _gone()
    smaller = _with_collection(form, source, {other: value for other, value in members.items() if other != key})
    return _without_dangling_refreshes(smaller)


def _without_dangling_refreshes(form: Raw) -> Raw:
    """The form with nothing refreshed that is not on it any more."""
    present = {key for _, key in items_of(form)}
    for name, key in items_of(form):
        path = pointer(("sections", name, "items", key))
        item = at(form, path)
        kept = [other for other in item.get("refresh", ()) if other in present]
        if len(kept) < len(item.get("refresh", ())):
            form = _change(form, Change(path, {"refresh": kept or None}))
    return form


def _change(form: Raw, edit: Change) -> Raw:
    element = _found(form, edit.path)
    if not isinstance(element, Mapping):
        raise _gone()
    changed = {**element, **edit.values}
    return _put(form, edit.path, {key: value for key, value in changed.items() if value is not None})


def _section_and_members(form: Raw, place: str) -> tuple[Raw, str]:
    match parts_of(place):
        case ["sections", key, name]:
            section = form.get("sections", {}).get(key)
            if isinstance(section, Mapping) and name == ("columns" if is_related(section) else "items"):
                return section, name
    raise _gone()


def _with_collection(form: Raw, place: str, members: Mapping[str, Raw]) -> Raw:
    if place in (BADGES, FACTS):
        name = place.rpartition("/")[2]
        header = {key: value for key, value in form.get("header", {}).items() if key != name}
        kept = list(in_order(members)) if place == FACTS else members
        return {**form, "header": {**header, name: kept} if kept else header}
    return _put(form, place, members)


def _sort(place: str) -> str:
    return place.rpartition("/")[2]


def _parent(path: str) -> tuple[str, str]:
    parts = parts_of(path)
    if len(parts) < 2:
        raise _gone()
    return pointer(parts[:-1]), parts[-1]


def _found(form: Raw, path: str) -> Any:
    try:
        return at(form, path)
    except KeyError:
        raise _gone() from None


def _put(form: Raw, path: str, value: Raw) -> Raw:
    if not path:
        return value
    key, *rest = parts_of(path)
    return {**form, key: _put(form.get(key, {}), pointer(rest), value)}


def _gone() -> BadRequest:
    return BadRequest(Message("The form has no such part any more."))

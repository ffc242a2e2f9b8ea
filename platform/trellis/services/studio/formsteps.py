"""One step with the keyboard or a button: where an element of a form goes from where it stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from trellis.metadata.pointers import parts_of, pointer
from trellis.services.studio.formedits import Move, elements, field_sections
from trellis.services.studio.ordering import in_order

Raw = Mapping[str, Any]


class Step(StrEnum):
    """Where to: one place earlier or later, or into the section before or behind."""

    EARLIER = "earlier"
    LATER = "later"
    BEFORE = "before"
    BEHIND = "behind"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an element stands: in which collection, among which keys."""

    into: str
    key: str
    keys: list[str]

    @property
    def index(self) -> int:
        return self.keys.index(self.key)


def step(form: Raw, path: str, towards: Step) -> Move | None:
    """The move of one step, or None where there is nowhere to go."""
    *parents, key = parts_of(path)
    into = pointer(parents)
    here = _Place(into, key, in_order(elements(form, into)))
    if towards in (Step.EARLIER, Step.LATER):
        return _within(path, here, towards) or _across(form, path, parents, towards)
    return _across(form, path, parents, towards)


def _within(path: str, here: _Place, towards: Step) -> Move | None:
    if towards is Step.EARLIER:
        return Move(path, here.into, here.keys[here.index - 1]) if here.index else None
    if here.index + 1 == len(here.keys):
        return None
    return Move(path, here.into, next(iter(here.keys[here.index + 2 :]), None))


def _across(form: Raw, path: str, parents: list[str], towards: Step) -> Move | None:
    """Into the neighbouring section: at its end when going up, else at its beginning."""
    if len(parents) != 3 or parents[2] != "items":
        return None
    sections, up = field_sections(form), towards in (Step.EARLIER, Step.BEFORE)
    place = sections.index(parents[1]) + (-1 if up else 1)
    if not 0 <= place < len(sections):
        return None
    into = pointer(("sections", sections[place], "items"))
    there = in_order(form["sections"][sections[place]].get("items", {}))
    return Move(path, into, None if up else next(iter(there), None))

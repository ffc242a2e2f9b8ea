"""One extension put onto one document."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

from trellis.metadata.fieldtypes import FieldTypes, fieldtypes
from trellis.metadata.layers.places import MISSING, Place, Role, root, way
from trellis.metadata.pointers import parts_of, pointer

Raw = Mapping[str, Any]
Path = tuple[str, ...]
Verb = Literal["own", "add", "change", "hide"]


class Reason(Enum):
    """Why a part of an extension is not applied."""

    NO_DOCUMENT = "no document"
    NO_PLACE = "no place"
    TAKEN = "taken"
    NOT_HERE = "not here"


@dataclass(frozen=True, slots=True)
class Orphan:
    """A part of an extension that is kept but has no effect: at `pointer` of the target."""

    extension: str
    target: str
    verb: Verb
    pointer: str
    reason: Reason


@dataclass(frozen=True)
class Applied:
    """A document with an extension on it; `hidden` are the places that were hidden."""

    document: Raw
    orphans: tuple[Orphan, ...] = ()
    hidden: frozenset[str] = frozenset()


def apply(document: Raw, extension: Raw, types: FieldTypes = fieldtypes) -> Applied:
    """The document with what the extension adds, changes and hides; what finds no place is an orphan."""
    applying = _Applying(extension, types)
    value = document
    for where, element in mapping(extension, "add").items():
        value = applying.add(value, tuple(parts_of(where)), element)
    value = applying.change(value, mapping(extension, "change"), root(document), ())
    for where in hides(extension):
        value = applying.hide(value, tuple(parts_of(where)))
    return Applied(value, tuple(applying.orphans), frozenset(applying.hidden))


def mapping(extension: Raw, member: str) -> Raw:
    """A member of an extension that is a map, also when somebody wrote something else."""
    found = extension.get(member)
    return found if isinstance(found, Mapping) else {}


def hides(extension: Raw) -> Iterator[str]:
    """The pointers that an extension hides."""
    found = extension.get("hide")
    return (where for where in found if isinstance(where, str)) if isinstance(found, list | tuple) else iter(())


@dataclass
class _Applying:
    """Collects what could not be applied, and what is hidden."""

    extension: Raw
    types: FieldTypes
    orphans: list[Orphan] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)

    def add(self, document: Raw, path: Path, element: Any) -> Raw:
        """Puts a new element into a map of elements, which is made when its member is not there yet."""
        if len(path) < 2:
            return self._orphan(document, "add", path, Reason.NOT_HERE)
        steps = list(way(document, path, self.types))
        if any(self._lost(steps[at][0], steps[at + 1][1]) for at in range(len(path) - 1)):
            return self._orphan(document, "add", path, Reason.NO_PLACE)
        holder, found = steps[-2][0], steps[-1][1]
        if holder.role not in (Role.ELEMENTS, Role.VALUES):
            return self._orphan(document, "add", path, Reason.NOT_HERE)
        if found is not MISSING and holder.defines:
            return self._orphan(document, "add", path, Reason.TAKEN)
        changed: Raw = put(document, path, element)
        return changed

    def _lost(self, holder: Place, value: Any) -> bool:
        """Whether an element on the way is not there; a member that is left out can be made."""
        return value is MISSING and holder.role is not Role.MEMBERS

    def change(self, value: Any, patch: Any, place: Place, path: Path) -> Any:
        """A merge patch (RFC 7396) that neither makes nor removes elements."""
        if not isinstance(patch, Mapping):
            return patch
        before = value if isinstance(value, Mapping) else {}
        result = dict(before)
        for name, part in patch.items():
            if place.role is Role.ELEMENTS and (name not in before or part is None):
                reason = Reason.NO_PLACE if name not in before else Reason.NOT_HERE
                self._orphan(before, "change", (*path, name), reason)
            elif part is None:
                result.pop(name, None)
            else:
                below = place.child(name, before.get(name, part), self.types)
                changed = self.change(before.get(name), part, below, (*path, name))
                if changed or name in before or not part:
                    result[name] = changed
        return result if result != before or not isinstance(value, Mapping) else value

    def hide(self, document: Raw, path: Path) -> Raw:
        """Marks an element, or leaves it out; what is not there needs no hiding."""
        *_, (place, found) = way(document, path, self.types)
        if found is MISSING:
            return document
        hiding = place.element.hiding if place.element else None
        if hiding is None or (not path and hiding != "leave_out"):
            return self._orphan(document, "hide", path, Reason.NOT_HERE)
        self.hidden.add(pointer(path))
        if not path:
            return document
        changed: Raw
        match hiding:
            case "flag":
                changed = put(document, (*path, "hidden"), True)
            case "retire":
                changed = put(document, (*path, "active"), False)
            case "leave_out":
                changed = without(document, path)
        return changed

    def _orphan(self, document: Raw, verb: Verb, path: Path, reason: Reason) -> Raw:
        self.orphans.append(Orphan(self.extension["id"], self.extension["target"], verb, pointer(path), reason))
        return document


def put(value: Any, path: Path, item: Any) -> Any:
    """A copy of a document with a value at a path; what is missing on the way is made."""
    if not path:
        return item
    held = value if isinstance(value, Mapping) else {}
    return {**held, path[0]: put(held.get(path[0]), path[1:], item)}


def without(value: Any, path: Path) -> Any:
    """A copy of a document without what stands at a path."""
    if not isinstance(value, Mapping) or path[0] not in value:
        return value
    if len(path) == 1:
        return {name: item for name, item in value.items() if name != path[0]}
    return {**value, path[0]: without(value[path[0]], path[1:])}

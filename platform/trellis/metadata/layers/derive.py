"""From an edited document back to the extension that turns the document below into it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from trellis.kernel.errors import Finding
from trellis.metadata.fieldtypes import FieldTypes, fieldtypes
from trellis.metadata.layers.against import against, made_against, print_at, seen_in, with_seen
from trellis.metadata.layers.apply import Reason, apply, mapping
from trellis.metadata.layers.breaches import breaches
from trellis.metadata.layers.leaves import leaves
from trellis.metadata.layers.order import CUSTOMER
from trellis.metadata.layers.places import MISSING, Place, Role, root, same, value_at
from trellis.metadata.pointers import parts_of, pointer

Raw = Mapping[str, Any]
Path = tuple[str, ...]
LONGEST_NAME = 48


@dataclass(frozen=True, slots=True)
class Derived:
    """An extension, or None when nothing is to be changed, and what the policies of the members forbid.

    The findings are about places of the edited document.
    """

    document: Raw | None
    findings: tuple[Finding, ...] = ()


def derive(
    below: Raw, wanted: Raw, previous: Raw | None = None, *, version: str = "", types: FieldTypes = fieldtypes
) -> Derived:
    """The smallest extension of the customer that makes `wanted` out of `below`.

    `previous` is the extension so far: it keeps its id, its orphans, and what it was made against for places that it
    changed already; `version` is that of the pack below.
    """
    deriving = _Deriving(types)
    deriving.walk(below, wanted, root(below), ())
    deriving.keep_orphans(below, previous)
    verbs = {"add": deriving.add, "change": deriving.change, "hide": sorted(deriving.hide)}
    made = {name: part for name, part in verbs.items() if part}
    if not made:
        return Derived(None)
    identity = previous["id"] if previous else extension_id(below["id"])
    document = {"kind": "extension", "id": identity, "target": below["id"], **made}
    findings = tuple(_findings(below, document, types))
    return Derived(_against(document, below, previous, version), findings)


def _findings(below: Raw, document: Raw, types: FieldTypes) -> Iterator[Finding]:
    for breach in breaches(below, document, types):
        yield Finding(breach.code, breach.message, below["id"], breach.leaf.pointer, breach.hint)


def hidden_whole(below: Raw, previous: Raw | None = None, *, version: str = "") -> Raw:
    """The extension that hides a whole document; what it changes stays, for when it is shown again."""
    kept = {name: previous[name] for name in ("add", "change") if previous and name in previous}
    hide = sorted({"", *(previous or {}).get("hide", ())})
    identity = previous["id"] if previous else extension_id(below["id"])
    document = {"kind": "extension", "id": identity, "target": below["id"], **kept, "hide": hide}
    return _against(document, below, previous, version)


def extension_id(target: str, layer: str = CUSTOMER) -> str:
    """The id of the extension of a document; a name that would be too long ends in a fingerprint."""
    name = f"{target.replace('.', '_')}_ext"
    if len(name) > LONGEST_NAME:
        name = f"{name[: LONGEST_NAME - 11]}_{sha256(target.encode()).hexdigest()[:6]}_ext"
    return f"{layer}.{name}"


@dataclass
class _Deriving:
    """Collects the verbs while two documents are walked side by side."""

    types: FieldTypes
    add: dict[str, Any] = field(default_factory=dict)
    change: dict[str, Any] = field(default_factory=dict)
    hide: set[str] = field(default_factory=set)

    def keep_orphans(self, below: Raw, previous: Raw | None) -> None:
        """What found no place in the document below is kept, in case that the place comes back."""
        if previous is None:
            return
        for orphan in apply(below, previous, self.types).orphans:
            path = tuple(parts_of(orphan.pointer))
            if orphan.reason is not Reason.NO_PLACE:
                continue
            if orphan.verb == "add":
                self.add[orphan.pointer] = mapping(previous, "add")[orphan.pointer]
            else:
                self._set(path, value_at(mapping(previous, "change"), path))

    def walk(self, was: Any, now: Any, place: Place, path: Path) -> None:
        before, after = _members(was), _members(now)
        for name in [*before, *(name for name in after if name not in before)]:
            self._member(before.get(name, MISSING), after.get(name, MISSING), place, (*path, name))

    def _member(self, was: Any, now: Any, place: Place, path: Path) -> None:
        if same(was, now):
            return
        below = place.child(path[-1], was if now is MISSING else now, self.types)
        if place.role is Role.ELEMENTS and was is MISSING:
            self.add[pointer(path)] = now
        elif place.role is Role.ELEMENTS and now is MISSING:
            self.hide.add(pointer(path))
        elif _hidden_by(place, path[-1], now):
            self.hide.add(pointer(path[:-1]))
        elif self._walks(was, now, below):
            self.walk(was, now, below, path)
        else:
            self._set(path, _patch(was, now))

    def _walks(self, was: Any, now: Any, place: Place) -> bool:
        """Whether both sides can be compared part by part."""
        if place.role is Role.NONE:
            return False
        if now is MISSING:
            return _holds_elements(was, place, self.types)
        return (
            isinstance(now, Mapping)
            and (isinstance(was, Mapping) or was is MISSING)
            and (place.role is Role.ELEMENTS or was is not MISSING or _holds_elements(now, place, self.types))
        )

    def _set(self, path: Path, value: Any) -> None:
        patch = self.change
        for name in path[:-1]:
            patch = patch.setdefault(name, {})
        patch[path[-1]] = value


def _members(value: Any) -> Raw:
    return value if isinstance(value, Mapping) else {}


def _hidden_by(place: Place, member: str, now: Any) -> bool:
    """Whether setting a member is how a part is hidden."""
    hiding = place.element.hiding if place.element else None
    return (hiding == "flag" and member == "hidden" and now is True) or (
        hiding == "retire" and member == "active" and now is False
    )


def _holds_elements(value: Any, place: Place, types: FieldTypes) -> bool:
    """Whether there are elements in a value, which a patch may neither make nor remove."""
    if not isinstance(value, Mapping):
        return False
    if place.role is Role.ELEMENTS:
        return True
    return any(_holds_elements(item, place.child(name, item, types), types) for name, item in value.items())


def _patch(was: Any, now: Any) -> Any:
    """The merge patch from one value to another."""
    if now is MISSING:
        return None
    if not (isinstance(was, Mapping) and isinstance(now, Mapping)):
        return now
    gone = dict.fromkeys(name for name in was if name not in now)
    changed = {name: _patch(was.get(name, MISSING), item) for name, item in now.items() if _new(was, name, item)}
    return {**gone, **changed}


def _new(was: Raw, name: str, item: Any) -> bool:
    return name not in was or not same(was[name], item)


def _against(document: Raw, below: Raw, previous: Raw | None, version: str) -> Raw:
    """The extension with what it was made against: kept while it changes a place that was changed then."""
    current, former = against(below, version), made_against(previous)
    places = [leaf.pointer for leaf in leaves(below, document)]
    old = {leaf.pointer for leaf in leaves(below, previous)} if previous else set()
    if not former or former.get("hash") == current["hash"] or not old.intersection(places):
        return _placed(document, current)
    seen = {where: text for where, text in seen_in(previous).items() if where in places}
    seen |= {where: print_at(below, where) for where in places if where not in old}
    return _placed(document, with_seen(former, seen))


def _placed(document: Raw, against: Raw) -> Raw:
    head = {name: document[name] for name in ("kind", "id", "target")}
    return {**head, "madeAgainst": against, **{name: part for name, part in document.items() if name not in head}}

"""What an extension does that its layer may not do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from trellis.kernel.messages import Message
from trellis.kernel.names import nearest
from trellis.metadata.anatomy import members
from trellis.metadata.fieldtypes import FieldTypes, fieldtypes
from trellis.metadata.layers.apply import apply
from trellis.metadata.layers.leaves import Leaf, leaves
from trellis.metadata.layers.order import CUSTOMER, layer_of
from trellis.metadata.layers.places import MISSING, Place, Role, is_lost, place_at, same, value_at
from trellis.metadata.pointers import pointer

Raw = Mapping[str, Any]
Path = tuple[str, ...]

ANY_FIELD = "*"
MOST = "edit"


@dataclass(frozen=True, slots=True)
class Breach:
    """One decision that is not allowed, and why."""

    leaf: Leaf
    code: str
    message: Message
    hint: Message | None = None


def breaches(below: Raw, extension: Raw, types: FieldTypes = fieldtypes) -> Iterator[Breach]:
    """What in an extension goes against the document below it; what finds no place in it does nothing at all."""
    for leaf in leaves(below, extension, types):
        if is_lost(below, leaf.path[:-1] if leaf.verb == "add" else leaf.path, types):
            continue
        found = _unknown(below, leaf, types) or _RULES[leaf.verb](below, extension, leaf, types)
        if found is not None:
            yield found


def prefix_of(extension: Raw) -> str:
    """How the keys begin that an extension may define."""
    return f"{layer_of(extension['id'])}_"


def _unknown(below: Raw, leaf: Leaf, types: FieldTypes) -> Breach | None:
    """A member that the model does not have; inside a new element its own check finds that."""
    for depth, name in enumerate(leaf.path, start=1):
        if not place_at(below, leaf.path[:depth], types).known:
            holder = place_at(below, leaf.path[: depth - 1], types)
            near = nearest(name, members(holder.element)) if holder.element else None
            hint = Message("Did you mean '{name}'?", {"name": near}) if near else None
            where = pointer(leaf.path[:depth])
            return Breach(
                leaf,
                "extension_place",
                Message("'{target}' has no place '{where}'.", {"target": below["id"], "where": where}),
                hint,
            )
    return None


def _added(below: Raw, extension: Raw, leaf: Leaf, types: FieldTypes) -> Breach | None:
    holder = place_at(below, leaf.path[:-1], types) if leaf.path else Place(Any)
    if holder.role not in (Role.ELEMENTS, Role.VALUES) or len(leaf.path) < 2:
        text = Message("Nothing can be added at '{where}'.", {"where": leaf.pointer})
        return Breach(leaf, "extension_add", text, Message("Members are changed with 'change'."))
    if _own(extension, leaf.path):
        return _closed(below, leaf, types)
    if holder.defines:
        text = Message("'{key}' must begin with '{prefix}'.", {"key": leaf.path[-1], "prefix": prefix_of(extension)})
        hint = Message("Write '{key}'.", {"key": prefix_of(extension) + leaf.path[-1]})
        return Breach(leaf, "extension_key", text, hint)
    if below["kind"] == "role" and value_at(below, leaf.path) is MISSING:
        return _more_rights(leaf)
    return None


def _closed(below: Raw, leaf: Leaf, types: FieldTypes) -> Breach | None:
    if below["kind"] == "optionset" and below.get("extensible") is False and len(leaf.path) == 2:
        text = Message("The pack does not let others add options to '{target}'.", {"target": below["id"]})
        return Breach(leaf, "extension_closed", text)
    return None


def _more_rights(leaf: Leaf) -> Breach:
    text = Message("The role of a pack cannot get more rights: '{where}'.", {"where": leaf.pointer})
    return Breach(leaf, "extension_policy", text, Message("Make a role of your own that inherits from it."))


def _changed(below: Raw, extension: Raw, leaf: Leaf, types: FieldTypes) -> Breach | None:
    if _own(extension, leaf.path):
        return None
    leaf = _whole_level(below, extension, leaf, types)
    if leaf.value is None and place_at(below, leaf.path[:-1], types).role is Role.ELEMENTS:
        text = Message("'{where}' belongs to the pack and cannot be removed.", {"where": leaf.pointer})
        return Breach(leaf, "extension_removal", text, Message("Hide it instead."))
    was, now = _was(below, leaf), leaf.place.default if leaf.value is None else leaf.value
    if same(was, now) or leaf.place.policy.allows(was, now):
        return None
    if below["kind"] == "role":
        return _more_rights(leaf)
    return _refused(leaf, was)


def _whole_level(below: Raw, extension: Raw, leaf: Leaf, types: FieldTypes) -> Leaf:
    """The level of a field as a whole where a part of it changes: only together its parts say how far it is open."""
    if below["kind"] != "role" or len(leaf.path) < 5 or leaf.path[2] != "fields":
        return leaf
    path = leaf.path[:4]
    value = value_at(apply(below, extension, types).document, path)
    return replace(leaf, path=path, value=value, place=place_at(below, path, types))


def _refused(leaf: Leaf, was: Any) -> Breach:
    where = {"member": leaf.path[-1], "where": leaf.pointer, "was": _shown(was)}
    if leaf.place.policy.name == "locked":
        text = Message("'{member}' belongs to the pack and cannot be changed.", where)
        return Breach(leaf, "extension_policy", text, Message("In the pack it is {was}.", where))
    text = Message("'{member}' can only be made stricter than in the pack.", where)
    return Breach(leaf, "extension_policy", text, Message("In the pack it is {was}.", where))


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    return str(value).lower() if isinstance(value, bool) else str(value)[:60]


def _was(below: Raw, leaf: Leaf) -> Any:
    found = value_at(below, leaf.path)
    if found is not MISSING:
        return found
    if below["kind"] == "role" and len(leaf.path) == 4 and leaf.path[2] == "fields":
        return (value_at(below, leaf.path[:3]) or {}).get(ANY_FIELD, MOST)
    return leaf.place.default


def _hid(below: Raw, extension: Raw, leaf: Leaf, types: FieldTypes) -> Breach | None:
    if value_at(below, leaf.path) is MISSING:
        return None
    hiding = leaf.place.element.hiding if leaf.place.element else None
    if hiding is None or (not leaf.path and hiding != "leave_out") or _packs_own_pack(below, extension):
        text = Message("'{where}' of '{target}' cannot be hidden.", {"where": leaf.pointer, "target": below["id"]})
        return Breach(leaf, "extension_hide", text)
    return _needed(below, leaf) if below["kind"] == "entity" and len(leaf.path) == 2 else None


def _packs_own_pack(below: Raw, extension: Raw) -> bool:
    """Only the customer switches a pack off, and never the core."""
    return below["kind"] == "pack" and (layer_of(extension["id"]) != CUSTOMER or below["id"] == "core")


def _needed(below: Raw, leaf: Leaf) -> Breach | None:
    key, field = leaf.path[-1], value_at(below, leaf.path)
    if key == below.get("titleField"):
        text = Message("'{field}' cannot be hidden: people recognise records by it.", {"field": key})
        return Breach(leaf, "extension_hide", text, Message("Choose another title field first."))
    if field.get("required") is True and "default" not in field and field.get("type") != "autonumber":
        text = Message("'{field}' cannot be hidden: it must be filled.", {"field": key})
        return Breach(leaf, "extension_hide", text, Message("Give it a default first."))
    return None


def _own(extension: Raw, path: Path) -> bool:
    """Whether a place is, or lies in, something that the layer of the extension brought along."""
    layer = layer_of(extension["id"])
    return any(name.startswith((f"{layer}_", f"{layer}.")) for name in path)


_RULES = {"add": _added, "change": _changed, "hide": _hid}

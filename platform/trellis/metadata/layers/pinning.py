"""Values that a pack only proposes: what a workspace has stays when a new version of the pack has another."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from trellis.metadata.fieldtypes import FieldTypes, fieldtypes
from trellis.metadata.layers.apply import apply, put, without
from trellis.metadata.layers.derive import derive
from trellis.metadata.layers.order import CUSTOMER, layer_of
from trellis.metadata.layers.places import MISSING, Place, Role, root, same, value_at

Raw = Mapping[str, Any]
Path = tuple[str, ...]


def pinned(
    was: Mapping[str, Raw], now: Mapping[str, Raw], sources: Iterable[Raw], types: FieldTypes = fieldtypes
) -> dict[str, Raw]:
    """The extensions of the customer, by id, that keep the former values of members which are the customer's."""
    made = {raw["target"]: raw for raw in sources if raw["kind"] == "extension" and layer_of(raw["id"]) == CUSTOMER}
    found: dict[str, Raw] = {}
    for key in was.keys() & now.keys():
        places = list(_proposals(was[key], now[key], root(now[key]), (), types)) if was[key] is not now[key] else []
        extension = made.get(key)
        wanted = apply(now[key], extension, types).document if extension else now[key]
        for path, value in places:
            if same(value_at(wanted, path), value_at(now[key], path)):
                wanted = without(wanted, path) if value is MISSING else put(wanted, path, value)
        kept = derive(now[key], wanted, extension, types=types).document if places else None
        if kept is not None:
            found[kept["id"]] = kept
    return found


def _proposals(was: Any, now: Any, place: Place, path: Path, types: FieldTypes) -> Iterator[tuple[Path, Any]]:
    """The places of what is the customer's and got another value in the pack, with the former one."""
    if not isinstance(now, Mapping) or not isinstance(was, Mapping) or place.role is Role.NONE:
        return
    for name in dict.fromkeys((*now, *was)):
        before, after = was.get(name, MISSING), now.get(name, MISSING)
        below = place.child(name, None if after is MISSING else after, types)
        if place.role is Role.MEMBERS and below.policy.name == "customer":
            if not same(before, after):
                yield (*path, name), before
        else:
            yield from _proposals(before, after, below, (*path, name), types)

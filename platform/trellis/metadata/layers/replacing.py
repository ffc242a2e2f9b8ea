"""The packs of a workspace replaced by newer ones, with everything that the customer made on top."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from trellis.metadata.fieldtypes import FieldTypes, fieldtypes
from trellis.metadata.fingerprints import digest
from trellis.metadata.layers.against import made_against
from trellis.metadata.layers.apply import put, without
from trellis.metadata.layers.compose import Composition, compose
from trellis.metadata.layers.order import CUSTOMER, in_pack_order, layer_of
from trellis.metadata.layers.pinning import pinned
from trellis.metadata.layers.places import MISSING, value_at
from trellis.metadata.layers.renames import apply_renames
from trellis.metadata.layers.settling import settle
from trellis.metadata.layers.upgrade import UpgradeItem, compare
from trellis.metadata.pointers import parts_of
from trellis.metadata.versions import Version

Raw = Mapping[str, Any]
Former = Callable[[Raw], Raw | None]


@dataclass(frozen=True, slots=True)
class Replaced:
    """All source documents with the new packs, and what became of each change of the customer.

    `renames` are the new names that came with the packs, from places before to places now.
    """

    sources: tuple[Raw, ...]
    items: tuple[UpgradeItem, ...]
    renames: Mapping[str, str]


def with_packs(
    current: Composition,
    packs: Iterable[Raw],
    former: Former | None = None,
    *,
    own: Iterable[Raw] | None = None,
    types: FieldTypes = fieldtypes,
) -> Replaced:
    """The customer's documents on other packs; what the packs say themselves by now is dropped from the extensions.

    `former` finds what the target of an extension was when it was made, for those that are older than `current`. `own`
    are the customer's documents when they have been adapted to the new names already.
    """
    fresh = {raw["id"]: raw for raw in packs}
    own = own_documents(current) if own is None else own
    renames = [rename for raw in fresh.values() for rename in raw.get("renames", ())]
    renamed = [apply_renames(raw, renames) if raw["kind"] == "extension" else raw for raw in own]
    moved = compose([*fresh.values(), *renamed], types)
    extensions = [raw for raw in renamed if raw["kind"] == "extension"]
    now = {key: raw for key in fresh if (raw := moved.below(key)) is not None}
    items = compare(targets_then(current, former, renames), now, extensions, types)
    settled = [_settled(raw, items, now, fresh) for raw in renamed]
    kept = {raw["id"]: raw for raw in settled if raw is not None}
    before = {key: raw for key in now if (raw := current.below(key)) is not None}
    kept |= pinned(before, now, kept.values(), types)
    return Replaced(in_pack_order([*fresh.values(), *kept.values()]), items, new_names(current, fresh.values()))


def targets_then(current: Composition, further: Former | None, renames: Iterable[Raw]) -> Former:
    """What a target was, under the names of today: as it is now if the extension was made against that, or was once."""
    steps = [(str(rename["from"]), str(rename["to"])) for rename in renames]
    ids = {after: before for before, after in steps if "#" not in before}

    def found(extension: Raw) -> Raw | None:
        target = str(ids.get(extension["target"], extension["target"]))
        below, made = current.below(target), made_against(extension).get("hash")
        if below is None or made not in (None, digest(below)):
            below = further(extension) if further else None
        return None if below is None else _under_new_names(below, target, steps)

    return found


def _under_new_names(below: Raw, document: str, steps: Iterable[tuple[str, str]]) -> Raw:
    """A former document with what got another name where it stands today."""
    for before, after in steps:
        (source, _, old), (_, _, new) = before.partition("#"), after.partition("#")
        value = value_at(below, tuple(parts_of(old))) if source == document and old else MISSING
        if value is not MISSING and value_at(below, tuple(parts_of(new))) is MISSING:
            below = put(without(below, tuple(parts_of(old))), tuple(parts_of(new)), value)
    return below


def _settled(raw: Raw, items: Iterable[UpgradeItem], now: Mapping[str, Raw], packs: Mapping[str, Raw]) -> Raw | None:
    if raw["kind"] != "extension" or raw["target"] not in now:
        return raw
    version = packs.get(layer_of(raw["target"]), {}).get("version", "")
    return settle(raw, {}, items, now[raw["target"]], version=version)


def own_documents(composition: Composition) -> tuple[Raw, ...]:
    """The customer's documents, extensions among them."""
    return tuple(raw for key, raw in composition.sources.items() if layer_of(key) == CUSTOMER)


def new_names(current: Composition, packs: Iterable[Raw]) -> dict[str, str]:
    """The new names that packs bring: those that are later than the versions which are there now."""
    return {before: after for raw in packs for before, after in _later(current, raw)}


def _later(current: Composition, raw: Raw) -> Iterator[tuple[str, str]]:
    if raw["kind"] == "pack":
        had = Version.read(str(current.sources.get(raw["id"], {}).get("version", "")))
        for rename in raw.get("renames", ()):
            since = Version.read(rename["since"])
            if had is not None and since is not None and since > had:
                yield rename["from"], rename["to"]

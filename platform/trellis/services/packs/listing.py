"""The packs of a workspace as people see them, with what they changed in each."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from trellis.kernel.errors import NotFound
from trellis.metadata.layers.compose import Composition
from trellis.metadata.layers.leaves import leaves
from trellis.metadata.layers.order import layer_of
from trellis.metadata.layers.replacing import own_documents, targets_then
from trellis.metadata.layers.upgrade import Outcome, UpgradeItem, compare
from trellis.metadata.load import PACK_FILE
from trellis.metadata.snapshot import Snapshot
from trellis.metadata.versions import Version
from trellis.services.context import Context
from trellis.services.packs.composing import CORE, find_pack, requiring
from trellis.services.packs.former import former_targets
from trellis.services.studio import drafts

Raw = Mapping[str, Any]
State = Literal["enabled", "disabled", "available"]
OPEN = (Outcome.BOTH_CHANGED, Outcome.ORPHAN)


@dataclass(frozen=True, slots=True)
class PackLine:
    """One pack: `changes` counts what the customer changed in it, `newer` is a later version that lies in the folder.

    A pack that is `available` lies in the folder and is not installed.
    """

    id: str
    label: str
    description: str
    version: str
    state: State
    documents: int = 0
    changes: int = 0
    required_by: tuple[str, ...] = ()
    newer: str = ""

    @property
    def installed(self) -> bool:
        """Whether it is there, switched off or not."""
        return self.state != "available"

    @property
    def removable(self) -> bool:
        """Whether it is not the one that everything builds on."""
        return self.id != CORE


@dataclass(frozen=True)
class PackDetails:
    """A pack with its documents, each of the customer's changes, and those that somebody has to decide about."""

    line: PackLine
    documents: tuple[Raw, ...]
    items: tuple[UpgradeItem, ...]

    @property
    def open(self) -> tuple[UpgradeItem, ...]:
        """Changes about which a newer version has something else to say, and those that found no place."""
        return tuple(item for item in self.items if item.outcome in OPEN)


def list_packs(context: Context, folder: Path | None = None) -> list[PackLine]:
    """The packs that are installed, those that others build on first, and what else lies in the folder."""
    drafts.require_designer(context)
    lying = lying_in(folder) if folder else {}
    snapshot = context.snapshot
    manifests = [raw for raw in snapshot.sources.values() if raw["kind"] == "pack"]
    installed = [_line(context, raw, lying.get(raw["id"])) for raw in manifests]
    others = [_available(raw) for key, raw in sorted(lying.items()) if key not in snapshot.sources]
    return [*installed, *others]


async def pack_details(context: Context, pack: str, folder: Path | None = None) -> PackDetails:
    """One installed pack; raises NotFound."""
    drafts.require_designer(context)
    raw = find_pack(context.snapshot, pack)
    lying = lying_in(folder) if folder else {}
    documents = tuple(one for key, one in context.snapshot.sources.items() if layer_of(key) == pack)
    items = await changes_of(context, pack)
    return PackDetails(_line(context, raw, lying.get(pack)), documents, items)


async def changes_of(context: Context, pack: str) -> tuple[UpgradeItem, ...]:
    """Each change of the customer in a pack, against what the pack had when it was made."""
    composition = context.snapshot.composition
    own = [raw for raw in _extensions(composition, pack) if "" not in raw.get("hide", ())]
    return await compared(context, composition, own)


async def compared(context: Context, composition: Composition, own: Sequence[Raw]) -> tuple[UpgradeItem, ...]:
    """Each change of extensions, in force or drafted, against the documents below them."""
    renames = [rename for raw in composition.sources.values() for rename in raw.get("renames", ())]
    was = targets_then(composition, await former_targets(context, own), renames)
    now = {raw["target"]: below for raw in own if (below := composition.below(raw["target"])) is not None}

    return compare(was, now, own, context.snapshot.types)


def lying_in(folder: Path) -> dict[str, Raw]:
    """The manifests of the packs in a folder, by id; what cannot be read is left out."""
    found: dict[str, Raw] = {}
    for file in sorted(folder.glob(f"*/{PACK_FILE}")):
        try:
            raw = json.loads(file.read_bytes())
        except (OSError, ValueError):
            continue
        if isinstance(raw, dict) and raw.get("id") == file.parent.name and raw.get("kind") == "pack":
            found[raw["id"]] = raw
    return found


def pack_folder(folder: Path, pack: str) -> Path:
    """The folder of a pack that lies in the folder of packs; raises NotFound."""
    if pack not in lying_in(folder):
        raise NotFound()
    return folder / pack


def _line(context: Context, raw: Raw, lying: Raw | None) -> PackLine:
    snapshot, pack = context.snapshot, str(raw["id"])
    localised = snapshot.localised(context.locale).documents.get(pack)
    extensions = _extensions(snapshot.composition, pack)
    return PackLine(
        pack,
        (localised.label if localised else "") or str(raw.get("label") or pack),
        (getattr(localised, "description", "") if localised else "") or str(raw.get("description") or ""),
        str(raw["version"]),
        "disabled" if pack in snapshot.composition.disabled else "enabled",
        sum(layer_of(key) == pack for key in snapshot.sources),
        sum(1 for extension in extensions for _ in _leaves(snapshot, extension)),
        tuple(requiring(snapshot, pack)),
        _newer(raw, lying),
    )


def _available(raw: Raw) -> PackLine:
    label = str(raw.get("label") or raw["id"])
    return PackLine(raw["id"], label, str(raw.get("description") or ""), str(raw.get("version") or ""), "available")


def _newer(raw: Raw, lying: Raw | None) -> str:
    there, other = Version.read(str(raw["version"])), Version.read(str((lying or {}).get("version", "")))
    return str((lying or {})["version"]) if there and other and other > there else ""


def _extensions(composition: Composition, pack: str) -> list[Raw]:
    own: Iterable[Raw] = own_documents(composition)
    return [raw for raw in own if raw["kind"] == "extension" and layer_of(raw["target"]) == pack]


def _leaves(snapshot: Snapshot, extension: Raw) -> Iterator[object]:
    """What an extension changes, but for switching the pack off."""
    below = snapshot.composition.below(extension["target"])
    switched_off = "." not in extension["target"]
    for leaf in leaves(below or {}, extension, snapshot.types) if below else ():
        if not (switched_off and leaf.pointer == ""):
            yield leaf


__all__ = ["PackDetails", "PackLine", "changes_of", "list_packs", "lying_in", "pack_details", "pack_folder"]

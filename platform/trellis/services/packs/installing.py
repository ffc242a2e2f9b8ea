"""Packs put under what the customer made when a server starts: the documents of both become the release in force."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from trellis.engine.renaming import rewrite
from trellis.kernel.actor import SYSTEM
from trellis.kernel.errors import InvalidMetadata, StaleRelease
from trellis.metadata.check import check_documents
from trellis.metadata.intent import NO_INTENT, Intent
from trellis.metadata.layers.order import layer_of
from trellis.metadata.layers.replacing import new_names, own_documents, with_packs
from trellis.metadata.snapshot import Snapshot
from trellis.metadata.versions import Version
from trellis.services.context import Context
from trellis.services.packs.composing import known, other_packs
from trellis.services.packs.former import former_targets
from trellis.services.packs.migrating import migrating
from trellis.services.packs.planning import UNINSTALLED, pack_ids
from trellis.services.publishing import ATTEMPTS, Order, plan, publish
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.metadata_expressions import check_expression
from trellis.storage.preferences import setting

Raw = Mapping[str, Any]
NOTE = "Packs"


class DoesNotFit(InvalidMetadata):
    """What the customer made, or another pack, does not fit on the new packs."""


@dataclass(frozen=True, slots=True)
class _Together:
    documents: tuple[Raw, ...]
    intent: Intent = NO_INTENT


async def install(home: OpenWorkspace, packs: Iterable[Raw]) -> None:
    """Publish checked packs with the documents of the customer on top; nothing happens when they are in force already.

    Packs that somebody has removed stay away, those that are switched off or newer in force stay as they are, and so do
    those that come from elsewhere. Raises DoesNotFit when the customer's documents do not fit on them, InvalidMetadata
    when stored values stand in the way.
    """
    packs = tuple(packs)
    for _ in range(ATTEMPTS):
        release = await home.refresh()
        wanted = await _together(await home.context(), packs) if release else _Together(packs)
        planned = await plan(home.database, home.workspace, wanted.documents, wanted.intent)
        if planned.plan.base != (release.number if release else 0):
            continue
        if planned.plan.empty:
            return
        order = Order(SYSTEM, NOTE, then=migrating(home, home.clock, planned))
        try:
            await publish(home.database, home.workspace, planned, home.clock, order)
        except StaleRelease:
            continue
        return
    raise StaleRelease()


async def _together(context: Context, packs: tuple[Raw, ...]) -> _Together:
    """All documents with new packs, and what they call by another name; raises DoesNotFit."""
    current = context.snapshot
    composition = current.composition
    async with context.database.read(context.workspace) as connection:
        removed = set((await setting(connection, UNINSTALLED) or "").split()) - pack_ids(current)
    given = known(_taken(packs, current, removed), composition)
    fresh = other_packs(composition, {layer_of(raw["id"]) for raw in given}) + given
    own = own_documents(composition)
    names = new_names(composition, fresh)
    adapted = rewrite(own, names, current)
    former = await former_targets(context, adapted)
    replaced = with_packs(composition, fresh, former, own=adapted, types=current.types)
    if own or len(given) < len(packs) or len(fresh) > len(given):
        found = check_documents(replaced.sources, check_expression)
        if errors := [finding for finding in found if finding.severity == "error"]:
            raise DoesNotFit(errors)
    return _Together(replaced.sources, Intent(names))


def _taken(packs: tuple[Raw, ...], current: Snapshot, removed: set[str]) -> tuple[Raw, ...]:
    """The documents of those packs that a start puts in force."""
    manifests = {raw["id"]: raw for raw in packs if raw["kind"] == "pack"}
    kept = current.composition.disabled | {key for key, raw in manifests.items() if _is_newer(current, raw)}
    there, away = pack_ids(current), set(removed)
    while more := {key for key, raw in manifests.items() if away.intersection(raw.get("requires", ()))} - away - there:
        away |= more
    return tuple(raw for raw in packs if layer_of(raw["id"]) not in away | kept)


def _is_newer(current: Snapshot, manifest: Raw) -> bool:
    """Whether a later version of a pack is in force."""
    there = Version.read(str(current.sources.get(manifest["id"], {}).get("version", "")))
    given = Version.read(str(manifest.get("version", "")))
    return there is not None and given is not None and there > given

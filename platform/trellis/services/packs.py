"""Packs put under what the customer made: the documents of both become the release in force."""

from collections.abc import Iterable, Mapping
from typing import Any

from trellis.engine.renaming import rewrite
from trellis.kernel.actor import SYSTEM
from trellis.kernel.errors import InvalidMetadata, StaleRelease
from trellis.metadata.check import check_documents
from trellis.metadata.intent import Intent
from trellis.metadata.layers.replacing import new_names, own_documents, with_packs
from trellis.metadata.snapshot import Snapshot
from trellis.services.publishing import ATTEMPTS, Order, plan, publish
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.metadata_expressions import check_expression

Raw = Mapping[str, Any]
NOTE = "Packs"


class DoesNotFit(InvalidMetadata):
    """What the customer made does not fit on the new packs."""


async def install(home: OpenWorkspace, packs: Iterable[Raw]) -> None:
    """Publish checked packs with the documents of the customer on top; nothing happens when they are in force already.

    Raises DoesNotFit when the customer's documents do not fit on them, InvalidMetadata when stored values stand in the way.
    """
    packs = tuple(packs)
    for _ in range(ATTEMPTS):
        release = await home.refresh()
        documents, intent = _together(release.snapshot, packs) if release else (packs, Intent())
        planned = await plan(home.database, home.workspace, documents, intent)
        if planned.plan.base != (release.number if release else 0):
            continue
        if planned.plan.empty:
            return
        try:
            await publish(home.database, home.workspace, planned, home.clock, Order(SYSTEM, NOTE))
        except StaleRelease:
            continue
        return
    raise StaleRelease()


def _together(current: Snapshot, packs: tuple[Raw, ...]) -> tuple[tuple[Raw, ...], Intent]:
    """All documents with new packs, and what they call by another name; raises DoesNotFit."""
    composition = current.composition
    own = own_documents(composition)
    if not own:
        return packs, Intent(new_names(composition, packs))
    names = new_names(composition, packs)
    replaced = with_packs(composition, packs, own=rewrite(own, names, current), types=current.types)
    errors = [found for found in check_documents(replaced.sources, check_expression) if found.severity == "error"]
    if errors:
        raise DoesNotFit(errors)
    return replaced.sources, Intent(names)

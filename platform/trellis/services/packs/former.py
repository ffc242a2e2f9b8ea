"""What the documents of packs were when the customer changed them, found in the releases of the past."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from trellis.metadata.fingerprints import digest
from trellis.metadata.layers.against import made_against
from trellis.services.context import Context
from trellis.storage.releases import versions_of

Raw = Mapping[str, Any]
Former = Callable[[Raw], Raw | None]


async def former_targets(context: Context, own: Iterable[Raw]) -> Former:
    """What the target of an extension was when it was made, as far as any release had it."""
    found: dict[str, Raw] = {}
    composition = context.snapshot.composition
    async with context.database.read(context.workspace) as connection:
        for extension in own:
            wanted = made_against(extension).get("hash") if extension["kind"] == "extension" else None
            below = composition.below(extension["target"]) if wanted else None
            if wanted is None or (below is not None and digest(below) == wanted):
                continue
            versions = await versions_of(connection, extension["target"])
            version = next((raw for raw in versions if digest(raw) == wanted), None)
            if version is not None:
                found[extension["id"]] = version
    return lambda extension: found.get(extension["id"])

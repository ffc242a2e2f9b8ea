"""The answers to what a newer version of a pack asks: one's own value is kept, or the pack's is taken, in the draft."""

from collections.abc import Mapping

from trellis.kernel.errors import NotFound
from trellis.metadata.layers.order import layer_of
from trellis.metadata.layers.settling import Decision, settle
from trellis.services.context import Context
from trellis.services.packs.listing import compared
from trellis.services.studio import drafts
from trellis.services.studio.drafts import Draft


async def decide(context: Context, target: str, decisions: Mapping[str, Decision]) -> Draft:
    """Put answers about places of a pack's document into the draft; raises NotFound when nothing is asked there."""
    draft = await drafts.load(context)
    composition = draft.merged.snapshot.composition
    extension = composition.extension(target)
    if extension is None:
        raise NotFound()
    items = await compared(context, composition, [extension])
    if not decisions.keys() <= {item.pointer for item in items}:
        raise NotFound()
    below = composition.below(target)
    if below is None:  # all of it found no place: it stays or goes as a whole
        return await drafts.keep_source(context, target, None if "theirs" in decisions.values() else extension)
    version = str(composition.sources.get(layer_of(target), {}).get("version", ""))
    settled = settle(extension, decisions, items, below, version=version)
    return await drafts.keep_source(context, target, settled)

"""Forms that somebody filled in while their definitions changed: what was typed stays, and people look again."""

from dataclasses import replace

from trellis.services.context import Context
from trellis.services.studio.staleforms import Drawn, drawn, keys_now
from trellis.web.http import Asked
from trellis.web.pages import presets
from trellis.web.pages.filling import Filling, Texts

NAME = "_drawn"


async def told_by(request: Asked) -> Drawn | None:
    """What the posted form was drawn from; None when it does not tell."""
    return Drawn.read(str((await request.form()).get(NAME, "")))


def redrawn(context: Context, filling: Filling, posted: Texts) -> tuple[Filling, Texts]:
    """Whether the form is drawn otherwise by now, and what was posted under the keys that its fields have now."""
    text = next(iter(posted.get(NAME, ())), "")
    told, now = Drawn.read(text), drawn(context, filling.entity, filling.form)
    if told is None or told.hash == now.hash:
        return filling, posted
    keys = keys_now(context, filling.entity.id, told.release)
    names = {**keys, **{presets.PREFIX + before: presets.PREFIX + after for before, after in keys.items()}}
    moved = {names.get(key, key): texts for key, texts in posted.items()}
    return replace(filling, drawn=text, redrawn=True), moved

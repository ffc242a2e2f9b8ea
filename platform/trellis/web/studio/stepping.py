"""Steps that every editor of one document has: undo, redo, and back to what the pack says."""

from collections.abc import Mapping
from typing import Any

from litestar.response import Redirect

from trellis.services.context import Context
from trellis.services.studio import drafts
from trellis.web.studio.links import editor_url
from trellis.web.studio.view_forms import Press


async def take_step(context: Context, raw: Mapping[str, Any], press: Press) -> Redirect:
    """Carry the step of a button out, and show the editor again."""
    document = str(raw["id"])
    if press.action == "reset":
        await drafts.reset(context, document, press.target)
    else:
        await {"undo": drafts.undo, "redo": drafts.redo}[press.action](context, document)
    return Redirect(editor_url(str(raw["kind"]), document), status_code=303)

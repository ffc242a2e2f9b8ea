"""Editors show documents that can be read; what cannot is mended as JSON."""

from typing import Any

from litestar.response import Redirect

from trellis.kernel.errors import NotFound
from trellis.services.studio.drafts import Draft
from trellis.web.studio.links import raw_url


def of_kind(draft: Draft, document: str, kind: str) -> dict[str, Any]:
    """The drafted document of a kind; raises NotFound."""
    raw = draft.raw(document)
    if raw.get("kind") != kind:
        raise NotFound()
    return dict(raw)


def elsewhere(draft: Draft, document: str) -> Redirect | None:
    """To the page of the document as JSON, when a part of it has a shape that nobody can read."""
    merged = draft.merged
    if document in merged.lost or merged.removed.get(document) or document not in merged.documents:
        return Redirect(raw_url(document), status_code=303)
    return None

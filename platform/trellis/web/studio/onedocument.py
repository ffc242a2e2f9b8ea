"""What the editors of one document share: finding it, how it stands in the draft, its steps, saving it, taking it away."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from litestar.response import Redirect

from trellis.kernel.errors import NotFound
from trellis.kernel.messages import Message
from trellis.services.context import Context
from trellis.services.studio import drafts
from trellis.services.studio.drafts import Draft
from trellis.services.studio.layering import is_own
from trellis.web.http import Asked, locale_of
from trellis.web.studio.editing import Refusal, Texts, other_languages, save, save_translations, told, version_in
from trellis.web.studio.links import editor_url, raw_url
from trellis.web.studio.panels.controls import Bench, missing
from trellis.web.studio.panels.specs import Spec
from trellis.web.studio.view_forms import Press

Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a document stands in the draft: whose it is, what it is saved on top of, which steps can be taken.

    As it begins, so stands a new one of the customer's.
    """

    id: str
    version: int = 0
    own: bool = True
    changed: bool = False
    can_undo: bool = False
    can_redo: bool = False


def standing_of(draft: Draft, document: str) -> Standing:
    """How a document of the draft stands."""
    return Standing(
        id=document,
        version=draft.version(document),
        own=is_own(document),
        changed=draft.below(document) not in (None, draft.merged.raw.get(document)),
        can_undo=draft.can_undo(document),
        can_redo=draft.can_redo(document),
    )


def whose(draft: Draft, document: str) -> str:
    """Whose a document is: `yours`, `changed` by you, or the pack's (its id)."""
    standing = standing_of(draft, document)
    return "yours" if standing.own else "changed" if standing.changed else document.partition(".")[0]


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


def bench_of(request: Asked, draft: Draft, raw: Raw, refusal: Refusal | None = None, about: str = "") -> Bench:
    """What it takes to make the inputs of a whole document."""
    document = str(raw["id"])
    return Bench(
        snapshot=draft.merged.snapshot.localised(locale_of(request, draft.context)),
        document=raw,
        path=(),
        below=draft.below(document),
        findings=refusal.findings if refusal else draft.findings(document),
        published=draft.context.snapshot.raw.get(document),
        translations=other_languages(draft),
        about=about,
    )


async def save_filled(
    context: Context, bench: Bench, specs: Iterable[Spec], wanted: Raw, texts: Texts, below: str | None = None
) -> Refusal | None:
    """Save a document as its inputs have it, with its texts in other languages; what keeps it from being saved."""
    needed = missing(bench, specs, texts)
    found = Refusal(needed) if needed else await save(context, wanted, version_in(texts), below)
    if isinstance(found, Refusal):
        return found
    await save_translations(context, found, texts, str(wanted["id"]), ())
    return None


def status_of(refusal: Refusal | None) -> int:
    """How a page answers that shows a document, or why it was not saved."""
    return 200 if refusal is None else 409 if refusal.conflict else 422


async def draft_after(draft: Draft, refusal: Refusal) -> Draft:
    """The draft to show a refusal on: the newest one, where somebody else was faster."""
    return await drafts.load(draft.context) if refusal.conflict else draft


async def take_step(context: Context, raw: Raw, press: Press) -> Redirect:
    """Carry out undo, redo or back to what the pack says, and show the editor again."""
    document = str(raw["id"])
    if press.action == "reset":
        await drafts.reset(context, document, press.target)
    else:
        await {"undo": drafts.undo, "redo": drafts.redo}[press.action](context, document)
    return Redirect(editor_url(str(raw["kind"]), document), status_code=303)


async def take_away(
    request: Asked, context: Context, document: str, back: str, said: Message, texts: Texts | None = None
) -> Redirect:
    """Take a document away, an own one out and a pack's out of sight, and offer to take that back."""
    await drafts.remove(context, document, version=version_in(texts or {}))
    return told(request, context, back, said, f"/studio/undo/{document}")

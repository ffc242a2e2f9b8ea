"""What surrounds every page of the Studio: who may come in, the places to go, and the draft that waits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Response

from trellis.kernel.errors import Forbidden
from trellis.kernel.messages import Message
from trellis.services import queries
from trellis.services.context import Context
from trellis.services.studio import drafts
from trellis.services.studio.drafts import Draft
from trellis.web.catalogues import LOCALES
from trellis.web.http import Asked, locale_of, page_context
from trellis.web.render.environment import formats_of, fragment, page
from trellis.web.studio.links import editor_url

SECTIONS: tuple[tuple[str, str, Message], ...] = (
    ("/studio", "database", Message("Entities")),
    ("/studio/optionsets", "list-check", Message("Option lists")),
    ("/studio/navigation", "menu-2", Message("Menus")),
    ("/studio/roles", "shield-lock", Message("Roles")),
    ("/studio/sharing", "share", Message("Sharing rules")),
    ("/studio/translations", "language", Message("Translations")),
    ("/studio/packs", "package", Message("Packs")),
    ("/studio/releases", "history", Message("Releases")),
    ("/studio/documents", "braces", Message("All documents")),
)
"""The places of the Studio: address, icon, name."""

BELONGS = {
    "/studio/entities": "/studio",
    "/studio/forms": "/studio",
    "/studio/views": "/studio",
    "/studio/new-entity": "/studio",
    "/studio/new-view": "/studio",
    "/studio/spreadsheet": "/studio",
    "/studio/putaside": "/studio",
    "/studio/background": "/studio/releases",
    "/studio/retired": "/studio",
}
"""Pages that count as a part of another place."""

KINDS: Mapping[str, Message] = {
    "pack": Message("Packs"),
    "entity": Message("Entities"),
    "optionset": Message("Option lists"),
    "form": Message("Forms"),
    "view": Message("Lists"),
    "navigation": Message("Menus"),
    "role": Message("Roles"),
    "sharing": Message("Sharing rules"),
    "seed": Message("Initial records"),
    "translation": Message("Translations"),
    "extension": Message("Extensions"),
}
"""What people call the documents of a kind."""

WORDS = {"added": Message("added"), "changed": Message("changed"), "removed": Message("removed")}


@dataclass(frozen=True, slots=True)
class Section:
    """One place of the Studio."""

    url: str
    icon: str
    label: Message
    current: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """One document that was changed since the last release, by whom and when."""

    label: str
    url: str
    what: str
    word: Message
    who: str
    when: str
    conflict: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """The surroundings of a page of the Studio."""

    sections: tuple[Section, ...]
    changes: tuple[Waiting, ...]
    defects: int
    may_publish: bool

    @property
    def section(self) -> Section | None:
        """Where one is."""
        return next((section for section in self.sections if section.current), None)


async def studio_context(request: Asked) -> Context:
    """The context of a page of the Studio; raises Forbidden without the right to design."""
    context = await page_context(request)
    if not context.access.system("designer"):
        raise Forbidden(Message("The Studio is for people who may change definitions."))
    return context


async def studio_page(
    request: Asked,
    context: Context,
    template: str,
    data: object,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    draft: Draft | None = None,
) -> Response[bytes]:
    """A whole page of the Studio, with its places and the bar of the draft; templates extend studio/base.html.

    Who has loaded the draft already gives it, which saves a look at the database.
    """
    known = await _known(request, context, draft)
    return page(request, context, template, data, status=status, headers=headers, **known)


async def studio_fragment(
    request: Asked,
    context: Context,
    template: str,
    data: object,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    draft: Draft | None = None,
) -> Response[bytes]:
    """A part of a page of the Studio, for a swap; it may include studio/bar.html to renew the bar out of band."""
    known = await _known(request, context, draft)
    return fragment(request, context, template, data, status=status, headers=headers, **known)


async def _known(request: Asked, context: Context, draft: Draft | None) -> dict[str, Any]:
    """What the templates of the Studio know besides their data."""
    return {
        "studio": await frame_of(request, context, draft),
        "locales_named": LOCALES,
        "kinds_named": KINDS,
        "packs_named": _packs(request, context),
    }


async def frame_of(request: Asked, context: Context, known: Draft | None = None) -> Frame:
    """The surroundings of a page: one look at the draft unless it is known, and one at the names of who changed it."""
    draft = known or await drafts.load(context)
    return Frame(
        _sections(request.scope["path"]),
        await _waiting(request, context, draft),
        sum(finding.severity == "error" for finding in draft.findings()) if draft.changes else 0,
        context.access.system("publish"),
    )


def _packs(request: Asked, context: Context) -> Mapping[str, str]:
    """What people call the packs, by their ids."""
    packs = context.snapshot.localised(locale_of(request, context)).packs
    return {key: pack.label or key for key, pack in packs.items()}


def _sections(path: str) -> tuple[Section, ...]:
    place = next((home for start, home in BELONGS.items() if path.startswith(start)), None)
    if place is None:
        fitting = [url for url, _, _ in SECTIONS if path == url or path.startswith(url + "/") and url != "/studio"]
        place = fitting[-1] if fitting else ""
    return tuple(Section(url, icon, label, url == place) for url, icon, label in SECTIONS)


async def _waiting(request: Asked, context: Context, draft: Draft) -> tuple[Waiting, ...]:
    if not draft.changes:
        return ()
    formats = formats_of(request, context)
    people = sorted({change.by for change in draft.changes if change.by})
    choices = await queries.choices(context.as_system(), "core.user", ids=people) if people else []
    names = {choice.id: choice.label for choice in choices}
    labels = draft.merged.snapshot.localised(locale_of(request, context))
    found = []
    for change in draft.changes:
        raw = draft.merged.raw.get(change.document) or context.snapshot.raw.get(change.document) or {}
        named = labels.documents.get(change.document)
        label = (named.label if named else "") or str(raw.get("label") or "") or change.document
        url = editor_url(str(raw.get("kind", "")), change.document)
        who, when = names.get(change.by, ""), formats.datetime(change.at)
        found.append(Waiting(label, url, change.what, WORDS[change.what], who, when, change.conflict))
    return tuple(found)

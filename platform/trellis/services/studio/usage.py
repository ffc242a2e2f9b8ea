"""Where something is used, for people: each place in words, with the page on which it is changed."""

from collections.abc import Iterable
from dataclasses import dataclass

from trellis.engine.captions import Caption, Captions
from trellis.engine.usage import Reference, Removal, Usage, Use, label, removal
from trellis.kernel.errors import Forbidden, NotFound
from trellis.kernel.messages import Message
from trellis.metadata.layers.places import MISSING, value_at
from trellis.metadata.pointers import parts_of
from trellis.metadata.snapshot import Snapshot
from trellis.services.context import Context
from trellis.services.studio.drafts import Draft

KINDS = ("entity", "optionset", "form", "view", "navigation", "role", "seed", "translation", "pack")
"""The kinds of documents in the order in which people look for them."""

_PAGES = {
    "entity": "/studio/entities/{id}", "optionset": "/studio/optionsets/{id}", "form": "/studio/forms/{id}",
    "view": "/studio/views/{id}", "navigation": "/studio/navigation/{id}", "role": "/studio/roles/{id}",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class UsedIn:
    """One place that uses something: in which document, where in it in words, and where it can be changed."""

    document: str
    kind: str
    role: Use
    label: Message
    pointer: str
    url: str


@dataclass(frozen=True, slots=True)
class WhereUsed:
    """All that uses a thing, documents of one kind together, and how far the thing could be removed."""

    of: str
    label: Caption
    places: tuple[UsedIn, ...]
    removal: Removal

    @property
    def groups(self) -> dict[str, list[UsedIn]]:
        """The places by kind of document."""
        found: dict[str, list[UsedIn]] = {}
        for place in self.places:
            found.setdefault(place.kind, []).append(place)
        return found


def where_used(seen: Context | Draft, path: str) -> WhereUsed:
    """Who uses a document, field, option, … or function, in force or in a draft; raises Forbidden and NotFound."""
    context = seen.context if isinstance(seen, Draft) else seen
    if not context.access.system("designer"):
        raise Forbidden(Message("You may not change definitions."))
    snapshot = seen.merged.snapshot if isinstance(seen, Draft) else seen.snapshot
    found = Usage.of(snapshot, near=context.snapshot).outside(path)
    if not found and not _exists(snapshot, path):
        raise NotFound()
    locale = context.locale
    places = tuple(used_in(one, snapshot, locale) for one in _once(found))
    return WhereUsed(
        path, Captions.of(snapshot, locale).at(path), tuple(sorted(places, key=_order)), removal(snapshot, path, locale)
    )


def used_in(reference: Reference, snapshot: Snapshot, locale: str) -> UsedIn:
    """A reference for people."""
    raw = snapshot.raw[reference.document]
    kind = str(raw["kind"])
    where = label(reference, snapshot, locale)
    url = page_of(reference.document, kind, reference.pointer, str(raw.get("locale", "")))
    return UsedIn(reference.document, kind, reference.role, where, reference.pointer, url)


def page_of(document: str, kind: str, pointer: str = "", locale: str = "") -> str:
    """The page of the Studio on which a place is changed."""
    if kind == "translation":
        return f"/studio/translations/{locale}"
    page = _PAGES.get(kind, "/studio/documents/{id}").format(id=document)
    parts = parts_of(pointer)
    return f"{page}/fields/{parts[1]}" if kind == "entity" and parts[:1] == ["fields"] and len(parts) > 1 else page


def _once(found: Iterable[Reference]) -> Iterable[Reference]:
    """Each place once: an expression may name a field several times."""
    return {(one.document, one.pointer): one for one in found}.values()


def _order(place: UsedIn) -> tuple[int, str]:
    kind = KINDS.index(place.kind) if place.kind in KINDS else len(KINDS)
    return kind, place.document


def _exists(snapshot: Snapshot, path: str) -> bool:
    document, _, where = path.partition("#")
    if where.startswith("/system/"):
        entity = snapshot.entities.get(document)
        return entity is not None and where.removeprefix("/system/") in entity.all_fields
    raw = snapshot.raw.get(document)
    return raw is not None and value_at(raw, tuple(parts_of(where))) is not MISSING

"""The navigation of a person, made once per release, set of roles and language."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from trellis.metadata.documents import in_order
from trellis.metadata.documents.navigation import Entry, Navigation
from trellis.metadata.snapshot import Snapshot
from trellis.services.context import Context
from trellis.web.links import list_url


@dataclass(frozen=True, slots=True)
class Place:
    """One line of the menu; `prefix` is the path under which it counts as the current one. A heading has no address."""

    label: str
    icon: str
    url: str
    prefix: str
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """One menu."""

    label: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Rail:
    """All menus of a person, and the first places for the bar of a phone."""

    groups: tuple[Group, ...]

    @property
    def places(self) -> tuple[Place, ...]:
        return tuple(place for group in self.groups for place in group.places if place.url)

    @property
    def first(self) -> tuple[Place, ...]:
        """The three places of a phone's bar."""
        return self.places[:3]

    @property
    def home(self) -> str:
        """Where a person starts."""
        return self.places[0].url if self.places else "/account"


def rail_of(context: Context, locale: str) -> Rail:
    """The menus that the actor may use."""
    if context.actor.is_system:
        return Rail(())
    key = (Rail, context.access.key, locale)
    found = context.release.derived.get(key)
    if found is None:
        found = context.release.derived[key] = Rail(tuple(_groups(context, context.snapshot.localised(locale))))
    return found  # type: ignore[return-value]


def _groups(context: Context, snapshot: Snapshot) -> Iterator[Group]:
    allowed = {name for role in context.access.rights.held for name in role.navigation}
    for navigation in snapshot.navigations.values():
        if navigation.id in allowed or not allowed or context.access.system("designer"):
            places = tuple(_places(context, snapshot, navigation))
            if places:
                yield Group(navigation.label, places)


BUILT_IN = {
    "home": "/", "search": "/search", "bin": "/bin", "import": "/import", "expressions": "/expressions",
    "studio": "/studio", "administration": "/admin",
}  # fmt: skip
RIGHTS = {"import": ("import",), "studio": ("designer",), "administration": ("users", "audit")}
"""The system rights one of which opens a built-in page."""


def _places(context: Context, snapshot: Snapshot, navigation: Navigation) -> Iterator[Place]:
    for entry in in_order(navigation.items).values():
        below = [
            replace(place, depth=1)
            for item in in_order(entry.children).values()
            if (place := _goal(context, snapshot, item)) is not None
        ]
        place = _goal(context, snapshot, entry)
        if place is not None:
            yield place
        elif below and entry.label:
            yield Place(entry.label, entry.icon or "apps", "", "")
        yield from below


def _goal(context: Context, snapshot: Snapshot, entry: Entry) -> Place | None:
    return _built_in(context, entry) if entry.builtin else _place(context, snapshot, entry)


def _built_in(context: Context, entry: Entry) -> Place | None:
    name = entry.builtin or ""
    if name in RIGHTS and not any(context.access.system(right) for right in RIGHTS[name]):
        return None
    return Place(entry.label, entry.icon or "apps", BUILT_IN[name], BUILT_IN[name])


def _place(context: Context, snapshot: Snapshot, entry: Entry) -> Place | None:
    view = snapshot.views.get(entry.view or "")
    entity = snapshot.entities.get(view.entity if view else entry.entity or "")
    if entity is None or not context.access.allows(entity.id, "read"):
        return None
    url = list_url(entity.id, view=view.id) if view else list_url(entity.id)
    return Place(entry.label or entity.plural, entry.icon or entity.icon, url, list_url(entity.id))

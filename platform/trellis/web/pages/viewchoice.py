"""Which views of an entity are meant for whoever looks."""

from collections.abc import Sequence

from trellis.metadata.documents import View
from trellis.services.context import Context


def views_for(context: Context, entity: str) -> tuple[View, ...]:
    """The views of an entity that are for everybody or for a role of the actor."""
    rights = context.access.rights
    held = {role.id for role in rights.held}
    return tuple(
        view
        for view in context.snapshot.views_of(entity)
        if rights.everything or not view.audience.roles or held & set(view.audience.roles)
    )


def first_view(views: Sequence[View]) -> View | None:
    """The view that somebody gets first: one that says so, those for a role before those for everybody, by priority."""
    defaults = [view for view in views if view.default] or list(views[:1])
    return max(defaults, key=lambda view: (bool(view.audience.roles), view.audience.priority), default=None)

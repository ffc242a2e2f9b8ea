"""Views: columns, order, audience, and one default per entity."""

from collections.abc import Iterator

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.checks.references import follow, reference
from trellis.metadata.documents import Entity, Role, View
from trellis.metadata.documents.view import LIST_ACTIONS
from trellis.metadata.fieldtypes import Date, DateTime, FieldType
from trellis.metadata.findings import error, near_or_all, warning
from trellis.metadata.merged import Merged
from trellis.metadata.pointers import pointer

LARGEST_PAGE = 500
SEVERAL = frozenset({"sum", "avg"})


def entity(view: View, merged: Merged) -> Iterator[Finding]:
    """A view shows records of an entity."""
    yield from reference(view, "/entity", view.entity, Entity, merged)


def audience(view: View, merged: Merged) -> Iterator[Finding]:
    """The roles that get a view exist."""
    for index, role in enumerate(view.audience.roles):
        yield from reference(view, f"/audience/roles/{index}", role, Role, merged)


def columns(view: View, merged: Merged) -> Iterator[Finding]:
    """Columns are fields or paths over lookups, and what they add up are numbers."""
    found = merged.entity(view.entity)
    if not view.columns and not merged.removed.get(view.id):
        yield error(view, "/columns", "view_empty", "The view has no columns.")
    if found is None:
        return
    for path in view.columns:
        reached = follow(view, pointer(("columns", path)), found, path, merged)
        if reached.finding:
            yield reached.finding
        elif reached.field is not None:
            yield from _column(view, path, reached.field)


def _column(view: View, path: str, field: FieldType) -> Iterator[Finding]:
    column = view.columns[path]
    if column.summary in SEVERAL and not field.numeric:
        text = "A field of type '{type}' has no '{summary}'."
        place = pointer(("columns", path, "summary"))
        yield error(view, place, "summary_type", text, type=field.type, summary=column.summary)
    if column.format is not None and not isinstance(field, Date | DateTime):
        text = "Only dates are '{format}'."
        yield error(view, pointer(("columns", path, "format")), "format_type", text, format=column.format)


def sorting(view: View, merged: Merged) -> Iterator[Finding]:
    """A view is sorted by fields that have an order."""
    found = merged.entity(view.entity)
    if found is None:
        return
    for index, sort in enumerate(view.sort):
        place = f"/sort/{index}/field"
        reached = follow(view, place, found, sort.field, merged)
        if reached.finding:
            yield reached.finding
        elif reached.field is not None and not reached.field.sortable:
            text = "Nothing can be sorted by '{field}', a field of type '{type}'."
            yield error(view, place, "sort_type", text, field=sort.field, type=reached.field.type)


def sorted_once(view: View, merged: Merged) -> Iterator[Finding]:
    """Sorting by a field a second time changes nothing."""
    keys = [sort.field for sort in view.sort]
    for index, key in enumerate(keys):
        if key in keys[:index]:
            yield warning(
                view, f"/sort/{index}/field", "sort_twice", "The view is already sorted by '{field}'.", field=key
            )


def page_size(view: View, merged: Merged) -> Iterator[Finding]:
    """A page has a number of rows that people can read."""
    if not 1 <= view.paging.size <= LARGEST_PAGE:
        text = "A page has 1 to {limit} rows, not {size}."
        yield error(view, "/paging/size", "out_of_range", text, limit=LARGEST_PAGE, size=view.paging.size)


def own_records(view: View, merged: Merged) -> Iterator[Finding]:
    """Only records with an owner can be somebody's own."""
    found = merged.entity(view.entity)
    if view.scope_default == "own" and found is not None and not merged.has_owner(found):
        text = "Records of {entity} have no owner, so nobody has own ones."
        hint = Message("Add the trait 'owned' to the entity, or write 'all'.")
        yield error(view, "/scopeDefault", "scope_without_owner", text, hint=hint, entity=found.label or found.id)


def one_default(view: View, merged: Merged) -> Iterator[Finding]:
    """Each audience has one view of an entity that comes first."""
    if not view.default:
        return
    others = [
        other
        for other in merged.snapshot.views_of(view.entity)
        if other.default and set(other.audience.roles) == set(view.audience.roles)
    ]
    if others and others[0].id != view.id:
        text = "'{other}' is already the default view of {entity}."
        hint = Message("Keep one of the two, or give them different audiences.")
        yield error(view, "/default", "two_default_views", text, hint=hint, other=others[0].id, entity=view.entity)


def actions(view: View, merged: Merged) -> Iterator[Finding]:
    """The menu of a list offers what there is."""
    for index, action in enumerate(view.bulk_actions):
        if action not in LIST_ACTIONS:
            hint = near_or_all(action, LIST_ACTIONS)
            text = "No list offers '{action}'."
            yield warning(view, f"/bulkActions/{index}", "list_action_unknown", text, hint=hint, action=action)


CHECKS = {View: (entity, audience, columns, sorting, sorted_once, page_size, own_records, one_default, actions)}

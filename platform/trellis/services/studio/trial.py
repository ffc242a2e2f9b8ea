"""The draft as if it were in force, for looking at definitions: what has not been published has no records yet."""

from dataclasses import replace

from trellis.metadata.diff import kept_entries
from trellis.services.context import Context, Release
from trellis.services.studio.drafts import Draft
from trellis.storage.tables import Tables


def as_if_published(draft: Draft) -> Context:
    """The context of a draft with the release that it would become, made once for each state of the draft."""
    context = draft.context
    if not draft.changes:
        return context
    derived = draft.merged.snapshot.derived
    found = derived.get(Release) or derived.setdefault(Release, _release(context.release, draft))
    return context.with_release(found)


def _release(release: Release, draft: Draft) -> Release:
    snapshot, tables = draft.merged.snapshot, release.tables
    ledger = tables.ledger.with_changes(kept_entries(snapshot, tables.ledger))
    drafted = Tables.of(snapshot, ledger, tables.schema, tables.dialect)
    return replace(release, snapshot=snapshot, tables=drafted, derived={})

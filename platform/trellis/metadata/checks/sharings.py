"""Sharing: what is shared with whom."""

from collections.abc import Iterator

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.checks.references import reference
from trellis.metadata.documents import Entity, Role, Sharing
from trellis.metadata.documents.sharing import RoleGrantee
from trellis.metadata.findings import error, warning
from trellis.metadata.merged import Merged


def entity(sharing: Sharing, merged: Merged) -> Iterator[Finding]:
    """Records of an entity that exists are shared; parts are shared with the whole."""
    yield from reference(sharing, "/entity", sharing.entity, Entity, merged)
    found = merged.entity(sharing.entity)
    if found is not None and found.traits.child_of is not None:
        hint = Message("Share the whole instead.")
        yield error(sharing, "/entity", "sharing_of_parts", "Parts are shared with their whole.", hint=hint)


def grantees(sharing: Sharing, merged: Merged) -> Iterator[Finding]:
    """They are shared with roles that exist, or with teams."""
    if not sharing.to:
        yield warning(sharing, "/to", "sharing_with_nobody", "This is shared with nobody.")
    for number, to in enumerate(sharing.to):
        if isinstance(to, RoleGrantee):
            yield from reference(sharing, f"/to/{number}/role", to.role, Role, merged)


CHECKS = {Sharing: (entity, grantees)}

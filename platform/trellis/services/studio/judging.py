"""What the checks say about a draft: about what was changed, and about all that refers to it."""

from collections.abc import Iterator, Set

from trellis.engine.usage.graph import Usage
from trellis.engine.usage.mentions import Use
from trellis.kernel.errors import Finding
from trellis.metadata.check import check_part
from trellis.metadata.snapshot import Snapshot
from trellis.services.studio.assembling import Assembled
from trellis.storage.metadata_expressions import check_expression


def findings_of(base: Snapshot, draft: Assembled) -> tuple[Finding, ...]:
    """The findings about a draft over a release; what nobody touched was sound when it was published."""
    read = {one.raw["id"] for one in draft.reads}
    if not draft.changed and not read:
        return ()
    only = affected(base, draft.changed) | read
    return check_part(draft.reads, draft.merged, only, check_expression)


def affected(base: Snapshot, changed: Set[str]) -> frozenset[str]:
    """The changed documents with all that refer to them, and whose computed fields build upon them at any distance."""
    if not changed & base.raw.keys():
        return frozenset(changed)
    usage, seen, waiting = Usage.of(base), set(changed), list(changed)
    while waiting:
        document = waiting.pop()
        for user in _users(usage, document, only_computing=document not in changed):
            if user not in seen:
                seen.add(user)
                waiting.append(user)
    return frozenset(seen)


def _users(usage: Usage, document: str, *, only_computing: bool) -> Iterator[str]:
    """Who names a document or a part of it; or only whose fields are worked out from it."""
    for reference in usage.of_target(document):
        if not only_computing or reference.role in (Use.FORMULA, Use.ROLLUP):
            yield reference.document

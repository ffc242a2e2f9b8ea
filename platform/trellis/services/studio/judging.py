"""What the checks say about a draft: about what was changed, and about all that refers to it."""

from collections.abc import Iterator, Mapping

from trellis.engine.usage.graph import Reference, Usage
from trellis.engine.usage.mentions import Use
from trellis.kernel.errors import Finding
from trellis.metadata.check import check_part
from trellis.metadata.snapshot import Snapshot
from trellis.services.studio.assembling import Assembled
from trellis.services.studio.touching import Touched, touched
from trellis.storage.metadata_expressions import check_expression

_COMPUTED = (Use.FORMULA, Use.ROLLUP)


def findings_of(base: Snapshot, draft: Assembled) -> tuple[Finding, ...]:
    """The findings about a draft over a release; what nobody touched was sound when it was published."""
    read = {one.raw["id"] for one in draft.reads}
    if not draft.changed and not read:
        return ()
    changes = {key: touched(base.raw.get(key), draft.merged.raw.get(key)) for key in draft.changed}
    return check_part(draft.reads, draft.merged, affected(base, changes) | read, check_expression)


def affected(base: Snapshot, changes: Mapping[str, Touched]) -> frozenset[str]:
    """Changed documents with all that name what was touched, and whose computed fields build upon it at any distance."""
    if not any(change.parts and key in base.raw for key, change in changes.items()):
        return frozenset(changes)
    usage = Usage.of(base)
    named = {reference.document for key, change in changes.items() for reference in _naming(usage, key, change)}
    seen, waiting = named | changes.keys(), list(named - changes.keys())
    while waiting:
        for reference in usage.of_target(waiting.pop()):
            if reference.role in _COMPUTED and reference.document not in seen:
                seen.add(reference.document)
                waiting.append(reference.document)
    return frozenset(seen)


def _naming(usage: Usage, document: str, change: Touched) -> Iterator[Reference]:
    """The references to what was touched; a translation only minds when its place is gone."""
    if not change.parts:
        return
    for reference in usage.of_target(document):
        place = reference.target.partition("#")[2]
        pointers = change.gone if reference.role is Use.TRANSLATION else change.parts
        if (not place and change.whole) or any(place == part or place.startswith(f"{part}/") for part in pointers):
            yield reference

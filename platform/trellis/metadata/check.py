"""All findings about all documents, at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import replace
from typing import Any

from trellis.kernel.errors import Finding
from trellis.metadata.checks import (
    choices,
    computed,
    entities,
    fields,
    forms,
    links,
    names,
    navigations,
    numbering,
    packs,
    packupgrades,
    roles,
    rules,
    seeds,
    sharings,
    translations,
    views,
)
from trellis.metadata.checks.expressions import ExpressionChecker, expressions, nothing_wrong
from trellis.metadata.checks.extensions import extensions
from trellis.metadata.documents import Document
from trellis.metadata.fieldtypes import FieldTypes, fieldtypes
from trellis.metadata.layers.tracing import traced
from trellis.metadata.load import Loaded
from trellis.metadata.merged import Merged
from trellis.metadata.structure import Read, read

Rule = Callable[[Any, Merged], Iterator[Finding]]

MODULES = (
    names,
    packs,
    packupgrades,
    choices,
    entities,
    fields,
    computed,
    links,
    numbering,
    rules,
    forms,
    views,
    roles,
    sharings,
    navigations,
    seeds,
    translations,
)
"""A new kind of document adds its module here."""

RULES: tuple[tuple[type[Document], Rule], ...] = tuple(
    (kind, rule) for module in MODULES for kind, rules in module.CHECKS.items() for rule in rules
)


def check_all(
    loaded: Loaded,
    checker: ExpressionChecker = nothing_wrong,
    *,
    context: Loaded | None = None,
    types: FieldTypes = fieldtypes,
) -> tuple[Finding, ...]:
    """Every finding about the loaded documents, with its file, sorted by file and pointer.

    Documents of `context` may be referred to, but are not reported on.
    """
    known = context or Loaded()
    own = {raw["id"] for raw in loaded.documents}
    others = [raw for raw in known.documents if raw["id"] not in own]
    reads = [read(raw, types) for raw in (*others, *loaded.documents)]
    merged = Merged.of(reads, loaded.lost | known.lost, types)
    traces = (traced(finding, merged.snapshot.composition) for finding in _findings(reads, merged, checker))
    found = [finding for finding in traces if finding.document in own]
    placed = [replace(finding, file=loaded.files.get(finding.document, "")) for finding in found]
    return _sorted([*loaded.findings, *_without_repeats(loaded.findings, placed)])


def check_documents(
    documents: Iterable[Mapping[str, Any]],
    checker: ExpressionChecker = nothing_wrong,
    *,
    types: FieldTypes = fieldtypes,
) -> tuple[Finding, ...]:
    """Every finding about documents that do not come from files; each has a known kind and an id of its own."""
    return check_all(Loaded(tuple(documents)), checker, types=types)


def check_part(
    reads: Iterable[Read], merged: Merged, only: Set[str], checker: ExpressionChecker = nothing_wrong
) -> tuple[Finding, ...]:
    """Every finding about some of many documents; `reads` are those that were read for this, `merged` holds all."""
    return _sorted(finding for finding in _findings(reads, merged, checker, only) if finding.document in only)


def _findings(
    reads: Iterable[Read], merged: Merged, checker: ExpressionChecker, only: Set[str] | None = None
) -> Iterator[Finding]:
    for one in reads:
        yield from one.findings
    yield from merged.findings
    for document in merged.documents.values():
        for kind, rule in RULES:
            if isinstance(document, kind) and (only is None or document.id in only):
                yield from rule(document, merged)
    yield from extensions(merged)
    yield from expressions(merged, checker, only)


def _without_repeats(loading: Iterable[Finding], found: Iterable[Finding]) -> Iterator[Finding]:
    """Findings at places about which loading has nothing to say yet: a float is not also a wrong type."""
    said = {(finding.file, finding.pointer) for finding in loading if finding.pointer}
    return (finding for finding in found if (finding.file, finding.pointer) not in said)


def _sorted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: (finding.file, finding.document, finding.pointer, finding.code)))

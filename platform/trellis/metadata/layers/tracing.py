"""From a place of an effective document to where somebody wrote it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from trellis.kernel.errors import Finding
from trellis.metadata.layers.apply import hides, mapping
from trellis.metadata.layers.compose import Composition
from trellis.metadata.pointers import parts_of, pointer

Raw = Mapping[str, Any]


def traced(finding: Finding, composition: Composition) -> Finding:
    """A finding about an effective place, told about the extension that the place comes from."""
    if finding.document not in composition.stages:
        return finding
    origin = composition.origin(finding.document, finding.pointer)
    if origin.extension is None:
        return finding
    where = written_at(composition.sources[origin.extension], finding.pointer)
    return replace(finding, document=origin.extension, pointer=where)


def written_at(extension: Raw, where: str) -> str:
    """Where an extension says something about a place of its target, as exactly as possible."""
    return next(_candidates(extension, where), "")


def _candidates(extension: Raw, where: str) -> Iterator[str]:
    adds, hidden = list(mapping(extension, "add")), list(hides(extension))
    path = parts_of(where)
    for key in adds:
        if _inside(where, key):
            yield pointer(("add", key)) + where[len(key) :]
    for number, key in enumerate(hidden):
        if _inside(where, key):
            yield pointer(("hide", number))
    reached = _reached(mapping(extension, "change"), path)
    if reached == len(path) and path:
        yield pointer(("change", *path))
    yield from (pointer(("add", key)) for key in adds if _inside(key, where))
    yield from (pointer(("hide", number)) for number, key in enumerate(hidden) if _inside(key, where))
    if reached:
        yield pointer(("change", *path[:reached]))


def _inside(inner: str, outer: str) -> bool:
    """Whether one place is another, or lies in it."""
    return inner == outer or inner.startswith(outer + "/")


def _reached(patch: Any, path: list[str]) -> int:
    """How far a path leads into a patch."""
    for depth, name in enumerate(path):
        if not isinstance(patch, Mapping) or name not in patch:
            return depth
        patch = patch[name]
    return len(path)

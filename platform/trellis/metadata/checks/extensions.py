"""Extensions: whether what they are about is there, and whether their layer may do what they do."""

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.documents import Extension
from trellis.metadata.findings import did_you_mean, error, warning
from trellis.metadata.layers.apply import Orphan, Reason
from trellis.metadata.layers.breaches import breaches
from trellis.metadata.layers.order import layer_of
from trellis.metadata.layers.places import value_at
from trellis.metadata.layers.tracing import written_at
from trellis.metadata.merged import Merged
from trellis.metadata.pointers import parts_of, pointer

Raw = Mapping[str, Any]
Check = Callable[[Extension, Merged], Iterator[Finding]]


def target(extension: Extension, merged: Merged) -> Iterator[Finding]:
    """What is extended is a document; one that was there once does no harm when it has gone."""
    composition = merged.snapshot.composition
    found = composition.sources.get(extension.target)
    if found is not None and found["kind"] != "extension":
        return
    text = "There is no document '{target}'."
    known = [key for key, raw in composition.sources.items() if raw["kind"] != "extension"]
    hint = did_you_mean(extension.target, known)
    if found is None and (extension.target in merged.lost or layer_of(extension.target) in merged.lost):
        return
    if found is None and extension.made_against is not None:
        yield warning(extension, "/target", "extension_orphan", text, hint=hint, target=extension.target)
    else:
        yield error(extension, "/target", "extension_target", text, hint=hint, target=extension.target)


def own(extension: Extension, merged: Merged) -> Iterator[Finding]:
    """What belongs to the layer itself is changed there."""
    if layer_of(extension.target) == extension.pack:
        text = "'{target}' is of the same layer, so it needs no extension."
        hint = Message("Change the document itself.")
        yield error(extension, "/target", "extension_own", text, hint=hint, target=extension.target)


def required(extension: Extension, merged: Merged) -> Iterator[Finding]:
    """A pack extends only what it builds on, and only what others may extend."""
    other = merged.snapshot.packs.get(layer_of(extension.target))
    reachable = merged.required.get(extension.pack)
    if other is None or other.id == extension.pack:
        return
    if reachable is not None and other.id not in reachable:
        hint = Message('Add "{pack}" to "requires" in pack.json.', {"pack": other.id})
        text = "The pack '{own}' does not require the pack '{pack}'."
        yield error(extension, "/target", "pack_not_required", text, hint=hint, own=extension.pack, pack=other.id)
    if other.exports.get(extension.target) == "private":
        text = "The pack keeps '{target}' to itself; it cannot be extended."
        yield error(extension, "/target", "extension_private", text, target=extension.target)


def once(extension: Extension, merged: Merged) -> Iterator[Finding]:
    """A layer has one extension of a document, so that one place says what it changes."""
    others = [
        other.id
        for other in merged.extensions.values()
        if other.target == extension.target and other.pack == extension.pack
    ]
    if extension.id != min(others):
        text = "'{target}' is already extended by '{other}'."
        hint = Message("Put both into one.")
        yield error(
            extension, "/target", "extension_twice", text, hint=hint, target=extension.target, other=min(others)
        )


def policies(extension: Extension, merged: Merged) -> Iterator[Finding]:
    """What an extension does is allowed for each member that it touches."""
    below, raw = _below(extension, merged)
    if below is None:
        return
    for breach in breaches(below, raw, merged.snapshot.types):
        yield Finding(breach.code, breach.message, extension.id, breach.leaf.written, breach.hint)


def orphans(extension: Extension, merged: Merged) -> Iterator[Finding]:
    """What finds no place any more is kept and does nothing; what refers to it has a finding of its own."""
    below, raw = _below(extension, merged)
    for orphan in merged.snapshot.composition.orphans:
        if orphan.extension == extension.id and below is not None:
            yield from _orphan(extension, orphan, below, raw)


def _orphan(extension: Extension, orphan: Orphan, below: Raw, raw: Raw) -> Iterator[Finding]:
    place = written_at(raw, orphan.pointer)
    if orphan.reason is Reason.TAKEN:
        text = "'{target}' has something at '{where}' already."
        yield error(extension, place, "extension_taken", text, target=orphan.target, where=orphan.pointer)
    elif orphan.reason is Reason.NO_PLACE:
        gone, hint = _first_gone(below, orphan.pointer)
        text = "'{target}' has nothing at '{where}', so this is not applied."
        yield warning(extension, place, "extension_orphan", text, hint=hint, target=orphan.target, where=gone)


def _first_gone(below: Raw, where: str) -> tuple[str, Message | None]:
    """The outermost place on the way that is not there, and what may have been meant."""
    path = tuple(parts_of(where))
    for depth in range(1, len(path) + 1):
        holder = value_at(below, path[: depth - 1])
        if not isinstance(holder, Mapping) or path[depth - 1] not in holder:
            known = list(holder) if isinstance(holder, Mapping) else []
            return pointer(path[:depth]), did_you_mean(path[depth - 1], known)
    return where, None


def _below(extension: Extension, merged: Merged) -> tuple[Raw | None, Raw]:
    """The target as it is below an extension, and the extension as it is written."""
    composition = merged.snapshot.composition
    stages = composition.stages.get(extension.target, ())
    for lower, upper in pairwise(stages):
        if upper.extension is not None and upper.extension["id"] == extension.id:
            return lower.document, upper.extension
    return None, composition.sources[extension.id]


RULES: tuple[Check, ...] = (target, own, required, once, policies, orphans)


def extensions(merged: Merged) -> Iterator[Finding]:
    """What is wrong with the extensions of all layers."""
    for extension in merged.extensions.values():
        for rule in RULES:
            yield from rule(extension, merged)

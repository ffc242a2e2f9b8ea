"""The documents of all layers put on each other: what the platform works with."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from trellis.metadata.fieldtypes import FieldTypes, fieldtypes
from trellis.metadata.layers.apply import Orphan, Reason, Verb, apply, hides, mapping
from trellis.metadata.layers.order import CUSTOMER, layer_of, ranks
from trellis.metadata.layers.places import MISSING, same, value_at
from trellis.metadata.pointers import parts_of
from trellis.metadata.pointers import pointer as pointer_of

Raw = Mapping[str, Any]
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from: `layer` is a pack or `x`, `below` the value without it, MISSING when there is none.

    `extension` is None for what stands in the document itself.
    """

    layer: str
    verb: Verb = "own"
    extension: str | None = None
    below: Any = MISSING


@dataclass(frozen=True, slots=True)
class Stage:
    """A document as it is up to one layer; the first one is the document itself, without an extension."""

    layer: str
    document: Raw
    extension: Raw | None = None


@dataclass(frozen=True, eq=False)
class Composition:
    """Effective documents, with what each layer has to do with them.

    `effective` holds no extensions and no documents that are hidden as a whole; `hidden` has the hidden places of each
    document, `orphans` what found no place, `stages` the way to each document that is extended.
    """

    sources: Mapping[str, Raw]
    effective: Mapping[str, Raw]
    stages: Mapping[str, tuple[Stage, ...]] = field(default_factory=dict)
    hidden: Mapping[str, frozenset[str]] = field(default_factory=dict)
    orphans: tuple[Orphan, ...] = ()
    disabled: frozenset[str] = frozenset()

    def origin(self, document: str, pointer: str = "") -> Origin:
        """Where the value at a place comes from, which for a part is the topmost layer that touches it."""
        stages = self._stages(document)
        pointer = _outside_lists(stages[-1].document if stages else {}, pointer)
        path = tuple(parts_of(pointer))
        for upper, lower in zip(reversed(stages[1:]), reversed(stages[:-1]), strict=True):
            verb = _verb(upper, lower, pointer) if upper.extension is not None else None
            if verb is not None and upper.extension is not None:
                return Origin(upper.layer, verb, upper.extension["id"], value_at(lower.document, path))
        return Origin(layer_of(document))

    def below(self, document: str) -> Raw | None:
        """The document without the customer's layer; None for the customer's own, and for those that are not there."""
        if layer_of(document) == CUSTOMER or document not in self.sources:
            return None
        return next(stage.document for stage in reversed(self._stages(document)) if stage.layer != CUSTOMER)

    def extension(self, document: str, layer: str = CUSTOMER) -> Raw | None:
        """The extension by which a layer changes a document, also when nothing of it could be applied."""
        found = (raw for raw in self.extensions if raw.get("target") == document and layer_of(raw["id"]) == layer)
        return next(found, None)

    @cached_property
    def left_out(self) -> frozenset[str]:
        """The documents that are hidden as a whole, and those of packs that are switched off."""
        return frozenset(
            key for key, raw in self.sources.items() if key not in self.effective and raw["kind"] != "extension"
        )

    @property
    def extensions(self) -> Iterator[Raw]:
        """All extensions, those without effect too."""
        return (raw for raw in self.sources.values() if raw["kind"] == "extension")

    def _stages(self, document: str) -> tuple[Stage, ...]:
        found = self.stages.get(document)
        if found is not None:
            return found
        raw = self.sources.get(document)
        return (Stage(layer_of(document), raw),) if raw is not None else ()


def compose(sources: Iterable[Raw], types: FieldTypes = fieldtypes) -> Composition:
    """Puts extensions onto their targets, those of packs in the order of the packs, the customer's last.

    A document without an extension stays the same object.
    """
    by_id = {raw["id"]: raw for raw in sources}
    extensions = [raw for raw in by_id.values() if raw["kind"] == "extension"]
    plain = {key: raw for key, raw in by_id.items() if raw["kind"] != "extension"}
    if not extensions:
        return Composition(by_id, _customer_last(plain))
    rank = ranks(by_id.values())
    extensions.sort(key=lambda raw: (rank[layer_of(raw["id"])], raw["id"]))
    return _Composing(by_id, plain, types).composed(extensions)


class _Composing:
    """Collects the stages of documents."""

    def __init__(self, sources: Mapping[str, Raw], plain: Mapping[str, Raw], types: FieldTypes) -> None:
        self.sources, self.plain, self.types = sources, plain, types
        self.stages: dict[str, tuple[Stage, ...]] = {}
        self.hidden: dict[str, frozenset[str]] = {}
        self.orphans: list[Orphan] = []

    def composed(self, extensions: Iterable[Raw]) -> Composition:
        disabled = frozenset(_disabled(extensions, self.plain))
        for extension in extensions:
            if not disabled & {layer_of(extension["id"]), layer_of(extension["target"])} or _is_pack(extension):
                self._extend(extension)
        effective = {
            key: self.stages[key][-1].document if key in self.stages else raw
            for key, raw in self.plain.items()
            if layer_of(key) not in disabled and "" not in self.hidden.get(key, NOTHING)
        }
        return Composition(
            self.sources, _customer_last(effective), self.stages, self.hidden, tuple(self.orphans), disabled
        )

    def _extend(self, extension: Raw) -> None:
        target = extension["target"]
        raw = self.plain.get(target)
        if raw is None:
            self.orphans += _without_target(extension)
            return
        known = self.stages.get(target, (Stage(layer_of(target), raw),))
        applied = apply(known[-1].document, extension, self.types)
        self.stages[target] = (*known, Stage(layer_of(extension["id"]), applied.document, extension))
        self.orphans += applied.orphans
        if applied.hidden:
            self.hidden[target] = self.hidden.get(target, NOTHING) | applied.hidden


def _disabled(extensions: Iterable[Raw], plain: Mapping[str, Raw]) -> Iterator[str]:
    for extension in extensions:
        by_customer = layer_of(extension["id"]) == CUSTOMER and "" in hides(extension)
        if by_customer and _is_pack(extension) and plain.get(extension["target"], {}).get("kind") == "pack":
            yield extension["target"]


def _is_pack(extension: Raw) -> bool:
    """Whether an extension is about a pack as such."""
    return "." not in extension["target"]


def _without_target(extension: Raw) -> Iterator[Orphan]:
    """An extension of a document that is not there."""
    yield Orphan(extension["id"], extension["target"], "change", "", Reason.NO_DOCUMENT)


def _outside_lists(document: Raw, where: str) -> str:
    """The place itself, or the list that it lies in: lists are changed as a whole."""
    value: Any = document
    path = parts_of(where)
    for depth, name in enumerate(path):
        if isinstance(value, list | tuple):
            return pointer_of(path[:depth])
        value = value_at(value, (name,))
    return where


def _verb(upper: Stage, lower: Stage, pointer: str) -> Verb | None:
    """What the extension of a stage does at a place; None when it does nothing there."""
    extension: Raw = upper.extension or {}
    path = tuple(parts_of(pointer))
    now, below = value_at(upper.document, path), value_at(lower.document, path)
    if not pointer and "" in hides(extension):
        return "hide"
    if same(now, below):
        return None
    if any(_hides(where, pointer, now is MISSING) for where in hides(extension)):
        return "hide"
    added = any(pointer == where or pointer.startswith(where + "/") for where in mapping(extension, "add"))
    return "add" if added and below is MISSING else "change"


def _hides(where: str, pointer: str, gone: bool) -> bool:
    """Whether hiding at `where` shows at a place: there, in its mark, or in anything that went with it."""
    return pointer in (where, f"{where}/hidden", f"{where}/active") or (gone and pointer.startswith(where + "/"))


def _customer_last(documents: Mapping[str, Raw]) -> dict[str, Raw]:
    """The customer's documents after all others, so that what is read later wins."""
    own = {key: raw for key, raw in documents.items() if layer_of(key) == CUSTOMER}
    if not own:
        return dict(documents)
    return {**{key: raw for key, raw in documents.items() if key not in own}, **own}

"""A draft as documents that can be looked up; what the release in force has already is not read again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from trellis.metadata.documents import Extension
from trellis.metadata.layers.compose import Composition, compose
from trellis.metadata.merged import Merged
from trellis.metadata.snapshot import Snapshot
from trellis.metadata.structure import Read, read

Raw = Mapping[str, Any]

_text = msgspec.json.Encoder(decimal_format="number").encode


@dataclass(frozen=True, eq=False)
class Assembled:
    """A draft over a release: what was wanted in all layers, the sound view of it, and what had to be read for it.

    `changed` are the effective documents that are not those of the release, the ones that are gone included.
    """

    wanted: Composition
    merged: Merged
    reads: tuple[Read, ...]
    changed: frozenset[str]


def assembled(base: Snapshot, sources: Iterable[Raw]) -> Assembled:
    """All documents of a draft, as far as they can be read."""
    wanted = compose(sources, base.types)
    reads = _read(base, (raw for key, raw in wanted.sources.items() if not same_text(raw, base.sources.get(key))))
    composition = _sound(wanted, reads, base)
    parts = {key: _like(raw, base.raw.get(key)) for key, raw in composition.effective.items()}
    changed = {key for key, raw in parts.items() if raw is not base.raw.get(key)}
    extended = _read(base, (parts[key] for key in changed if key in composition.stages))
    sound = {key: extended[key].sound if key in extended else raw for key, raw in parts.items()}
    whole = {key: raw for key, raw in sound.items() if raw is not None}
    snapshot = Snapshot.of_composed(0, whole, composition, base.types, base)
    every = {**reads, **extended}
    merged = Merged(
        snapshot,
        {key: _like(raw, parts.get(key)) for key, raw in wanted.effective.items()},
        frozenset(key for key, one in every.items() if one.sound is None),
        {key: one.removed for key, one in every.items() if one.removed},
        {raw["id"]: Extension.model_validate(raw) for raw in composition.extensions},
        tuple(finding for one in extended.values() for finding in one.findings),
    )
    return Assembled(wanted, merged, tuple(reads.values()), frozenset(changed | (base.raw.keys() - parts.keys())))


def same_text(one: Raw | None, other: Raw | None) -> bool:
    """Whether two documents are the same to the letter; people see members in their order."""
    if one is other or one is None or other is None:
        return one is other
    return one == other and _text(one) == _text(other)


def _like(raw: Raw, known: Raw | None) -> Raw:
    """The known document, when it is the same: what was made of it can be used again."""
    return known if known is not None and same_text(raw, known) else raw


def _read(base: Snapshot, documents: Iterable[Raw]) -> dict[str, Read]:
    return {raw["id"]: read(raw, base.types) for raw in documents}


def _sound(wanted: Composition, reads: Mapping[str, Read], base: Snapshot) -> Composition:
    """The layers without what is faulty in them."""
    if all(one.sound is one.raw or not one.findings for one in reads.values()):
        return wanted
    sources = (reads[key].sound if key in reads else raw for key, raw in wanted.sources.items())
    return compose((raw for raw in sources if raw is not None), base.types)

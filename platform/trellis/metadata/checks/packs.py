"""Packs: versions, and what they require of each other."""

from collections.abc import Iterator, Mapping

from trellis.kernel.errors import Finding
from trellis.metadata.documents import KINDS, Pack
from trellis.metadata.findings import did_you_mean, error, near_or_all
from trellis.metadata.layers.order import CUSTOMER
from trellis.metadata.merged import Merged
from trellis.metadata.pointers import pointer
from trellis.metadata.versions import Range, Version

_LIKE = "'{text}' is not a range of versions, like '>=1.2 <2'."


def reserved(pack: Pack, merged: Merged) -> Iterator[Finding]:
    """The name of the customer's layer is not that of a pack."""
    if pack.id == CUSTOMER:
        text = "'{pack}' is the customer's layer, which has no pack.json."
        yield error(pack, "/id", "pack_reserved", text, pack=pack.id)


def version(pack: Pack, merged: Merged) -> Iterator[Finding]:
    """The version is three numbers."""
    if Version.read(pack.version) is None:
        yield error(pack, "/version", "version_shape", "'{text}' is not a version, like '1.4.0'.", text=pack.version)


def engine(pack: Pack, merged: Merged) -> Iterator[Finding]:
    """The range of platform versions can be read."""
    if pack.engine and Range.read(pack.engine) is None:
        yield error(pack, "/engine", "range_shape", _LIKE, text=pack.engine)


def requires(pack: Pack, merged: Merged) -> Iterator[Finding]:
    """Required packs are there in a version that fits."""
    for key, wanted in pack.requires.items():
        other = merged.snapshot.packs.get(key)
        place = pointer(("requires", key))
        if other is None and key not in merged.lost:
            hint = did_you_mean(key, merged.snapshot.packs)
            yield error(pack, place, "pack_unknown", "There is no pack '{pack}'.", hint=hint, pack=key)
        yield from _fits(pack, place, wanted, other)


def optional(pack: Pack, merged: Merged) -> Iterator[Finding]:
    """Optional packs, when they are there, have a version that fits."""
    for key, wanted in pack.optional.items():
        yield from _fits(pack, pointer(("optional", key)), wanted, merged.snapshot.packs.get(key))


def _fits(pack: Pack, place: str, wanted: str, other: Pack | None) -> Iterator[Finding]:
    allowed = Range.read(wanted)
    if allowed is None:
        yield error(pack, place, "range_shape", _LIKE, text=wanted)
        return
    found = Version.read(other.version) if other else None
    if other and found and not allowed.holds(found):
        text = "The pack '{pack}' is here in version {found}, which is not in '{wanted}'."
        yield error(pack, place, "pack_version", text, pack=other.id, found=other.version, wanted=wanted)


def cycle(pack: Pack, merged: Merged) -> Iterator[Finding]:
    """No pack requires itself, directly or over others; told once, at the first pack of the circle."""
    loop = _loop(pack.id, merged.snapshot.packs)
    if loop and pack.id == min(loop):
        text = "The packs require each other in a circle: {loop}."
        place = pointer(("requires", loop[1]))
        yield error(pack, place, "pack_cycle", text, loop=" → ".join(loop))


def _loop(start: str, packs: Mapping[str, Pack]) -> tuple[str, ...]:
    """The shortest way from a pack back to itself."""
    waiting: list[tuple[str, ...]] = [(start,)]
    seen = {start}
    while waiting:
        way = waiting.pop(0)
        for key in packs[way[-1]].requires:
            if key == start:
                return (*way, key)
            if key in packs and key not in seen:
                seen.add(key)
                waiting.append((*way, key))
    return ()


def provides(pack: Pack, merged: Merged) -> Iterator[Finding]:
    """What a pack says it provides are kinds of documents."""
    for index, kind in enumerate(pack.provides):
        if kind not in KINDS:
            hint = near_or_all(kind, KINDS)
            yield error(pack, f"/provides/{index}", "kind_unknown", "There is no kind '{kind}'.", hint=hint, kind=kind)


def exports(pack: Pack, merged: Merged) -> Iterator[Finding]:
    """What a pack exports are documents of its own."""
    own = [key for key in merged.documents if key.startswith(f"{pack.id}.")]
    for key in pack.exports:
        if key not in own and key not in merged.lost:
            text = "This pack has no document '{document}'."
            yield error(
                pack, pointer(("exports", key)), "document_unknown", text, hint=did_you_mean(key, own), document=key
            )


def default_locale(pack: Pack, merged: Merged) -> Iterator[Finding]:
    """The language of the labels is one of the languages of the pack."""
    if pack.default_locale not in pack.locales:
        text = "The default language '{locale}' is not among the languages of the pack."
        yield error(
            pack,
            "/defaultLocale",
            "locale_unknown",
            text,
            hint=near_or_all(pack.default_locale, pack.locales),
            locale=pack.default_locale,
        )


CHECKS = {Pack: (reserved, version, engine, requires, optional, cycle, provides, exports, default_locale)}

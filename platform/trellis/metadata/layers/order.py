"""Which layer lies on which: packs over those they build on, the customer on top."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from trellis.metadata.documents import KINDS

Raw = Mapping[str, Any]

CUSTOMER = "x"
"""The namespace of everything that the customer makes; it has no pack document."""


def layer_of(document: str) -> str:
    """The layer that owns a document: its pack, or `x`."""
    return document.partition(".")[0]


def ranks(documents: Iterable[Raw]) -> dict[str, int]:
    """The place of each layer; a pack comes after those that it requires or may use, the customer last."""
    known = tuple(documents)
    packs = {raw["id"]: raw for raw in known if raw["kind"] == "pack"}
    named = list(_required_first(packs))
    others = sorted({layer_of(raw["id"]) for raw in known} - {*named, CUSTOMER})
    return {key: number for number, key in enumerate([*named, *others, CUSTOMER])}


def in_pack_order(documents: Iterable[Raw]) -> tuple[Raw, ...]:
    """Documents with those of required packs first and the customer's last, then by kind, then by id."""
    by_id = {raw["id"]: raw for raw in documents}
    rank = ranks(by_id.values())
    kinds = {kind: number for number, kind in enumerate(KINDS)}

    def place(raw: Raw) -> tuple[int, int, str]:
        return rank[layer_of(raw["id"])], kinds[raw["kind"]], raw["id"]

    return tuple(sorted(by_id.values(), key=place))


def _required_first(packs: Mapping[str, Raw]) -> Iterator[str]:
    done: set[str] = set()

    def visit(key: str) -> Iterator[str]:
        if key in done or key not in packs:
            return
        done.add(key)
        for member in ("requires", "optional"):
            needed = packs[key].get(member)
            for other in sorted(needed) if isinstance(needed, dict) else ():
                yield from visit(other)
        yield key

    for key in sorted(packs):
        yield from visit(key)

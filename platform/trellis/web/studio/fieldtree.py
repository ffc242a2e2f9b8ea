"""The fields of an entity and of those its lookups lead to, one branch at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

from trellis.metadata.checks.references import MAX_HOPS
from trellis.metadata.documents import Entity
from trellis.metadata.fieldtypes import FieldType
from trellis.metadata.snapshot import Snapshot
from trellis.web.render.formats import LocaleFormats

NEVER = frozenset({"deleted_at", "version"})
LAST = ("id",)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field that can be taken; with `follows` one can go on to the fields of what it leads to."""

    path: str
    caption: str
    type: str
    taken: bool
    follows: bool


@dataclass(frozen=True, slots=True)
class Branch:
    """The fields at the end of a path over lookups, with the way there; the entity itself has an empty path."""

    path: str
    label: str
    way: tuple[tuple[str, str], ...]
    leaves: tuple[Leaf, ...]


def branch_at(snapshot: Snapshot, entity: Entity, at: str, taken: frozenset[str], formats: LocaleFormats) -> Branch:
    """The branch at a path; the entity itself where the path leads nowhere."""
    here, hops = entity, [hop for hop in at.split(".") if hop]
    way: list[tuple[str, str]] = []
    for number, hop in enumerate(hops):
        link = here.field(hop)
        following = _following(snapshot, link)
        if link is None or following is None or number >= MAX_HOPS:
            return branch_at(snapshot, entity, "", taken, formats)
        way.append((".".join(hops[: number + 1]), formats.words(link.caption)))
        here = following
    start = "".join(f"{hop}." for hop in hops)
    leaves = _leaves(snapshot, here, start, taken, len(hops) < MAX_HOPS, formats)
    return Branch(".".join(hops), here.label or here.id, tuple(way), tuple(leaves))


def caption_of(snapshot: Snapshot, entity: str, path: str, formats: LocaleFormats) -> str:
    """The labels along a path: Account › Owner › Name; its keys where there is nothing."""
    steps = path.split(".")
    found = [snapshot.field_at(entity, ".".join(steps[: number + 1])) for number in range(len(steps))]
    captions = (formats.words(field.caption) if field else step for field, step in zip(found, steps, strict=True))
    return " › ".join(captions)


def _leaves(
    snapshot: Snapshot, entity: Entity, start: str, taken: frozenset[str], further: bool, formats: LocaleFormats
) -> Iterator[Leaf]:
    ordered = sorted(entity.all_fields.items(), key=lambda item: item[0] in LAST)
    for key, field in ordered:
        if key not in NEVER and not getattr(field, "hidden", False):
            path = start + key
            follows = further and key != "id" and _following(snapshot, field) is not None
            yield Leaf(path, formats.words(field.caption), field.type, path in taken, follows)


def _following(snapshot: Snapshot, field: FieldType | None) -> Entity | None:
    """The entity that a field leads to, where a path may go over it."""
    if field is None or field.multiple or field.target is None:
        return None
    return snapshot.entities.get(field.target)

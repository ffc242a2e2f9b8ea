"""The reference graph of one release: who uses what, found once and kept with the release."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from trellis.engine.usage.mentions import Path, Raw, Span, Use
from trellis.engine.usage.reading import mentions
from trellis.metadata.documents import Entity
from trellis.metadata.pointers import pointer
from trellis.metadata.snapshot import Snapshot


class Reference(NamedTuple):
    """A place of an effective document that names something: the text at `pointer`, or its last key with `in_key`.

    `target` is a document (`sales.account`), a part of one (`sales.account#/fields/tier`,
    `sales.lead_source#/options/web`, `core.user#/system/created_at`) or a function (`function:today`). `span` cuts the
    name out of the text; None when the whole text is the name.
    """

    document: str
    pointer: str
    target: str
    role: Use
    span: Span | None = None
    in_key: bool = False


@dataclass(frozen=True, eq=False)
class Usage:
    """The references of a release; get it with `Usage.of`."""

    snapshot: Snapshot
    by_document: Mapping[str, tuple[Reference, ...]]

    @classmethod
    def of(cls, snapshot: Snapshot, near: Snapshot | None = None) -> "Usage":
        """The graph of a release, made once; only what differs from a release `near` by is read anew."""
        found: Usage | None = snapshot.derived.get(cls)
        if found is None:
            known = _still_true(snapshot, near) if near is not None else {}
            read = {
                document: known[document] if document in known else tuple(_references(document, raw, snapshot))
                for document, raw in snapshot.raw.items()
            }
            found = snapshot.derived.setdefault(cls, cls(snapshot, read))
        return found

    @cached_property
    def all(self) -> tuple[Reference, ...]:
        """Every reference, document by document."""
        return tuple(one for references in self.by_document.values() for one in references)

    def of_target(self, path: str) -> tuple[Reference, ...]:
        """Who names the thing at a path, or something below it: the fields of an entity, the options of a field."""
        near = self._by_owner.get(path.partition("#")[0], ())
        return tuple(found for found in near if is_below(found.target, path))

    def outside(self, path: str) -> tuple[Reference, ...]:
        """Who names the thing at a path from elsewhere than the thing itself."""
        return tuple(found for found in self.of_target(path) if not is_below(f"{found.document}#{found.pointer}", path))

    def in_document(self, document: str) -> tuple[Reference, ...]:
        """What a document names."""
        return self.by_document.get(document, ())

    @cached_property
    def _by_owner(self) -> Mapping[str, tuple[Reference, ...]]:
        found: dict[str, list[Reference]] = {}
        for one in self.all:
            found.setdefault(one.target.partition("#")[0], []).append(one)
        return {key: tuple(value) for key, value in found.items()}


def references(snapshot: Snapshot) -> tuple[Reference, ...]:
    """Every place in every effective document that names something."""
    return Usage.of(snapshot).all


def is_below(path: str, other: str) -> bool:
    """Whether `path` is the place `other` or a part of it."""
    return path == other or path.startswith((f"{other}/", f"{other}#") if "#" not in other else f"{other}/")


def _references(document: str, raw: Raw, snapshot: Snapshot) -> Iterator[Reference]:
    path, place = None, ""
    for mention in mentions(raw, snapshot):
        if mention.defines:
            continue
        if mention.path is not path:
            path, place = mention.path, _pointer(mention.path)
        yield Reference(document, place, mention.target, mention.role, mention.span, mention.in_key)


def _pointer(path: Path) -> str:
    """The pointer of a path; few have anything to escape."""
    place = "/" + "/".join(map(str, path))
    return place if "~" not in place and place.count("/") == len(path) else pointer(path)


def _still_true(snapshot: Snapshot, near: Snapshot) -> Mapping[str, tuple[Reference, ...]]:
    """The references of documents that are the same, and so is all that they name.

    What a text means depends on the fields that it passes, and each of those is among its references. Options are
    looked up in sets that a text does not name, so with a set all entities that offer it count as changed.
    """
    changed = {key for key in snapshot.raw.keys() | near.raw.keys() if snapshot.raw.get(key) is not near.raw.get(key)}
    changed |= {entity.id for entity in snapshot.entities.values() if not changed.isdisjoint(_optionsets(entity))}
    usage = Usage.of(near)
    return {
        document: found
        for document, found in usage.by_document.items()
        if document not in changed
        and snapshot.raw[document]["kind"] != "optionset"
        and all(one.target.partition("#")[0] not in changed for one in found)
    }


def _optionsets(entity: Entity) -> set[str]:
    return {shared for field in entity.fields.values() if (shared := getattr(field, "optionset", None))}

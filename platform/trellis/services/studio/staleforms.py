"""Forms that are open while definitions change: what a form was drawn from, and whether that still holds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from trellis.metadata.documents import Entity, Form
from trellis.metadata.fingerprints import digest
from trellis.metadata.ledger import field_path
from trellis.metadata.snapshot import Snapshot
from trellis.services.context import Context


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a form was drawn from: a release, and a fingerprint of just the documents that shape the form."""

    release: int
    hash: str

    def __str__(self) -> str:
        return f"{self.release}.{self.hash}"

    @classmethod
    def read(cls, text: str) -> "Drawn | None":
        """What a page tells; None for anything else."""
        release, _, print_ = text.partition(".")
        return cls(int(release), print_) if release.isdecimal() and len(release) < 12 and print_ else None


def drawn(context: Context, entity: Entity, form: Form) -> Drawn:
    """What a form is drawn from now."""
    snapshot = context.snapshot
    key = (Drawn, entity.id, form.id)
    found: Drawn | None = snapshot.derived.get(key)
    if found is None:
        parts = "".join(_hash(snapshot, document) for document in _documents(entity, form))
        found = snapshot.derived[key] = Drawn(snapshot.release, sha256(parts.encode()).hexdigest()[:16])
    return found


def keys_now(context: Context, entity: str, release: int) -> Mapping[str, str]:
    """The fields that had another key in a release: that key, and the one they have now."""
    start = field_path(entity, "")
    entries = (entry for entry in context.tables.ledger.live.values() if entry.path.startswith(start))
    found: dict[str, str] = {}
    for entry in entries:
        before, after = entry.path_at(release), entry.path
        if before.startswith(start) and before != after:
            found.setdefault(before.removeprefix(start), after.removeprefix(start))
    return found


async def at_least(context: Context, told: Drawn | None) -> Context:
    """The context under a release that is not older than the one a page was drawn from, by another process perhaps."""
    if told is None or told.release <= context.release.number:
        return context
    newer = await context.home.refresh()
    return context.with_release(newer) if newer else context


def _documents(entity: Entity, form: Form) -> Iterator[str]:
    yield entity.id
    yield form.id
    for key in sorted({key for section in form.sections.values() for key in section.items}):
        optionset = getattr(entity.fields.get(key), "optionset", None)
        if optionset:
            yield optionset


def _hash(snapshot: Snapshot, document: str) -> str:
    """The fingerprint of a document; a form that nobody designed follows from its entity."""
    key = (Snapshot, "hash", document)
    if key not in snapshot.derived:
        snapshot.derived[key] = digest(snapshot.raw.get(document))
    found: str = snapshot.derived[key]
    return found

"""Which kept table or column a place of the new documents means: renames and restores worked into the ledger."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from trellis.metadata.documents import Entity
from trellis.metadata.intent import Intent
from trellis.metadata.ledger import Ledger, LedgerEntry, State, field_path
from trellis.metadata.snapshot import Snapshot

CUSTOMER = "x"


@dataclass(frozen=True, slots=True)
class Question:
    """Something went away and something like it is new: is `gone` now called one of `candidates`, or is that new?"""

    gone: str
    candidates: tuple[str, ...]
    label: str
    labels: tuple[str, ...]


def renamed(ledger: Ledger, intent: Intent, release: int) -> Ledger:
    """The ledger with every entry in use under the path that it has from the new `release` on."""
    return ledger.with_changes(_renamed(ledger, intent, release)) if intent.renames else ledger


def restored(ledger: Ledger, intent: Intent, release: int) -> Ledger:
    """The ledger with retired entries taken back as of the new `release`; what was in their place is retired."""
    back = {entry.uid: entry for entry in _restored(ledger, intent, release)}
    replaced = {entry.path for entry in back.values()}
    out = (
        replace(entry, state=State.RETIRED, retired=release)
        for path, entry in ledger.live.items()
        if path in replaced and entry.uid not in back
    )
    return ledger.with_changes([*back.values(), *out]) if back else ledger


def _renamed(ledger: Ledger, intent: Intent, release: int) -> Iterator[LedgerEntry]:
    for entry in ledger.live.values():
        path = renamed_path(entry.path, intent)
        if path != entry.path:
            yield replace(entry, path=path, former=(*entry.former, (release, entry.path)))


def renamed_path(path: str, intent: Intent) -> str:
    """Where a path is after the renames, those of fields first."""
    path = intent.renames.get(path, path)
    entity, mark, rest = path.partition("#")
    return f"{intent.renames.get(entity, entity)}{mark}{rest}"


def _restored(ledger: Ledger, intent: Intent, release: int) -> Iterator[LedgerEntry]:
    by_uid = {entry.uid: entry for entry in ledger.entries}
    for path, uid in intent.restores.items():
        found = by_uid.get(uid)
        if found is None or found.state is not State.RETIRED:
            continue
        yield _back(found, path, release)
        if "#" not in path:
            yield from _parts(ledger, found, path, release)


def _parts(ledger: Ledger, table: LedgerEntry, path: str, release: int) -> Iterator[LedgerEntry]:
    """What was retired together with an entity comes back with it."""
    for entry in ledger.entries:
        together = entry.entity == table.path and entry.uid != table.uid and entry.retired == table.retired
        if together and entry.state is State.RETIRED:
            yield _back(entry, path + entry.path.removeprefix(table.path), release)


def _back(entry: LedgerEntry, path: str, release: int) -> LedgerEntry:
    until = entry.retired if entry.retired is not None else release
    former = (*entry.former, (until, entry.path), (release, ""))
    return replace(entry, path=path, state=State.LIVE, retired=None, former=former)


def questions(old: Snapshot | None, new: Snapshot, ledger: Ledger, intent: Intent) -> tuple[Question, ...]:
    """What only people can tell about the customer's own entities and fields; packs say it in their manifest."""
    if old is None:
        return ()
    return (*_of_entities(old, new, intent), *_of_fields(old, new, ledger, intent))


def _of_entities(old: Snapshot, new: Snapshot, intent: Intent) -> Iterator[Question]:
    known = {renamed_path(key, intent) for key in old.entities}
    fresh = [item for key, item in new.entities.items() if key not in known and _is_open(key, intent)]
    for key, entity in old.entities.items():
        if key in new.entities or key in intent.renames or entity.pack != CUSTOMER:
            continue
        alike = [item for item in fresh if _alike(entity, item)]
        if alike:
            yield Question(key, tuple(item.id for item in alike), entity.label, tuple(item.label for item in alike))


def _alike(entity: Entity, other: Entity) -> bool:
    """Whether most of the fields of one are in the other."""
    return 2 * len(entity.fields.keys() & other.fields.keys()) > len(entity.fields)


def _of_fields(old: Snapshot, new: Snapshot, ledger: Ledger, intent: Intent) -> Iterator[Question]:
    for key, before in old.entities.items():
        after = new.entities.get(renamed_path(key, intent))
        if after is None:
            continue
        fresh = [item for item in after.fields if _is_new(after, item, ledger, intent)]
        for gone, field in before.fields.items():
            place = field_path(key, gone)
            lost = gone not in after.fields and place not in intent.renames and is_customers(before, gone)
            alike = [item for item in fresh if lost and after.fields[item].type == field.type]
            if alike:
                paths = tuple(field_path(after.id, item) for item in alike)
                yield Question(place, paths, field.caption, tuple(after.fields[item].caption for item in alike))


def _is_new(entity: Entity, key: str, ledger: Ledger, intent: Intent) -> bool:
    path = field_path(entity.id, key)
    return path not in ledger.live and _is_open(path, intent) and is_customers(entity, key)


def _is_open(path: str, intent: Intent) -> bool:
    return path not in intent.separate and path not in intent.restores


def is_customers(entity: Entity, key: str) -> bool:
    """Whether a field belongs to the customer and not to a pack."""
    return entity.pack == CUSTOMER or key.startswith("x_")


def back_to(ledger: Ledger, old: Snapshot) -> Intent:
    """What has to be renamed and taken back so that the places of an older release mean what they meant then."""
    now = {entry.uid: entry for entry in ledger.entries}
    renames: dict[str, str] = {}
    restores: dict[str, int] = {}
    for path, entry in ledger.as_of(old.release).live.items():
        current = now[entry.uid]
        if current.state is State.RETIRED and _is_wanted(path, old):
            restores[path] = entry.uid
        elif current.state is State.LIVE and current.path != path:
            renames[current.path] = path
    return Intent(renames, frozenset(), restores)


def _is_wanted(path: str, snapshot: Snapshot) -> bool:
    """Whether a place of the ledger holds something that the documents of a release speak of."""
    entity = snapshot.entities.get(path.partition("#")[0])
    _, fields, key = path.partition("#/fields/")
    return entity is not None and (not fields or key in entity.fields)

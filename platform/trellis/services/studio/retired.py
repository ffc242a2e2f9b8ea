"""What was retired and is still kept: what it was, how much is in it, and how it comes back."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from trellis.kernel.errors import FieldError, Invalid, NotFound
from trellis.kernel.messages import Message
from trellis.metadata.intent import Intent
from trellis.metadata.ledger import Ledger, LedgerEntry, State, field_path
from trellis.metadata.shape import ColumnShape, SideShape
from trellis.metadata.snapshot import Snapshot
from trellis.metadata.storagekinds import TextKind
from trellis.services import accounts
from trellis.services.context import Context
from trellis.services.studio import drafts
from trellis.services.studio.clients import ClientUse, clients_of_retired
from trellis.services.studio.layering import is_own
from trellis.storage import measures
from trellis.storage.connection import Connection
from trellis.storage.ledger import read_ledger
from trellis.storage.purging import Remains, remains_of
from trellis.storage.releases import load_release, release_moment

RETENTION = "purge.retention_days"
"""The setting that says how many days what was retired is kept at least."""
DAYS = 90
_FOLLOWING = ("form", "view")


@dataclass(frozen=True, slots=True)
class RetiredPart:
    """A field, or a whole entity (then `field` is empty), that is no longer in use.

    `release` and `at` say what retired it and when; `values` counts the records with a value, or the records; `name` is
    what has to be repeated by whoever deletes it for good.
    """

    uid: int
    path: str
    physical: str
    entity: str
    field: str
    name: str
    release: int
    at: datetime
    values: int
    restorable: bool
    purgeable_at: datetime
    clients: tuple[ClientUse, ...] = ()
    """The programs that used it while it was there."""


@dataclass(frozen=True)
class Known:
    """What the last release that had it said of something: the entity's label, the field's caption, the definition."""

    entity: str
    field: str
    raw: Mapping[str, Any] | None
    following: tuple[Mapping[str, Any], ...] = ()
    """The customer's forms and views of an entity."""


async def retention(context: Context) -> timedelta:
    """How long what was retired is kept at least."""
    return days_of(await accounts.setting(context, RETENTION))


def days_of(text: str | None) -> timedelta:
    """The time that a setting means; what is no number of days is the usual one."""
    return timedelta(days=int(text) if text is not None and text.isdecimal() and len(text) < 6 else DAYS)


async def retired(context: Context) -> list[RetiredPart]:
    """Everything that can be restored or deleted for good, what was retired last first; raises Forbidden."""
    drafts.require_designer(context)
    kept = await retention(context)
    async with context.database.read(context.workspace) as connection:
        ledger = await read_ledger(connection)
        found = [remains for entry in ledger.entries if (remains := remains_of(ledger, entry.uid))]
        parts = [await _part(context, connection, ledger, remains, kept) for remains in found]
    places = [place_of(remains) for remains in found]
    named = {place: part.field or part.entity for place, part in zip(places, parts, strict=True)}
    used = await clients_of_retired(context, {place: name for place, name in named.items() if place not in ledger.live})
    parts = [replace(part, clients=used.get(place, ())) for place, part in zip(places, parts, strict=True)]
    return sorted(parts, key=lambda part: (-part.release, part.path))


async def retired_part(context: Context, uid: int) -> RetiredPart:
    """One of them; raises NotFound."""
    found = next((part for part in await retired(context) if part.uid == uid), None)
    if found is None:
        raise NotFound()
    return found


async def restore(context: Context, uid: int) -> drafts.Draft:
    """Put a retired part back into the draft, with the values that it had; raises NotFound and Invalid."""
    drafts.require_designer(context)
    async with context.database.read(context.workspace) as connection:
        ledger = await read_ledger(connection)
        remains = remains_of(ledger, uid)
        known = await _known(context, connection, remains.entry) if remains else None
    if remains is None or known is None or known.raw is None:
        raise NotFound()
    if not _is_restorable(ledger, remains, known):
        reason = Message("Something else is in its place, or it belongs to a pack.")
        raise Invalid([FieldError("", "not_restorable", reason)])
    return await _restored(context, remains, known.raw, known)


async def _restored(context: Context, remains: Remains, raw: Mapping[str, Any], known: Known) -> drafts.Draft:
    path = place_of(remains)
    if remains.whole:
        await drafts.save(context, raw)
        draft = await drafts.decide(context, Intent(restores={path: remains.entry.uid}))
        for document in known.following:
            if document["id"] not in draft.merged.raw:
                draft = await drafts.save(context, document)
        return draft
    draft = await drafts.load(context)
    entity = draft.raw(remains.table.path)
    key = key_of(remains.entry)
    if key in entity["fields"]:
        reason = Message("There is a field with this key already.")
        raise Invalid([FieldError(f"/fields/{key}", "key_refused", reason)])
    await drafts.save(context, {**entity, "fields": {**entity["fields"], key: raw}})
    return await drafts.decide(context, Intent(restores={path: remains.entry.uid}))


def key_of(entry: LedgerEntry) -> str:
    """The key of a field in the ledger, the id of an entity."""
    return entry.path.partition("#/fields/")[2] or entry.path


def place_of(remains: Remains) -> str:
    """Where something comes back: the entity may have another name by now."""
    return remains.entry.path if remains.whole else field_path(remains.table.path, key_of(remains.entry))


async def _part(
    context: Context, connection: Connection, ledger: Ledger, remains: Remains, kept: timedelta
) -> RetiredPart:
    entry = remains.entry
    known = await _known(context, connection, entry)
    at = await release_moment(connection, entry.retired or 0) or context.now()
    return RetiredPart(
        entry.uid, entry.path, entry.physical, known.entity, known.field, key_of(entry), entry.retired or 0, at,
        await _values(connection, remains), _is_restorable(ledger, remains, known), at + kept,
    )  # fmt: skip


async def _values(connection: Connection, remains: Remains) -> int:
    if remains.whole:
        return await measures.rows(connection, remains.table.physical)
    name = remains.entry.physical
    place = SideShape(name, TextKind()) if remains.many else ColumnShape(name, TextKind())
    return await measures.filled(connection, remains.table.physical, place)


def _is_restorable(ledger: Ledger, remains: Remains, known: Known) -> bool:
    """Whether its place is free, and the customer may fill it."""
    path = place_of(remains)
    if known.raw is None or path in ledger.live:
        return False
    if remains.whole:
        return is_own(path)
    return remains.table.state is State.LIVE and (is_own(path) or key_of(remains.entry).startswith("x_"))


async def _known(context: Context, connection: Connection, entry: LedgerEntry) -> Known:
    """What the last release that had it said, looked up once per release."""
    key = (Known, entry.uid, entry.retired, context.locale)
    found = context.release.derived.get(key)
    if found is None:
        snapshot, _ = await load_release(connection, (entry.retired or 1) - 1, context.snapshot)
        found = context.release.derived[key] = await asyncio.to_thread(_said, snapshot, entry, context.locale)
    return found  # type: ignore[return-value]


def _said(snapshot: Snapshot, entry: LedgerEntry, locale: str) -> Known:
    entity = snapshot.localised(locale).entities.get(entry.entity)
    raw = snapshot.raw.get(entry.entity)
    if entity is None or raw is None:
        return Known(entry.entity, key_of(entry), None)
    if "#" not in entry.path:
        about = [one for one in snapshot.raw.values() if one["kind"] in _FOLLOWING and one.get("entity") == entity.id]
        return Known(entity.label, "", raw, tuple(one for one in about if is_own(one["id"])))
    field = entity.fields.get(key_of(entry))
    return Known(entity.label, field.caption if field else key_of(entry), raw["fields"].get(key_of(entry)))

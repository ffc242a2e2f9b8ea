"""Sharing records one by one: with whom, for what and until when; nobody gives away what he does not have."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from trellis.engine.access import rights
from trellis.engine.access.actions import SHARED, actions_of, bits
from trellis.engine.access.grantees import Grantee
from trellis.engine.access.rules import holder
from trellis.engine.query import Query, Record
from trellis.kernel.errors import FieldError, Forbidden, Invalid, NotFound, TrellisError
from trellis.kernel.identity import canonical_id, new_id
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.metadata.fieldtypes import Refused
from trellis.metadata.fieldtypes.texts import storable
from trellis.metadata.snapshot import Snapshot
from trellis.services import audit, queries
from trellis.services.context import Context
from trellis.services.grantees import names_of, objection
from trellis.services.retrying import in_transaction
from trellis.storage import shares
from trellis.storage.connection import Connection
from trellis.storage.records import Current, RecordStore
from trellis.storage.shares import Share

MOST_RECORDS = 1_000
LONGEST_PART = 60
_LOOKED_AT = tuple(SHARED)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a grantee may do besides reading, until when, and what part he has in the work on the record."""

    actions: frozenset[str] = field(default_factory=frozenset)
    part: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shared:
    """A share as somebody sees it; names are None where he may not see whose they are."""

    id: str
    grantee: Grantee
    name: str | None
    actions: tuple[str, ...]
    part: str
    created_at: datetime
    created_by: str
    giver: str | None
    expires_at: datetime | None


def is_shareable(context: Context, entity: Entity) -> bool:
    """Whether records of an entity are shared by themselves, not with the whole that they are parts of."""
    whole = holder(context.snapshot, entity)
    return whole is None or whole is entity


def is_offered(context: Context, entity: Entity) -> bool:
    """Whether records of an entity are shareable and a role lets people read those that are shared."""
    key = ("uses shares", entity.id)
    if key not in context.release.derived:
        context.release.derived[key] = any(
            uses_shares(context.snapshot, role, entity.id) for role in context.snapshot.roles
        )
    return bool(context.release.derived[key]) and is_shareable(context, entity)


def uses_shares(snapshot: Snapshot, role: str, entity: str) -> bool:
    """Whether a role by itself lets people read records because they are shared."""
    rules = rights(snapshot, frozenset({role})).of(entity).rules.get("read", ())
    return any(rule.scope == "shared" for rule in rules)


async def share(context: Context, entity_id: str, record: str, grantee: Grantee, terms: Terms) -> Share:
    """Share a record, or change how it is shared; raises NotFound, Forbidden, Invalid."""
    (known,) = await _share(context, entity_id, [record], grantee, terms)
    async with context.database.read(context.workspace) as connection:
        found = await shares.of_record(connection, entity_id, known)
    mine = next((one for one in found if one.grantee == grantee.text), None)
    if mine is None:  # somebody was quick to end it
        raise NotFound()
    return mine


async def share_many(context: Context, entity_id: str, records: Sequence[str], grantee: Grantee, terms: Terms) -> int:
    """Share up to 1,000 records at once, all or none; the number of them."""
    if len(records) > MOST_RECORDS:
        text = Message("At most {max} operations at once.", {"max": MOST_RECORDS})
        raise Invalid([FieldError("", "too_many", text)])
    return len(await _share(context, entity_id, records, grantee, terms))


async def check_sharing(context: Context, entity_id: str, grantee: Grantee, terms: Terms) -> None:
    """Raise what stands against sharing any record in this way: NotFound, Forbidden, Invalid."""
    entity = context.snapshot.entity(entity_id)
    if not context.access.allows(entity_id, "read"):
        raise NotFound()
    if not context.access.allows(entity_id, "share"):
        raise Forbidden(_refusal(context, entity.id))
    unfit = await objection(context, grantee)
    if errors := [*_wrong(context, entity, terms), *([unfit] if unfit else [])]:
        raise Invalid(errors)


async def share_each(
    context: Context, connection: Connection, entity_id: str, records: Sequence[str], grantee: Grantee, terms: Terms
) -> dict[str, TrellisError]:
    """Share those of the records that the actor may share in this way; why not the others, by id."""
    entity = context.snapshot.entity(entity_id)
    store = RecordStore(context.release.statements, context.access, entity, _LOOKED_AT)
    found = await store.lock(connection, records, context.sql_parameters())
    refused = {one: error for one in records if (error := _unshared(context, entity, found.get(one), terms.actions))}
    await _grant(context, connection, entity_id, [one for one in records if one not in refused], grantee, terms)
    return refused


async def end(context: Context, connection: Connection, share: Share) -> None:
    """End a share in a transaction that goes on."""
    await shares.revoke(connection, [share.id])
    detail = {"grantee": share.grantee, "actions": actions_of(share.actions)}
    await audit.note(context, connection, "share.revoked", entity=share.entity, record=share.record, **detail)


async def revoke(context: Context, entity_id: str, record: str, share_id: str) -> None:
    """End a share; raises NotFound, Forbidden."""
    entity, known = context.snapshot.entity(entity_id), canonical_id(record)

    async def work(now: Context, connection: Connection) -> None:
        found = await shares.with_id(connection, share_id) if canonical_id(share_id) else None
        await _locked(now, connection, entity, [known] if known else [])
        if found is None or (found.entity, found.record) != (entity_id, known):
            raise NotFound()
        await end(now, connection, found)

    await in_transaction(context, work)


async def shares_of(context: Context, entity_id: str, record: str) -> tuple[Shared, ...]:
    """The shares of a record that hold now, the oldest first; raises NotFound.

    Who may share the record sees all of them; everybody else who may see it those that have a part in it, and his own.
    """
    return await shares_seen(context, await queries.get_record(context, entity_id, record, (), labels=False))


async def shares_seen(context: Context, seen: Record) -> tuple[Shared, ...]:
    """The same of a record that the actor has read already."""
    async with context.database.read(context.workspace) as connection:
        found = await shares.of_record(connection, seen.entity, seen.id)
    mine = frozenset(context.grantees())
    now = context.now()
    return await _told(
        context,
        [one for one in found if not one.is_over(now) and (seen.can_share or one.part or one.grantee in mine)],
    )


async def rights_on(context: Context, entity_id: str, record: str) -> frozenset[str]:
    """The actions that may be shared and that the actor has on a record; raises NotFound."""
    seen = await queries.get_record(context, entity_id, record, (), labels=False)
    return await rights_seen(context, seen)


async def rights_seen(context: Context, seen: Record) -> frozenset[str]:
    """The same of a record that the actor has read already."""
    known = {"read": True, "edit": seen.can_edit, "delete": seen.can_delete, "assign": seen.can_assign}
    known["share"] = seen.can_share
    rest = [action for action in SHARED if action not in known and context.access.allows(seen.entity, action)]
    for action in rest:
        query = Query(seen.entity, ids=(seen.id,), limit=1, actions=("read", action))
        known[action] = bool((await queries.list_records(context, query)).rows)
    return frozenset(action for action, held in known.items() if held)


async def _share(context: Context, entity_id: str, records: Sequence[str], grantee: Grantee, terms: Terms) -> list[str]:
    await check_sharing(context, entity_id, grantee, terms)
    entity = context.snapshot.entity(entity_id)
    wanted = [known for one in dict.fromkeys(records) if (known := canonical_id(one))]
    if len(wanted) < len(dict.fromkeys(records)) or not wanted:
        raise NotFound()

    async def work(now: Context, connection: Connection) -> list[str]:
        held = await _locked(now, connection, entity, wanted)
        _check_held(held, terms.actions)
        await _grant(now, connection, entity_id, wanted, grantee, terms)
        return wanted

    return await in_transaction(context, work)


async def _grant(
    context: Context, connection: Connection, entity: str, records: Sequence[str], grantee: Grantee, terms: Terms
) -> None:
    """Write shares, with a line in the log for each."""
    number = bits(terms.actions)
    await shares.save(connection, [_kept(context, entity, one, grantee, number, terms) for one in records])
    until = terms.expires_at.isoformat() if terms.expires_at else None
    detail = {"grantee": grantee.text, "actions": actions_of(number), "until": until}
    for one in records:
        await audit.note(context, connection, "share.granted", entity=entity, record=one, **detail)


def _kept(context: Context, entity: str, record: str, grantee: Grantee, number: int, terms: Terms) -> Share:
    return Share(
        new_id(context.clock.now()), entity, record, grantee.text, number, context.actor.id, context.now(),
        " ".join(terms.part.split()) or None, terms.expires_at,
    )  # fmt: skip


async def _locked(
    context: Context, connection: Connection, entity: Entity, records: Sequence[str]
) -> Mapping[str, Current]:
    """The records, locked, each of which the actor may share; raises NotFound, Forbidden."""
    store = RecordStore(context.release.statements, context.access, entity, _LOOKED_AT)
    found = await store.lock(connection, records, context.sql_parameters()) if records else {}
    for one in records or [""]:
        error = _unshareable(context, entity, found.get(one))
        if error is not None:
            raise error
    return found


def _unshareable(context: Context, entity: Entity, current: Current | None) -> TrellisError | None:
    """Why the actor cannot share a record at all."""
    if current is None or current.deleted or "read" not in current.rights:
        return NotFound()
    return None if "share" in current.rights else Forbidden(_refusal(context, entity.id))


def _unshared(context: Context, entity: Entity, current: Current | None, actions: Iterable[str]) -> TrellisError | None:
    """Why the actor cannot share a record for these actions."""
    try:
        _check_held({"": current} if current else {}, actions)
    except Invalid as error:
        return _unshareable(context, entity, current) or error
    return _unshareable(context, entity, current)


def _check_held(found: Mapping[str, Current], actions: Iterable[str]) -> None:
    """Nobody shares more than he may do himself, record by record."""
    lacking = sorted({action for current in found.values() for action in actions if action not in current.rights})
    if lacking:
        text = Message("You can share only what you may do yourself.")
        raise Invalid([FieldError("actions", "not_held", text)])


def _wrong(context: Context, entity: Entity, terms: Terms) -> list[FieldError]:
    errors = []
    if not is_shareable(context, entity):
        whole = holder(context.snapshot, entity)
        words = context.snapshot.localised(context.locale)
        names = {"entity": words.entity(entity.id).plural, "whole": words.entity(whole.id).label if whole else ""}
        text = Message("{entity} are shared together with the {whole} that they belong to.", names)
        errors.append(FieldError("", "part", text))
    if unknown := sorted(terms.actions - SHARED.keys()):
        text = Message("There is no action “{action}”.", {"action": unknown[0][:40]})
        errors.append(FieldError("actions", "unknown_action", text))
    try:
        storable(terms.part)
    except Refused as refused:
        errors.append(FieldError("part", refused.code, refused.message))
    if len(terms.part.strip()) > LONGEST_PART:
        text = Message("At most {max} characters.", {"max": LONGEST_PART})
        errors.append(FieldError("part", "too_long", text))
    if terms.expires_at is not None and terms.expires_at <= context.now():
        errors.append(FieldError("expires_at", "past", Message("This moment is over already.")))
    return errors


async def _told(context: Context, found: Sequence[Share]) -> tuple[Shared, ...]:
    given = {one.id: Grantee.read(one.grantee) for one in found}
    names = await names_of(context, given.values(), {one.created_by for one in found if one.created_by})
    return tuple(
        Shared(
            one.id, given[one.id], names.get(given[one.id].id), actions_of(one.actions), one.part or "",
            one.created_at, one.created_by, names.get(one.created_by), one.expires_at,
        )
        for one in found
    )  # fmt: skip


def _refusal(context: Context, entity_id: str) -> Message:
    entity = context.snapshot.localised(context.locale).entity(entity_id)
    return Message("You may not share this record of {entity}.", {"entity": entity.plural})

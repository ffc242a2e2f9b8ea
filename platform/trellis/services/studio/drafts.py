"""The draft of a workspace: what several people are changing together before it is published."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from trellis.kernel.errors import Conflict, Finding, Forbidden, NotFound
from trellis.kernel.messages import Message
from trellis.metadata.intent import Intent
from trellis.metadata.layers.compose import Origin
from trellis.metadata.ledger import field_path
from trellis.metadata.merged import Merged
from trellis.metadata.snapshot import Snapshot
from trellis.services.context import Context
from trellis.services.retrying import Attempt, persistently
from trellis.services.studio.decisions import Decisions
from trellis.services.studio.drafted import DraftChange, Drafted, current, in_force, read
from trellis.services.studio.layering import body_for, hiding, is_own
from trellis.services.studio.naming import free_id, moved_names, new_name
from trellis.services.studio.resetting import as_below
from trellis.services.studio.wanted import fitting, readable
from trellis.storage import drafts as storage
from trellis.storage.connection import Connection
from trellis.storage.drafts import Held, body_hash

Raw = Mapping[str, Any]
Bodies = Mapping[str, Raw | None]


@dataclass(frozen=True, eq=False)
class Draft:
    """All documents as they would be published, seen by somebody who may design."""

    context: Context
    state: Drafted

    @property
    def sources(self) -> tuple[Raw, ...]:
        """The documents of all layers as they would be stored."""
        return tuple(self.state.assembled.wanted.sources.values())

    @property
    def merged(self) -> Merged:
        """The effective documents as far as they are sound, for looking things up."""
        return self.state.merged

    @property
    def changes(self) -> tuple[DraftChange, ...]:
        """The documents that would be others than those in force."""
        return self.state.changes

    @property
    def intent(self) -> Intent:
        """What was decided, as far as it fits."""
        return self.state.intent

    @property
    def stamp(self) -> int:
        """A number that another draft does not have: it grows with every save."""
        return self.state.stamp

    def snapshot(self, release: int) -> Snapshot:
        """The release that the draft would become; what is not sound is left out, and has findings."""
        return replace(self.merged.snapshot, release=release, derived={}, _localised={})

    def raw(self, document: str) -> Raw:
        """An effective document; raises NotFound."""
        found = self.merged.raw.get(document)
        if found is None:
            raise NotFound()
        return found

    def below(self, document: str) -> Raw | None:
        """What a document is without the customer's layer; None for the customer's own."""
        return self.state.assembled.wanted.below(document)

    def origin(self, document: str, pointer: str = "") -> Origin:
        """The layer that a value comes from."""
        return self.state.assembled.wanted.origin(document, pointer)

    def change(self, document: str) -> DraftChange | None:
        """What happened to a document, if it would be another one."""
        return next((change for change in self.changes if change.document == document), None)

    def version(self, document: str) -> int:
        """The number to save on top of; 0 when nobody changed the document."""
        row = self.state.held.get(document)
        return row.version if row else 0

    def can_undo(self, document: str) -> bool:
        """Whether the last step can be taken back."""
        row = self.state.held.get(document)
        return row is not None and row.can_undo

    def can_redo(self, document: str) -> bool:
        """Whether a step was taken back."""
        row = self.state.held.get(document)
        return row is not None and row.can_redo

    def findings(self, document: str | None = None) -> tuple[Finding, ...]:
        """What the checks say about a document, or about everything."""
        if document is not None:
            return self.state.findings.get(document, ())
        return tuple(finding for found in self.state.findings.values() for finding in found)


async def load(context: Context) -> Draft:
    """The draft as it is now; raises Forbidden."""
    require_designer(context)
    return Draft(context, await current(context))


def require_designer(context: Context) -> None:
    """Raises Forbidden for whoever may not change definitions."""
    if not context.access.system("designer"):
        raise Forbidden(Message("You may not change definitions."))


async def save(context: Context, wanted: Raw, *, version: int | None = None) -> Draft:
    """Make an effective document what is wanted; raises Conflict when it is no longer of the version, and Invalid."""
    readable(wanted)
    document = wanted["id"]

    def bodies(draft: Draft) -> Bodies:
        fitting(draft.state.assembled.wanted, wanted)
        return {document: body_for(draft.state.assembled.wanted, wanted)}

    return await _change(context, bodies, {document: version})


async def keep_source(context: Context, document: str, body: Raw | None, *, version: int | None = None) -> Draft:
    """Make the customer's source for an effective document just this one, None for none; raises Conflict."""
    return await _change(context, lambda draft: {document: body}, {document: version})


async def remove(context: Context, document: str, *, version: int | None = None) -> Draft:
    """Take a document of the customer out, or hide one of a pack; raises NotFound, Conflict and Invalid."""

    def bodies(draft: Draft) -> Bodies:
        draft.raw(document)
        return {document: None if is_own(document) else hiding(draft.state.assembled.wanted, document)}

    return await _change(context, bodies, {document: version})


async def reset(context: Context, document: str, pointer: str, *, version: int | None = None) -> Draft:
    """Make a place of a pack's document what the pack says, or of an own one what is in force; "" for all of it."""

    def bodies(draft: Draft) -> Bodies:
        composition = draft.state.assembled.wanted
        force = in_force(draft.context.snapshot, document)
        below = force if is_own(document) else composition.below(document)
        if below is None:
            raise NotFound()
        if not pointer:
            return {document: force if is_own(document) else None}
        return {document: body_for(composition, as_below(below, draft.raw(document), pointer))}

    return await _change(context, bodies, {document: version})


async def new_document(context: Context, kind: str, name_hint: str, raw: Raw) -> tuple[str, Draft]:
    """Put a new document of the customer into the draft, under a free id made from a label; raises Invalid."""
    made: list[str] = []

    def bodies(draft: Draft) -> Bodies:
        made.append(free_id(draft.state.assembled.wanted, kind, name_hint))
        wanted = {"kind": kind, "id": made[-1], **{key: item for key, item in raw.items() if key not in ("kind", "id")}}
        readable(wanted)
        return {made[-1]: wanted}

    draft = await _change(context, bodies, {})
    return made[-1], draft


async def rename_field(context: Context, entity: str, key: str, new_key: str, *, version: int | None = None) -> Draft:
    """Give an own field another key, wherever it is named; its values stay with it. Raises NotFound, Invalid, Conflict."""

    async def work(connection: Connection, draft: Draft, number: int) -> None:
        _expect(draft, {entity: version})
        new_name(draft.raw(entity), key, new_key)
        step = (field_path(entity, key), field_path(entity, new_key))
        for row in _moved(draft, moved_names(draft.state.assembled.wanted, draft.merged.snapshot, *step), number):
            await _put(connection, draft, row)
        await _decided(connection, draft, draft.state.decisions.with_step(*step))

    return await _work(context, work)


async def discard(context: Context, document: str | None, *, version: int | None = None) -> Draft:
    """End the change of a document, or of all: what is in force holds again."""

    async def work(connection: Connection, draft: Draft, number: int) -> None:
        if document is None:
            return await storage.forget_all(connection)
        _expect(draft, {document: version})
        await storage.forget(connection, document)
        await _decided(connection, draft, draft.state.decisions.without(lambda path: _is_in(path, document)))

    return await _work(context, work)


async def undo(context: Context, document: str, *, version: int | None = None) -> Draft:
    """Take the last step of a document back; nothing happens when there is none."""
    return await _step(context, document, -1, version)


async def redo(context: Context, document: str, *, version: int | None = None) -> Draft:
    """Do again what was taken back; nothing happens when nothing was."""
    return await _step(context, document, 1, version)


async def resolve(
    context: Context, document: str, whose: Literal["mine", "theirs"], *, version: int | None = None
) -> Draft:
    """Decide about a document that was published in another state since: keep the draft's, or take what is in force."""
    if whose == "theirs":
        return await discard(context, document, version=version)

    async def work(connection: Connection, draft: Draft, number: int) -> None:
        _expect(draft, {document: version})
        row = draft.state.held.get(document)
        if row is None:
            raise NotFound()
        now = body_hash(in_force(draft.context.snapshot, document))
        await storage.forget(connection, document)
        await _put(connection, draft, replace(row, base_hash=now, version=number, revision=1))

    return await _work(context, work)


async def decide(context: Context, intent: Intent) -> Draft:
    """Keep answers about the draft; the newest about a place holds."""

    async def work(connection: Connection, draft: Draft, number: int) -> None:
        await _decided(connection, draft, draft.state.decisions.with_intent(intent))

    return await _work(context, work)


Work = Callable[[Connection, Draft, int], Awaitable[None]]


async def _work(context: Context, work: Work) -> Draft:
    """Work in a transaction in which nobody else changes the draft, which is the newest then; its stamp is new."""
    require_designer(context)

    async def attempt(one: Attempt) -> Draft:
        state = await current(one.context)
        async with one.transaction() as connection:
            number = await storage.advance(connection)
            if number != state.stamp + 1:
                state = await read(connection, one.context.release, number - 1)
            await work(connection, Draft(one.context, state), number)
        return Draft(one.context, await current(one.context))

    return await persistently(context, attempt)


async def _change(context: Context, bodies_of: Callable[[Draft], Bodies], versions: Mapping[str, int | None]) -> Draft:
    """New sources for documents, worked out from the draft on which they are put."""

    async def work(connection: Connection, draft: Draft, number: int) -> None:
        _expect(draft, versions)
        for row in _moved(draft, bodies_of(draft), number):
            if draft.can_redo(row.document):
                await _forget_undone(connection, draft, row.document)
            await _put(connection, draft, row)

    return await _work(context, work)


def _moved(draft: Draft, bodies: Bodies, number: int) -> Iterator[Held]:
    """The new states of the documents that really change."""
    actor, now = draft.context.actor.id, _moment(draft)
    for document, body in bodies.items():
        row, force = draft.state.held.get(document), in_force(draft.context.snapshot, document)
        if body_hash(body) == body_hash(row.body if row else force):
            continue
        if row is None or row.revision == 0:
            row = replace(row or _first(draft, document), base_hash=body_hash(force))
        revision = row.revision + 1
        yield replace(row, body=body, version=number, revision=revision, updated_by=actor, updated_at=now)


def _first(draft: Draft, document: str) -> Held:
    actor = draft.context.actor.id
    return Held(document, None, "", 0, 0, actor, actor, draft.context.clock.now())


async def _put(connection: Connection, draft: Draft, row: Held) -> None:
    await storage.keep(connection, row)
    await storage.add_step(connection, row)


def _expect(draft: Draft, versions: Mapping[str, int | None]) -> None:
    """Raises Conflict when somebody was faster."""
    for document, version in versions.items():
        if version is not None and version != draft.version(document):
            row = draft.state.held.get(document)
            raise Conflict(row.version, row.updated_by, row.updated_at) if row else Conflict(0)


async def _step(context: Context, document: str, way: int, version: int | None) -> Draft:
    """One step of a document, with the steps of others that the same save took."""

    async def work(connection: Connection, draft: Draft, number: int) -> None:
        _expect(draft, {document: version})
        row = draft.state.held.get(document)
        if row is None or not (row.can_undo if way < 0 else row.can_redo):
            return
        undone = 0 if way < 0 else 1
        for other, place in await storage.together(connection, document, row.revision + undone):
            found = draft.state.held.get(other)
            if found is not None and found.revision + undone == place and (found.can_undo if way < 0 else True):
                await storage.keep(connection, await _stepped(connection, draft, found, way, number))

    return await _work(context, work)


async def _stepped(connection: Connection, draft: Draft, row: Held, way: int, number: int) -> Held:
    force, revision = in_force(draft.context.snapshot, row.document), row.revision + way
    body = await storage.step(connection, row.document, revision) if revision else force
    base = row.base_hash if revision and row.revision else body_hash(force)
    changed = replace(row, body=body, base_hash=base, version=number, revision=revision)
    return replace(changed, updated_by=draft.context.actor.id, updated_at=_moment(draft))


def _moment(draft: Draft) -> datetime:
    """Now, or just after the newest change: no two saves have the same moment."""
    newest = max((row.updated_at for row in draft.state.held.values()), default=None)
    now = draft.context.clock.now()
    return now if newest is None else max(now, newest + timedelta(milliseconds=1))


async def _decided(connection: Connection, draft: Draft, decisions: Decisions) -> None:
    if decisions != draft.state.decisions:
        await storage.keep_decisions(connection, decisions.written())


async def _forget_undone(connection: Connection, draft: Draft, document: str) -> None:
    """What was decided for steps that were taken back ends with them."""
    known = draft.merged.raw.get(document, {}).get("fields", {})
    gone = draft.state.decisions.without(
        lambda path: _is_in(path, document) and path.rpartition("/")[2] not in known and "#/fields/" in path
    )
    await _decided(connection, draft, gone)


def _is_in(path: str, document: str) -> bool:
    return path.partition("#")[0] == document

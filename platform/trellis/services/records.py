"""The write path: the one function through which every change of a record goes."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Any

from trellis.engine.computed import Computations
from trellis.engine.formstate import FormRules
from trellis.engine.options import OptionRules
from trellis.kernel.errors import FieldError, Forbidden, Invalid, NotFound
from trellis.kernel.events import Action, RecordSaved, acted
from trellis.kernel.identity import canonical_id, new_id
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity, Form
from trellis.metadata.fieldtypes import AutoNumber
from trellis.services.access.fieldwords import with_reasons
from trellis.services.access.refusing import refusal
from trellis.services.apiclients.noting import note_write
from trellis.services.assigning import settle_owners
from trellis.services.bin import moved, parts_to_restore, pulled_along
from trellis.services.closing import check_accounts, keep_accounts
from trellis.services.commands import Command, Create, Delete, Outcome, Restore, Update, refusal_of, right_of
from trellis.services.computed import DELETED, Touched, complete, follow
from trellis.services.context import Context
from trellis.services.defaults import check_given, set_defaults, set_late_defaults
from trellis.services.drafts import (
    Draft,
    apply_form,
    check_input,
    check_kept,
    check_levels,
    hold,
    note_moments,
    objection,
    raise_first,
    stop_warned,
)
from trellis.services.duplicates import check_duplicates, keep_keys
from trellis.services.holding import hold_early
from trellis.services.linked import check_links, check_unique, linked_values
from trellis.services.livevalues import NOT_RAISED, live_values
from trellis.services.options import check_options
from trellis.services.organisation import check_places, keep_places
from trellis.services.refusing import denied, in_their_words, spoken
from trellis.services.retrying import Attempt, persistently
from trellis.services.rules import Rules, check_rules
from trellis.storage import history, shares
from trellis.storage.connection import Connection
from trellis.storage.counters import next_numbers
from trellis.storage.records import Change, RecordStore

MAX_COMMANDS = 1_000

Also = Callable[[Connection, Sequence[Outcome]], Awaitable[None]]


async def write(
    context: Context,
    entity_id: str,
    commands: Sequence[Command],
    *,
    atomic: bool = True,
    causation: str = "",
    form: str | None = None,
    also: Also | None = None,
    cautious: bool = False,
    accepted: str = "",
) -> list[Outcome]:
    """Carry out up to 1,000 commands on one entity in one transaction.

    With `atomic` the first failing command undoes all and its error is raised (all Invalid errors together, paths
    prefixed with the place of their command when there are several); else errors come back in the outcomes.
    `form` adds the conditions of a form; `also` runs in the same transaction before it commits. Warnings come with the
    outcomes; when `cautious` they are errors (Warned), unless their fingerprint is `accepted`.
    """
    if len(commands) > MAX_COMMANDS:
        raise Invalid([FieldError("", "too_many", Message("At most {max} operations at once.", {"max": MAX_COMMANDS}))])

    async def attempt(one: Attempt) -> list[Outcome]:
        now, trusting = one.context, len(commands) == 1 and one.number == 0  # the index knows which values are free
        entity, chosen = now.snapshot.entity(entity_id), now.snapshot.forms.get(form or "")
        batch = Batch(now, entity, causation, chosen, trusting=trusting, cautious=cautious, accepted=accepted)
        return await _attempt(batch, commands, one.transaction(), atomic=atomic, also=also)

    try:
        outcomes = await persistently(context, attempt)
        note_write(context, entity_id, commands, outcomes)
        return outcomes if atomic else [spoken(context, entity_id, one) for one in outcomes]
    except Invalid as error:
        raise in_their_words(context, entity_id, error) from None
    except Forbidden as error:
        if len(commands) != 1 or isinstance(commands[0], Restore):
            raise
        raise await refusal(context, entity_id, commands[0].id, right_of(commands[0]), error) from None


async def _attempt(
    batch: "Batch",
    commands: Sequence[Command],
    transaction: AbstractAsyncContextManager[Connection],
    *,
    atomic: bool,
    also: Also | None,
) -> list[Outcome]:
    drafts = batch.drafts(commands)
    if atomic:
        raise_first(drafts)
    async with transaction as connection:
        await batch.prepare(connection, drafts)
        if batch.cautious:
            stop_warned(drafts, batch.accepted)
        if atomic:
            raise_first(drafts)
        outcomes = await batch.save(connection, drafts)
        if atomic:
            raise_first(drafts)
        if also is not None:
            await also(connection, outcomes)
        return outcomes


@dataclass
class Batch:
    """Commands on one entity that are saved together."""

    context: Context
    entity: Entity
    causation: str
    form: Form | None = None
    by: str | None = None
    trusting: bool = False
    cautious: bool = False
    accepted: str = ""
    doomed: frozenset[str] = frozenset()
    """Records that are being deleted, of which these are parts."""
    along: "list[Along] | None" = None
    """The parts of what is deleted, once they are known."""
    events: list[RecordSaved] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = RecordStore(self.context.release.statements, self.context.access, self.entity)
        self.causation = acted(self.causation or new_id(self.context.now()), self.context.actor.impersonator)

    @property
    def author(self) -> str:
        """Whose change it is, also where the system carries it on."""
        return self.context.actor.id if self.by is None else self.by

    def drafts(self, commands: Sequence[Command]) -> list[Draft]:
        """The commands with everything checked that needs no database."""
        drafts = [self._draft(command) for command in commands]
        for draft in drafts:
            if draft.alive or isinstance(draft.error, Invalid):
                check_input(self.context, self.entity, draft)
                if isinstance(draft.error, Invalid):
                    draft.error = with_reasons(self.context, self.entity.id, draft.error)
                if isinstance(draft.command, Create):
                    set_defaults(self.context, self.entity, draft)
                if isinstance(draft.command, Create | Update):
                    check_given(self.context, self.entity, draft)
        return drafts

    def _draft(self, command: Command) -> Draft:
        given = command.id
        known = canonical_id(given) if given else new_id(self.context.clock.now())
        draft = Draft(command, known or "")
        if not self.context.access.allows(self.entity.id, right_of(command)):
            draft.error = denied(self.context, self.entity.id, refusal_of(command))
        elif known is None:
            draft.error = NotFound() if not isinstance(command, Create) else Invalid([_bad_id()])
        return draft

    async def prepare(self, connection: Connection, drafts: Sequence[Draft]) -> None:
        """Everything checked that does need the database; records are locked."""
        await hold_early(self.context, connection, self.entity, _alive(drafts))
        await self._load(connection, drafts)
        for draft in _alive(drafts, Update):
            check_levels(self.entity, draft)
            if isinstance(draft.error, Invalid):
                draft.error = with_reasons(self.context, self.entity.id, draft.error)
        check_kept(self.entity, _alive(drafts, Update))
        await set_late_defaults(self.context, connection, self.entity, _alive(drafts, Create))
        if self.form is not None:
            for draft in _alive(drafts, Create, Update):
                linked = await linked_values(self.context, connection, self.form, draft.whole)
                exists = draft.current is not None
                live = await live_values(
                    self.context, self.form, self.entity, draft.whole, exists=exists,
                    levels=draft.current.levels if draft.current else NOT_RAISED, connection=connection,
                )  # fmt: skip
                apply_form(self.context, self.entity, self.form, draft, {**linked, **live})
        await check_links(self.context, connection, self.entity, _alive(drafts, Create, Update))
        await check_options(self.context, connection, self.entity, _alive(drafts, Create, Update))
        await settle_owners(self.context, connection, self.entity, _alive(drafts, Create, Update))
        await self._complete(connection, _alive(drafts, Create, Update))
        await check_rules(self.context, connection, self.entity, _alive(drafts, Create, Update))
        await check_places(self.context, connection, self.entity, _alive(drafts, Create, Update))
        await check_accounts(self.context, connection, self.entity, _alive(drafts, Update, Delete), author=self.author)
        if not self.trusting:
            await check_unique(self.context, connection, self.entity, _alive(drafts, Create, Update, Restore))
        await check_duplicates(self.context, connection, self.entity, _alive(drafts, Create, Update, Restore))

    async def _complete(self, connection: Connection, drafts: Sequence[Draft]) -> None:
        """The record's own formulas, with what it will be saved with."""
        for draft in drafts:
            note_moments(self.entity, draft, self.context.now())
        await complete(self.context, connection, self.entity, drafts, self._stamps)

    def _stamps(self, draft: Draft) -> dict[str, Any]:
        """What the platform writes into a record itself."""
        changed = self._stamp(draft.current.version if draft.current else 0)
        if draft.current is not None:
            return changed
        return {**changed, "created_at": changed["updated_at"], "created_by": changed["updated_by"]}

    async def _load(self, connection: Connection, drafts: Sequence[Draft]) -> None:
        wanted = [draft for draft in drafts if draft.alive and not isinstance(draft.command, Create)]
        if not wanted:
            return
        parameters = self.context.sql_parameters()
        many = {key for draft in wanted for key in draft.values} | Rules.of(self.context, self.entity).fields
        many |= OptionRules.of(self.context.snapshot, self.entity).fields
        many |= Computations.of(self.context.snapshot).formulas(self.entity.id).inputs
        if self.form is not None:
            many |= FormRules.of(self.context.snapshot, self.form).triggers
        found = await self.store.lock(connection, [draft.id for draft in wanted], parameters, many)
        for draft in wanted:
            draft.current = found.get(draft.id)
            draft.error = objection(self.context, self.entity, draft)

    async def save(self, connection: Connection, drafts: Sequence[Draft]) -> list[Outcome]:
        """Write what is alive, with history and events."""
        creates = _alive(drafts, Create)
        if await self._number(connection, creates):
            await self._complete(connection, creates)
        outcomes = {id(draft): Outcome(draft.id, draft.command.action, error=draft.error) for draft in drafts}
        if creates:
            await self._create(connection, creates, outcomes)
        await self._change(connection, _alive(drafts, Update), outcomes)
        await self._bin(connection, _alive(drafts, Delete))
        await self._unbin(connection, _alive(drafts, Restore))
        outcomes |= {id(draft): moved(draft) for draft in drafts if isinstance(draft.command, Delete | Restore)}
        await keep_keys(self.context, connection, self.entity, drafts)
        await keep_places(self.context, connection, self.entity, _alive(drafts, Create, Update))
        await keep_accounts(
            self.context, connection, self.entity, _alive(drafts), causation=self.causation, author=self.author
        )
        await follow(self.context, connection, self.entity.id, [self._touched(draft) for draft in _alive(drafts)])
        await history.append(connection, self.context.release.statements, self.entity, self.events)
        for event in self.events:
            for listener in self.context.home.listeners:
                await listener(connection, self.context, event)
        return [replace(outcomes[id(draft)], warnings=tuple(draft.warnings)) for draft in drafts]

    async def _number(self, connection: Connection, creates: Sequence[Draft]) -> bool:
        """Give new records their running numbers; whether a formula reads one of them."""
        today, given = self.context.today(), set()
        for spec in self.entity.fields.values():
            if not isinstance(spec, AutoNumber):
                continue
            waiting = [draft for draft in creates if draft.values.get(spec.key) is None]
            if waiting:
                scope = f"{self.entity.id}#{spec.key}"
                first = await next_numbers(connection, scope, spec.period(today), len(waiting))
                for offset, draft in enumerate(waiting):
                    draft.values[spec.key] = spec.number(today, first + offset)
                given.add(spec.key)
        return bool(given and Computations.of(self.context.snapshot).formulas(self.entity.id).affected(given))

    async def _create(self, connection: Connection, creates: Sequence[Draft], outcomes: dict[int, Outcome]) -> None:
        rows: list[dict[str, object]] = [
            {**draft.values, **draft.computed, **self._stamps(draft), "id": draft.id} for draft in creates
        ]
        await self.store.insert(connection, rows)
        for draft in creates:
            self._happened(
                draft, {key: (None, value) for key, value in draft.values.items() if value not in (None, ())}
            )
            outcomes[id(draft)] = Outcome(draft.id, Action.CREATE, 1, True)

    async def _change(self, connection: Connection, updates: Sequence[Draft], outcomes: dict[int, Outcome]) -> None:
        changes, currents = [], {}
        for draft in updates:
            current = draft.current
            if current is None:
                continue
            changed = {key: value for key, value in draft.values.items() if value != current.values.get(key)}
            outcomes[id(draft)] = Outcome(draft.id, Action.UPDATE, current.version + bool(changed), bool(changed))
            if changed:
                self._happened(draft, {key: (current.values.get(key), value) for key, value in changed.items()})
                changes.append(Change(draft.id, changed | draft.computed | self._stamp(current.version)))
                currents[draft.id] = current
        if changes:
            await self.store.change(connection, changes, currents)

    def _touched(self, draft: Draft) -> Touched:
        """What a draft has changed, for those that depend on it."""
        before = draft.current.values if draft.current else {}
        stamps = self._stamps(draft)
        if isinstance(draft.command, Delete | Restore):
            gone = () if "deleted_at" in before else self.entity.all_fields
            return Touched(draft.id, {DELETED, *stamps, *gone}, before, before)
        changed = draft.changed if draft.current else draft.values.keys()
        whole = {**draft.whole, **stamps}
        return Touched(draft.id, {*changed, *draft.computed, *stamps} if changed else (), before, whole)

    def _stamp(self, version: int) -> dict[str, Any]:
        return {"version": version + 1, "updated_at": self.context.now(), "updated_by": self.author or None}

    async def _bin(self, connection: Connection, drafts: Sequence[Draft]) -> None:
        """Records go into the bin with their parts, unless something holds any of them back."""
        along = await self._planned(connection, drafts) if self.along is None else self.along
        going = {draft.id for draft in drafts if draft.alive}
        for inner, parts, wholes in along:
            await inner.save(connection, [part for part in parts if part.alive and wholes[part.id] & going])
        await self._mark(connection, _alive(drafts), self.context.now())

    async def _planned(self, connection: Connection, drafts: Sequence[Draft]) -> "list[Along]":
        """The parts of what can be deleted; once something is held back it holds back others itself."""
        while True:
            alive = _alive(drafts)
            along = await self._pull(connection, alive)
            if all(draft.alive for draft in alive):
                return along

    async def _pull(self, connection: Connection, drafts: Sequence[Draft]) -> "list[Along]":
        """What goes along with records, with its own parts, ready to be saved; what holds it back ends their commands."""
        ids = [draft.id for draft in drafts]
        pulled = await pulled_along(self.context, connection, self.entity, ids, self.doomed)
        hold(drafts, pulled.held)
        along: list[Along] = []
        for entity, wholes in pulled.parts:
            commands = [Delete(part) for part in wholes]
            inner, parts = await self._parts(connection, entity, commands, self.doomed | set(ids))
            inner.along = await inner._pull(connection, _alive(parts))
            hold(drafts, {whole: part.error for part in parts if part.error for whole in wholes[part.id]})
            along.append((inner, parts, wholes))
        return along

    async def _unbin(self, connection: Connection, drafts: Sequence[Draft]) -> None:
        """Records come out of the bin with the parts that went there with them."""
        await self._mark(connection, drafts, None)
        for draft in drafts:
            if draft.current is not None:
                for entity, records in await parts_to_restore(self.context, connection, self.entity, draft.current):
                    inner, parts = await self._parts(connection, entity, [Restore(part) for part in records])
                    raise_first(parts)
                    await inner.save(connection, parts)

    async def _parts(
        self, connection: Connection, entity: Entity, commands: Sequence[Command], doomed: frozenset[str] = frozenset()
    ) -> tuple["Batch", list[Draft]]:
        """The same for parts of records, as the system: who may delete the whole may delete its parts."""
        inner = Batch(self.context.as_system(), entity, self.causation, by=self.author, doomed=doomed)
        drafts = inner.drafts(commands)
        if drafts:
            await inner.prepare(connection, drafts)
        return inner, [draft for draft in drafts if not isinstance(draft.error, NotFound)]

    async def _mark(self, connection: Connection, drafts: Sequence[Draft], deleted_at: Any) -> None:
        """Move records into the bin or out of it."""
        known = {draft.id: draft.current for draft in drafts if draft.current is not None}
        if self.entity.traits.soft_delete:
            changes = [
                Change(record, {"deleted_at": deleted_at} | self._stamp(current.version))
                for record, current in known.items()
            ]
            await self.store.change(connection, changes, known)
        elif known:
            await self.store.erase(connection, list(known))
            await shares.forget_records(connection, self.entity.id, list(known))
        for draft in drafts:
            self._happened(draft, {})

    def _happened(self, draft: Draft, changes: dict[str, tuple[object, object]]) -> None:
        self.events.append(
            RecordSaved(
                self.entity.id, draft.id, draft.command.action, self.context.now(), self.author, self.causation, changes
            )
        )


Along = tuple[Batch, list[Draft], dict[str, set[str]]]
"""Parts with their batch, and with which records each of them goes."""


def _alive(drafts: Sequence[Draft], *kinds: type[Command]) -> list[Draft]:
    return [draft for draft in drafts if draft.alive and (not kinds or isinstance(draft.command, kinds))]


def _bad_id() -> FieldError:
    return FieldError("id", "record_id", Message("This is not the id of a record."))


__all__ = ["MAX_COMMANDS", "Batch", "Command", "Create", "Delete", "Outcome", "Restore", "Update", "write"]

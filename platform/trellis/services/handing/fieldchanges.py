"""Other values for some fields of many records at once: tried, carried out, and taken back where nobody was there since."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from trellis.engine.access import NEVER_WRITABLE
from trellis.kernel.errors import FieldError, Invalid, NotFound, TrellisError
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.services.access.fieldwords import with_reasons
from trellis.services.commands import Outcome, Update
from trellis.services.context import Context
from trellis.services.drafts import Draft, check_input
from trellis.services.handing.recordchanges import Hand, Overtaken, problem
from trellis.services.records import Batch, write
from trellis.storage.connection import Connection
from trellis.storage.handovers import CHANGED, DONE, FAILED, UNDONE, Item

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Trial:
    """What a change would do to the records that it was tried with: how many change, stay as they are, or warn."""

    tried: int = 0
    changed: int = 0
    unchanged: int = 0
    warned: int = 0
    refused: tuple[tuple[str, Message], ...] = ()
    """Records that cannot be changed, with the reason."""
    warnings: tuple[Message, ...] = ()


class _TakenBack(Exception):
    """Nothing of this stays."""


def readied(context: Context, entity: Entity, values: Mapping[str, object]) -> dict[str, Any]:
    """The values as they are kept; raises Invalid with what is wrong for every record."""
    if not values:
        raise Invalid([FieldError("", "required", Message("Choose what to change."))])
    clean = _clean(context, entity, values)
    return {key: entity.all_fields[key].to_json(value) for key, value in clean.items()}


async def tried(context: Context, entity: str, records: Sequence[str], values: Values, form: str | None) -> Trial:
    """What a change would do to records, under the conditions of a form; nothing of it stays."""
    seen: list[Outcome] = []

    async def also(connection: Connection, outcomes: Sequence[Outcome]) -> None:
        seen[:] = outcomes
        raise _TakenBack

    commands = [Update(record, values) for record in records]
    with suppress(_TakenBack):
        await write(context, entity, commands, atomic=False, form=form, also=also)
    fine = [one for one in seen if one.error is None]
    warnings = {str(warning.message): warning.message for one in fine for warning in one.warnings}
    return Trial(
        len(seen), sum(one.changed for one in fine), sum(not one.changed for one in fine),
        sum(bool(one.warnings) for one in fine), tuple((one.id, why(one.error)) for one in seen if one.error),
        tuple(warnings.values()),
    )  # fmt: skip


def why(error: TrellisError) -> Message:
    """The first reason of an error."""
    return error.errors[0].message if isinstance(error, Invalid) and error.errors else error.message


async def change(hand: Hand, connection: Connection, items: Sequence[Item]) -> list[Item]:
    """Write values into records, each where that is allowed and valid; what became of each, with what was before.

    What was planned says in `before` under which form, as that of the items comes only now.
    """
    batch = batch_of(hand, items)
    batch.form = hand.context.snapshot.forms.get(items[0].before.get("form") or "")
    drafts = batch.drafts([Update(item.record, item.after) for item in items])
    await batch.prepare(connection, drafts)
    outcomes = await batch.save(connection, drafts)
    return [
        replace(
            _written(batch.entity, draft, item), state=DONE if one.error is None else FAILED, problem=problem(one.error)
        )
        for item, draft, one in zip(items, drafts, outcomes, strict=True)
    ]


async def change_back(hand: Hand, connection: Connection, items: Sequence[Item]) -> list[Item]:
    """Write what was before into records that still have what was written; what became of each."""
    batch = batch_of(hand, items)
    drafts = batch.drafts([Update(item.record, item.before) for item in items])
    await batch.prepare(connection, drafts)
    for draft, item in zip(drafts, items, strict=True):
        if draft.alive and _differs(draft, _clean(hand.context, batch.entity, item.after)):
            draft.error = Overtaken()
    outcomes = await batch.save(connection, drafts)
    return [
        replace(item, state=_back(one.error), problem=problem(one.error))
        for item, one in zip(items, outcomes, strict=True)
    ]


def batch_of(hand: Hand, items: Sequence[Item]) -> Batch:
    """The batch in which items of one entity are changed; raises NotFound."""
    entity = hand.context.snapshot.entities.get(items[0].entity)
    if entity is None:
        raise NotFound
    return Batch(hand.context, entity, f"handover:{hand.handover}", by=hand.by)


def _clean(context: Context, entity: Entity, values: Values) -> dict[str, Any]:
    draft = Draft(Update("", values), "")
    check_input(context, entity, draft)
    if isinstance(draft.error, Invalid):
        raise with_reasons(context, entity.id, draft.error)
    return draft.values


def _written(entity: Entity, draft: Draft, item: Item) -> Item:
    """The item with what was before and after, with what a form cleared and what follows by itself."""
    if draft.current is None or draft.error is not None:
        return replace(item, before={})
    known, keys = draft.current.values, (draft.changed - NEVER_WRITABLE) | item.after.keys()
    fields = {key: entity.all_fields[key] for key in sorted(keys)}
    before = {key: spec.to_json(known.get(key)) for key, spec in fields.items()}
    return replace(item, before=before, after={key: spec.to_json(draft.whole.get(key)) for key, spec in fields.items()})


def _differs(draft: Draft, expected: Values) -> bool:
    known = draft.current.values if draft.current else {}
    return any(_or_none(known.get(key)) != _or_none(value) for key, value in expected.items())


def _or_none(value: Any) -> Any:
    return None if value == () else value


def _back(error: TrellisError | None) -> str:
    if error is None:
        return UNDONE
    return CHANGED if isinstance(error, Overtaken | NotFound) else FAILED

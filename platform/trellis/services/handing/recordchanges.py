"""Changing records for a hand-over: as the system, for the person who asked, and only where nobody was faster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from trellis.kernel.errors import Invalid, NotFound, TrellisError
from trellis.kernel.messages import Message
from trellis.services.assigning import OWNER
from trellis.services.commands import Assign, Update
from trellis.services.context import Context
from trellis.services.drafts import Draft
from trellis.services.records import Batch
from trellis.storage.connection import Connection
from trellis.storage.handovers import CHANGED, DONE, FAILED, SKIPPED, UNDONE, Item

Values = Mapping[str, Any]


class Overtaken(TrellisError):
    """Somebody else has changed it since."""

    code = "overtaken"


@dataclass(frozen=True, slots=True)
class Hand:
    """Who changes records: for a hand-over the system in the name of `by`, else the actor with the own rights."""

    context: Context
    handover: str
    by: str | None = None


async def give(hand: Hand, connection: Connection, items: Sequence[Item]) -> list[Item]:
    """Write what comes after into records of one entity that still have what was before; what became of each."""
    drafts, outcomes = await _write(hand, connection, items, {item.record: item.after for item in items}, "before")
    return [
        replace(item, state=_given(draft.error), before=_before(draft, item), problem=problem(error))
        for item, draft, error in zip(items, drafts, outcomes, strict=True)
    ]


async def give_back(hand: Hand, connection: Connection, items: Sequence[Item]) -> list[Item]:
    """Write what was before into records that still have what the hand-over wrote; what became of each."""
    _, errors = await _write(hand, connection, items, {item.record: item.before for item in items}, "after")
    return [
        replace(item, state=UNDONE if error is None else CHANGED, problem=problem(error))
        for item, error in zip(items, errors, strict=True)
    ]


async def _write(
    hand: Hand, connection: Connection, items: Sequence[Item], wanted: Mapping[str, Values], known: str
) -> tuple[list[Draft], list[TrellisError | None]]:
    entity = hand.context.snapshot.entities.get(items[0].entity)
    if entity is None:
        raise NotFound
    batch = Batch(hand.context, entity, f"handover:{hand.handover}", by=hand.by)
    commands = [_command(item.record, wanted[item.record]) for item in items]
    drafts = batch.drafts(commands)
    await batch.prepare(connection, drafts)
    for draft, item in zip(drafts, items, strict=True):
        if draft.alive and draft.current and _differ(draft.current.values, getattr(item, known)):
            draft.error = Overtaken()
    outcomes = await batch.save(connection, drafts)
    return drafts, [outcome.error for outcome in outcomes]


def _command(record: str, values: Values) -> Update:
    return Assign(record, values) if OWNER in values else Update(record, values)


def _differ(current: Values, expected: Values) -> bool:
    return any(current.get(key) != value for key, value in expected.items())


def _before(draft: Draft, item: Item) -> Values:
    """What the record really had."""
    if draft.current is None or draft.error is not None:
        return item.before
    return {key: draft.current.values.get(key) for key in item.after}


def _given(error: TrellisError | None) -> str:
    if error is None:
        return DONE
    return SKIPPED if isinstance(error, Overtaken | NotFound) else FAILED


def problem(error: TrellisError | None) -> str | None:
    """A reason as it is kept: a template with its parameters, to be told in any language."""
    if error is None:
        return None
    first = error.errors[0].message if isinstance(error, Invalid) and error.errors else error.message
    params = {name: str(value) for name, value in first.params.items()}
    return msgspec.json.encode([first.template, params]).decode()


def reason(item: Item) -> Message | None:
    """Why an item did not change hands, or not back."""
    if item.problem is None:
        return None
    template, params = msgspec.json.decode(item.problem, type=tuple[str, dict[str, str]])
    return Message(template, params)

"""Finding the records that rows point to, many at once, and making those that may be made."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from trellis.kernel.messages import Message
from trellis.services import records
from trellis.services.commands import Create
from trellis.services.context import Context
from trellis.services.transfer.binding import Binding, BoundColumn, Link
from trellis.services.transfer.rows import Incoming
from trellis.storage.businesskeys import BusinessKeys

MAX_KEPT = 50_000
_AMBIGUOUS = Message("There are several records “{text}”.")
_MISSING = Message("There is no record “{text}”.")

Place = tuple[str, str]


@dataclass
class Links:
    """The records found so far, by entity, field and value; bounded, so that memory stays flat."""

    context: Context
    make_missing: bool = True
    _found: dict[Place, dict[object, str]] = field(default_factory=dict)

    async def resolve(self, batch: Sequence[Incoming], binding: Binding) -> None:
        """Put ids in the place of names; a row whose name leads nowhere, or to several, is refused."""
        for column in binding.links:
            if column.link is not None:
                problems = await self._look_up(column.link, _wanted(batch, column))
                for incoming in batch:
                    self._fill(incoming, column, column.link, problems)

    async def _look_up(self, link: Link, wanted: Sequence[object]) -> dict[object, Message]:
        """Learn the ids of names that are not known yet; the reasons for those that have none."""
        known = self._found.setdefault((link.target, link.by), {})
        if len(known) > MAX_KEPT:
            known.clear()
        missing = [value for value in wanted if value not in known]
        problems: dict[object, Message] = {}
        if not missing:
            return problems
        found = await find(self.context, link.target, (link.by,), [(value,) for value in missing])
        for value in missing:
            ids = found.get((value,), [])
            if len(ids) == 1:
                known[value] = ids[0]
            else:
                template = (_AMBIGUOUS if ids else _MISSING).template
                problems[value] = Message(template, {"text": str(value)[:80]})
        absent = [value for value in missing if not found.get((value,))]
        if link.create and absent and self.make_missing:
            await self._make(link, absent, known, problems)
        elif link.create:
            problems = {value: reason for value, reason in problems.items() if value not in absent}
        return problems

    async def _make(
        self, link: Link, absent: Sequence[object], known: dict[object, str], problems: dict[object, Message]
    ) -> None:
        commands = [Create({link.by: value}) for value in absent]
        outcomes = await records.write(self.context, link.target, commands, atomic=False, causation="import")
        for value, outcome in zip(absent, outcomes, strict=True):
            if outcome.error is None:
                known[value] = outcome.id
                del problems[value]
            else:
                errors = getattr(outcome.error, "errors", ())
                why = {"missing": problems[value], "reason": errors[0].message if errors else outcome.error.message}
                problems[value] = Message("{missing} It could not be created: {reason}", why)

    def _fill(self, incoming: Incoming, column: BoundColumn, link: Link, problems: dict[object, Message]) -> None:
        values = incoming.waiting.pop(column.field.key, None)
        if values is None:
            return
        known = self._found[(link.target, link.by)]
        for value in values:
            if value in problems:
                incoming.refuse(problems[value], column.field.caption)
        ids = tuple(known[value] for value in values if value in known)
        incoming.values[column.field.key] = ids if link.several else next(iter(ids), None)


def _wanted(batch: Iterable[Incoming], column: BoundColumn) -> list[object]:
    key = column.field.key
    return list(dict.fromkeys(value for row in batch if not row.reasons for value in row.waiting.get(key, ())))


async def find(
    context: Context, entity: str, fields: Sequence[str], keys: Sequence[tuple[object, ...]]
) -> dict[tuple[object, ...], list[str]]:
    """The ids of the records behind keys, as far as the actor may read them."""
    finder = BusinessKeys(context.release.statements, context.access)
    async with context.database.read(context.workspace) as connection:
        return await finder.find(connection, entity, fields, keys, context.sql_parameters())

"""Which records are meant: those that were named, or all that a question finds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from trellis.engine.query import Count, Query
from trellis.kernel.errors import FieldError, Invalid
from trellis.kernel.identity import canonical_id
from trellis.kernel.messages import Message
from trellis.services import queries
from trellis.services.context import Context
from trellis.services.records import MAX_COMMANDS

MOST_IDS = 10_000
"""So many records can be named at once; a question may find more."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Records of an entity: those of `ids`, or all that `query` finds where there are none."""

    entity: str
    ids: tuple[str, ...] = ()
    query: Query | None = None

    @property
    def known(self) -> tuple[str, ...]:
        """The ids, each once."""
        return tuple(dict.fromkeys(self.ids))


def check(selection: Selection) -> None:
    """Raise Invalid when nothing is named, or too much."""
    if len(selection.known) > MOST_IDS:
        text = Message("At most {max} records can be named at once.", {"max": MOST_IDS})
        raise Invalid([FieldError("ids", "too_many", text)])
    if not selection.ids and selection.query is None:
        raise Invalid([FieldError("ids", "required", Message("Choose records."))])


async def records_of(
    context: Context, selection: Selection, actions: Sequence[str], *, most: int | None = None
) -> list[str]:
    """The records to which the actor may do all these actions; others cannot be told from those that are not there."""
    if not selection.ids:
        return await everything(context, selection.query, actions, most=most) if selection.query is not None else []
    known = [one for one in selection.known if canonical_id(one) == one][:most]
    parts = [tuple(known[start : start + MAX_COMMANDS]) for start in range(0, len(known), MAX_COMMANDS)]
    return [
        record for part in parts for record in await everything(context, Query(selection.entity, ids=part), actions)
    ]


async def everything(context: Context, query: Query, actions: Sequence[str], *, most: int | None = None) -> list[str]:
    """All records (or the first ones) that a question finds and to which the actor may do all these actions."""
    asked = replace(
        query, fields=(), labels=False, actions=tuple(actions), limit=MAX_COMMANDS, cursor=None, count=Count.NONE, sort=()
    )  # fmt: skip
    found: list[str] = []
    while True:
        page = await queries.list_records(context, asked)
        found += [str(row[0]) for row in page.rows]
        if page.next is None or (most is not None and len(found) >= most):
            return found[:most]
        asked = replace(asked, cursor=page.next)

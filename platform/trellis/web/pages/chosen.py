"""Which records of a list are meant: those that were ticked, or all that the list finds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from litestar.datastructures import FormMultiDict

from trellis.engine.query import COUNT_CAP, Choice, Count, Query
from trellis.kernel.errors import FieldError, Invalid
from trellis.kernel.identity import canonical_id, new_id
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.services import queries
from trellis.services.context import Context
from trellis.services.handing.selecting import Selection
from trellis.web.http import Asked
from trellis.web.pages.lists import chosen_view, columns_of, query_of
from trellis.web.pages.liststate import read_state
from trellis.web.render.environment import formats_of

SHOWN = 100
MOST = 1_000
"""So many records can be ticked; more are what a list finds."""
ALL = "all"


@dataclass(frozen=True, slots=True)
class Posted:
    """What a form says about records."""

    ids: tuple[str, ...] = ()
    all: bool = False
    once: str = ""
    opens: bool = False
    """Whether the list asks for the page, so that nothing is done yet."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The records for a page: `rows` can be ticked, `refused` are seen but not for this, `missing` not even seen."""

    rows: tuple[Choice, ...]
    refused: tuple[Choice, ...] = ()
    missing: int = 0
    ticked: frozenset[str] | None = None
    """Those that are ticked; None for all."""
    count: str = ""
    more: bool = False
    """Whether the list finds more than the rows."""
    all: bool = False
    once: str = ""

    @property
    def ids(self) -> list[str]:
        """The rows."""
        return [row.id for row in self.rows]


def posted(form: FormMultiDict) -> Posted:
    """What was posted; raises Invalid when too much is ticked."""
    ids = tuple(dict.fromkeys(str(value) for value in form.getall("id", []) if isinstance(value, str)))
    if len(ids) > MOST:
        text = Message("At most {max} records can be named at once.", {"max": MOST})
        raise Invalid([FieldError("id", "too_many", text)])
    return Posted(ids, form.get("_which") == ALL, str(form.get("_once", "")), "_open" in form)


def selection(entity: Entity, query: Query, given: Posted) -> Selection:
    """What is meant by what was posted."""
    return Selection(entity.id, query=query) if given.all else Selection(entity.id, given.ids)


def listed(request: Asked, context: Context, entity: Entity) -> Query:
    """What the list in its present state finds; raises Invalid."""
    state = read_state(entity.id, request.query_params.dict())
    view = chosen_view(context, state)
    heads = columns_of(context, entity, view, state, formats_of(request, context))
    query, errors = query_of(context, entity, view, state, heads)
    if errors:
        raise Invalid(errors)
    return replace(query, cursor=None)


def suffix_of(request: Asked) -> str:
    """The state of the list, to be written behind an address."""
    text = request.scope["query_string"].decode()
    return f"?{quote(text, safe='=&%+.:,-_~')}" if text else ""


async def chosen(
    request: Asked, context: Context, query: Query, actions: Sequence[str], given: Posted | None
) -> Chosen:
    """The records for the page of an action: the ticked ones, or the first that the list finds."""
    count = await queries.count(context, replace(query, actions=tuple(actions), count=Count.CAPPED)) or 0
    text = formats_of(request, context).number(min(count, COUNT_CAP), 0) + ("+" if count > COUNT_CAP else "")
    once = (given.once if given else "") or new_id(context.clock.now())
    if given is None or given.all or not given.ids:
        rows = await _named(context, query.entity, await _ids(context, query, actions, SHOWN))
        ticked = None if given is None or given.opens or given.all else frozenset[str]()
        more = count > len(rows)
        return Chosen(rows, ticked=ticked, count=text, more=more, all=bool(given and given.all), once=once)
    known = tuple(one for one in given.ids if canonical_id(one) == one)
    seen = await _named(context, query.entity, known)
    allowed = set(await _ids(context, Query(query.entity, ids=known), actions, len(known))) if known else set()
    rows = tuple(row for row in seen if row.id in allowed)
    return Chosen(
        rows, tuple(row for row in seen if row.id not in allowed), len(given.ids) - len(seen), None, text,
        count > len(rows), given.all, once,
    )  # fmt: skip


async def _ids(context: Context, query: Query, actions: Sequence[str], limit: int) -> list[str]:
    asked = replace(query, actions=tuple(actions), limit=limit, fields=(), labels=False, count=Count.NONE)
    return [str(row[0]) for row in (await queries.list_records(context, asked)).rows]


async def _named(context: Context, entity: str, ids: Sequence[str]) -> tuple[Choice, ...]:
    """The records with their names, in this order, as far as they are there."""
    known = {one.id: one for one in await queries.choices(context, entity, ids=ids, limit=max(len(ids), 1))}
    return tuple(known[one] for one in ids if one in known)

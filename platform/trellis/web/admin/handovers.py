"""The pages of hand-overs: what somebody leaves, who takes it, how far it came, and taking it back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from trellis.engine.query import Choice
from trellis.kernel.errors import FieldError, Invalid
from trellis.kernel.messages import Message
from trellis.services import queries
from trellis.services.context import Context
from trellis.services.handing import handover
from trellis.services.handing.belongings import belonging
from trellis.services.handing.handover import LEAVER, Preview
from trellis.services.handing.parts import Part
from trellis.services.handing.request import Request
from trellis.web.admin.frame import admin_context, admin_page
from trellis.web.http import Asked
from trellis.web.render.environment import fragment
from trellis.web.render.handovers import Shown, shown, state_of
from trellis.web.takers import Taker, offered, taker

HANDOVERS = "/admin/handovers"
OF_ENTITY, OF_TEAM = "entity:", "team:"


@dataclass(frozen=True, slots=True)
class Line:
    """A hand-over in the list: its address, whose it was, and how far it came."""

    id: str
    person: str
    at: Any
    by: str
    state: Message
    tone: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class ListPage:
    """The last hand-overs, and where a new one begins."""

    lines: tuple[Line, ...]
    named: Taker
    people: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class PartLine:
    """Some things of a person in words: `name` is what a form calls them, `own` a successor of their own."""

    part: Part
    label: Message
    entity: str
    field: str
    own: str = ""


@dataclass(frozen=True, slots=True)
class TeamLine:
    """The records of a person that belong to a team; `own` names a successor of their own."""

    own: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class NewPage:
    """What would be handed over, and the form that says to whom."""

    preview: Preview
    parts: tuple[PartLine, ...]
    takers: Mapping[str, Taker]
    people: tuple[Choice, ...]
    fields: frozenset[str] = frozenset()
    errors: tuple[FieldError, ...] = ()
    teams: tuple[TeamLine, ...] = ()


@get(HANDOVERS, include_in_schema=False)
async def list_page(request: Asked) -> Response[Any]:
    """The last hand-overs."""
    context = await admin_context(request)
    return await _list(request, context, Taker())


@get(HANDOVERS + "/new", include_in_schema=False)
async def new_page(request: Asked) -> Response[Any]:
    """What somebody leaves, with the form to hand it over."""
    context = await admin_context(request)
    named = await taker(context, request.query_params.get("user", ""))
    if not named.id and not named.maybe and request.query_params.get("user"):
        named = await _inactive(context, request.query_params["user"], named)
    if not named.id:
        return await _list(request, context, named)
    found = await handover.preview(context, named.id)
    manager = await taker(context, found.manager) if found.manager else Taker()
    return await _new(request, context, found, {"successor": manager})


@post(HANDOVERS, include_in_schema=False, status_code=200)
async def begin(request: Asked) -> Response[Any]:
    """Begin; what is not clear comes back with the form."""
    context = await admin_context(request)
    form = await request.form()
    texts = {name: str(value) for name, value in form.items() if isinstance(value, str)}
    fields = frozenset(str(value) for value in form.getall("field", []))
    named = [name for name in texts if name == "successor" or _after(name, OF_ENTITY) or _after(name, OF_TEAM)]
    takers = {name: await taker(context, texts[name]) for name in named}
    user = texts.get("user", "")
    errors = tuple(_unclear(takers))
    if not errors:
        successor = takers.get("successor", Taker()).id
        entities, teams = _named(takers, OF_ENTITY), _named(takers, OF_TEAM)
        asked = Request(user, successor, entities, teams, tuple(sorted(fields)))
        try:
            started = await handover.begin(context, asked)
            return Redirect(f"{HANDOVERS}/{started}", status_code=303)
        except Invalid as error:
            errors = error.errors
    found = await handover.preview(context, user)
    return await _new(request, context, found, takers, fields, errors)


@get(HANDOVERS + "/{handover:str}", include_in_schema=False)
async def handover_page(request: Asked) -> Response[Any]:
    """How far it came, and what was left."""
    context = await admin_context(request)
    return await admin_page(request, context, "admin/handover.html", await _shown(context, request))


@get(HANDOVERS + "/{handover:str}/progress", include_in_schema=False)
async def handover_progress(request: Asked) -> Response[Any]:
    """The part of the page that renews itself."""
    context = await admin_context(request)
    return fragment(request, context, "parts/handover.html", await _shown(context, request))


@post(HANDOVERS + "/{handover:str}/undo", include_in_schema=False, status_code=303)
async def undo(request: Asked) -> Redirect:
    """Take it back."""
    context = await admin_context(request)
    await handover.undo(context, request.path_params["handover"])
    return Redirect(f"{HANDOVERS}/{request.path_params['handover']}", status_code=303)


async def _shown(context: Context, request: Asked) -> Shown:
    handover_id = request.path_params["handover"]
    return await shown(context, handover_id, f"{HANDOVERS}/{handover_id}")


async def _inactive(context: Context, text: str, named: Taker) -> Taker:
    """Somebody whose account is closed already still leaves things behind; only an id names him."""
    found = await handover.names(context, [text])
    return Taker(found[text], text) if text in found else named


async def _list(request: Asked, context: Context, named: Taker) -> Response[Any]:
    found = [one for one in await handover.recent(context) if one.kind == LEAVER]
    people = [person for one in found for person in (one.user_id, one.created_by) if person]
    names = await handover.names(context, people)
    lines = tuple(
        Line(
            one.id, names.get(one.user_id or "", one.user_id or ""), one.created_at, names.get(one.created_by, ""),
            *state_of(one), one.done, one.total,
        )
        for one in found
    )  # fmt: skip
    page = ListPage(lines, named, await offered(context))
    return await admin_page(request, context, "admin/handovers.html", page, status=422 if named.error else 200)


async def _new(
    request: Asked,
    context: Context,
    found: Preview,
    takers: Mapping[str, Taker],
    fields: frozenset[str] = frozenset(),
    errors: Sequence[FieldError] = (),
) -> Response[Any]:
    parts = tuple(_part_line(context, part) for part in found.parts)
    known = (
        await queries.choices(context, "core.team", ids=list(found.teams), limit=100) if len(found.teams) > 1 else []
    )
    teams = tuple(TeamLine(f"{OF_TEAM}{team.id}", team.label, found.teams[team.id]) for team in known)
    page = NewPage(found, parts, takers, await offered(context), fields, tuple(errors), teams)
    return await admin_page(request, context, "admin/handover_new.html", page, status=422 if errors else 200)


def _part_line(context: Context, part: Part) -> PartLine:
    entity = context.snapshot.localised(context.locale).entity(part.entity)
    known = entity.field(part.key) if part.key else None
    kind = belonging(part.kind)
    own = f"{OF_ENTITY}{part.entity}" if part.kind == "owned" else ""
    caption = known.caption if known is not None else ""
    return PartLine(part, kind.label if kind else Message(part.kind), entity.plural, caption, own)


def _after(name: str, prefix: str) -> str:
    return name.removeprefix(prefix) if name.startswith(prefix) else ""


def _named(takers: Mapping[str, Taker], prefix: str) -> dict[str, str]:
    """The successors of their own, by entity or by team."""
    return {key: one.id for name, one in takers.items() if (key := _after(name, prefix)) and one.id}


def _unclear(takers: Mapping[str, Taker]) -> Iterator[FieldError]:
    for name, one in takers.items():
        if one.error is not None:
            yield FieldError(name, "person", one.error)
        elif name == "successor" and not one.id:
            yield FieldError(name, "required", Message("Choose who takes over."))


HANDLERS: list[Any] = [list_page, new_page, begin, handover_page, handover_progress, undo]

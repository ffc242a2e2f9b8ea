"""Handing over everything of somebody who leaves: looked at first, begun, looked up, and undone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from trellis.kernel.errors import FieldError, Invalid, NotFound
from trellis.kernel.identity import canonical_id, new_id
from trellis.kernel.messages import Message
from trellis.services.administering import require_users
from trellis.services.context import Context
from trellis.services.handing.belongings import BELONGINGS, by_team
from trellis.services.handing.closing import CLOSING, SESSIONS, TOKENS, close_account
from trellis.services.handing.parts import Part
from trellis.services.handing.recordchanges import reason
from trellis.services.handing.request import Request
from trellis.services.identities import forget
from trellis.services.linked import values_of
from trellis.services.retrying import in_transaction
from trellis.storage import handovers as storage
from trellis.storage import sessions, tokens
from trellis.storage.connection import Connection
from trellis.storage.handovers import DONE, FAILED, PLANNED, UNDOING, UNDONE, Handover, Item
from trellis.storage.organisation import PEOPLE
from trellis.storage.timers import Wanted, enqueue

LEAVER = "leaver"
TIMER = "handover"
SHOWN = 200
"""So many items that were not handed over, or not back, are listed."""

_PERSON = ("name", "manager", "active", "team")


@dataclass(frozen=True, slots=True)
class Preview:
    """What a person leaves: things by kind, sessions and tokens that end, and the manager who would take over."""

    user: str
    name: str
    active: bool
    manager: str | None
    parts: tuple[Part, ...] = ()
    sessions: int = 0
    tokens: int = 0
    teams: Mapping[str, int] = field(default_factory=dict)
    """How many of the records owned belong to which team."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A hand-over with the number of its items by kind, entity and state, and those that were left, as far as shown.

    `ended` says how many sessions and tokens went with the account.
    """

    handover: Handover
    counts: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    left: tuple[Item, ...] = ()
    ended: Mapping[str, int] = field(default_factory=dict)

    def count(self, state: str) -> int:
        """How many items are in a state."""
        return sum(number for (_, _, known), number in self.counts.items() if known == state)


async def preview(context: Context, user: str) -> Preview:
    """What would be handed over; raises Forbidden, NotFound."""
    require_users(context)
    async with context.database.read(context.workspace) as connection:
        person = (await _people(context, connection, [user])).get(user)
        if person is None:
            raise NotFound
        parts = [part for one in BELONGINGS for part in await one.parts(context, connection, user)]
        teams = await by_team(context, connection, user)
        open_sessions = await sessions.sessions_of(connection, user)
        held = await tokens.tokens_of(connection, user)
    current = sum(item.expires_at > context.now() for item in open_sessions)
    return Preview(
        user, str(person["name"]), bool(person["active"]), person["manager"], tuple(parts), current, len(held), teams
    )  # fmt: skip


async def begin(context: Context, request: Request) -> str:
    """Close the account, end its sessions and tokens, and let the worker hand everything over; the id.

    Raises Forbidden, NotFound, Invalid.
    """
    require_users(context)

    async def work(now: Context, connection: Connection) -> str:
        await _check(now, connection, request)
        moment = now.now()
        handover = Handover(
            new_id(now.clock.now()), LEAVER, request.user, request.values(), PLANNED, now.actor.id, moment
        )  # fmt: skip
        await storage.add(connection, handover)
        closed = await close_account(now, connection, request.user, handover.id)
        if closed[0].state == FAILED:
            raise Invalid([FieldError("user", "account", reason(closed[0]) or Message("The account stays open."))])
        await storage.add_items(connection, handover.id, closed)
        await storage.save(connection, replace(handover, total=len(closed), done=len(closed)))
        await enqueue(connection, Wanted(TIMER, {"handover": handover.id}), moment)
        return handover.id

    found = await in_transaction(context, work)
    forget(context.home)
    return found


async def undo(context: Context, handover_id: str) -> None:
    """Let the worker give everything back that was not changed since; raises Forbidden, NotFound, Invalid."""

    async def work(now: Context, connection: Connection) -> None:
        handover = await storage.lock(connection, handover_id)
        if handover is None:
            raise NotFound
        _require(now, handover)
        if handover.state not in (DONE, FAILED):
            raise _refused("not_ended", Message("Only a hand-over that has ended can be undone."))
        request = {**handover.request, "undone_in_place_by": now.actor.impersonator}
        undone = replace(
            handover, request=request, state=UNDOING, error=None, undone_by=now.actor.id, undone_at=now.now()
        )
        await storage.save(connection, undone)
        await enqueue(connection, Wanted(TIMER, {"handover": handover_id}), now.now())

    await in_transaction(context, work)


async def progress(context: Context, handover_id: str) -> Progress:
    """How far it came, and what was left; raises Forbidden, NotFound."""
    async with context.database.read(context.workspace) as connection:
        handover = await storage.find(connection, handover_id)
        if handover is None:
            require_users(context)
            raise NotFound
        _require(context, handover)
        counts = await storage.counts(connection, handover_id)
        states = (storage.CHANGED, FAILED, storage.SKIPPED)
        left = await storage.items(connection, handover_id, states, SHOWN)
        first = await storage.items(connection, handover_id, (DONE, UNDONE), len(CLOSING))
    ended = {item.kind: int(item.after["count"]) for item in first if item.kind in (SESSIONS, TOKENS)}
    return Progress(handover, counts, tuple(left), ended)


async def recent(context: Context) -> list[Handover]:
    """The last hand-overs; raises Forbidden."""
    require_users(context)
    async with context.database.read(context.workspace) as connection:
        return await storage.recent(connection)


async def names(context: Context, users: Iterable[str]) -> Mapping[str, str]:
    """What people are called, those in the bin left out."""
    async with context.database.read(context.workspace) as connection:
        found = await _people(context, connection, users)
    return {user: str(values["name"]) for user, values in found.items()}


def _require(context: Context, handover: Handover) -> None:
    """Hand-overs are for those who look after users; a transfer is also for whoever made it."""
    if handover.kind == LEAVER or handover.created_by != context.actor.id:
        require_users(context)


async def _people(context: Context, connection: Connection, users: Iterable[str]) -> dict[str, dict[str, Any]]:
    wanted = sorted({user for user in users if user and canonical_id(user) == user})
    return await values_of(context, connection, PEOPLE.entity, wanted, _PERSON)


async def _check(context: Context, connection: Connection, request: Request) -> None:
    """The leaver is there and somebody else, everybody who gets something is there and active, and it is not under way."""
    if request.user == context.actor.id:
        raise Invalid([FieldError("user", "yourself", Message("Let somebody else hand over what is yours."))])
    found = await _people(context, connection, {request.user, *request.successors})
    if request.user not in found:
        raise NotFound
    errors = [
        FieldError(path, "successor", message)
        for path, taker in _takers(request)
        if (message := _objection(request, taker, found.get(taker))) is not None
    ]
    if errors:
        raise Invalid(errors)
    if any(handover.is_active for handover in await storage.of_user(connection, request.user)):
        raise _refused("under_way", Message("This is being handed over already."))


def _refused(code: str, message: Message) -> Invalid:
    return Invalid([FieldError("", code, message)])


def _takers(request: Request) -> list[tuple[str, str]]:
    entities = [(f"entities/{key}", taker) for key, taker in request.entities.items()]
    return [("successor", request.successor), *entities, *((f"teams/{key}", one) for key, one in request.teams.items())]


def _objection(request: Request, taker: str, person: Mapping[str, object] | None) -> Message | None:
    if person is None:
        return Message("Choose who takes over.")
    if taker == request.user:
        return Message("Whoever leaves cannot take over.")
    if not person["active"]:
        return Message("{name} is not active and cannot take over.", {"name": person["name"]})
    return None


__all__ = [
    "LEAVER", "TIMER", "Item", "Preview", "Progress", "begin", "names", "preview", "progress", "recent", "undo",
]  # fmt: skip

"""What a person leaves behind, by kind: each kind says what there is, and how it changes hands and back."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import msgspec

from trellis.kernel.messages import Message
from trellis.metadata.snapshot import Snapshot
from trellis.services.assigning import OWNER, TEAM
from trellis.services.context import Context
from trellis.services.handing.recordchanges import Hand, give, give_back
from trellis.services.handing.request import Request
from trellis.services.linked import values_of
from trellis.storage import belongings as storage
from trellis.storage import organisation, shares
from trellis.storage.belongings import Pointing
from trellis.storage.connection import Connection
from trellis.storage.handovers import CHANGED, DONE, SKIPPED, UNDONE, Item
from trellis.storage.organisation import PEOPLE
from trellis.storage.shares import Share

TASK_CLOSED = ("done", "cancelled")
STAMPS = frozenset({"created_by", "updated_by", OWNER})


@dataclass(frozen=True, slots=True)
class Part:
    """Some things of one kind that belong to a person; `key` is the field that says so, '' where it is no field."""

    kind: str
    entity: str
    key: str
    count: int
    optional: bool = False

    @property
    def name(self) -> str:
        """How a request names it."""
        return f"{self.entity}.{self.key}"


class Belonging(Protocol):
    """A kind of things that belong to people."""

    @property
    def kind(self) -> str:
        """Its name in what is kept."""

    @property
    def label(self) -> Message:
        """Its name for people."""

    async def parts(self, context: Context, connection: Connection, user: str) -> list[Part]:
        """What there is."""

    async def items(self, context: Context, connection: Connection, request: Request) -> list[Item]:
        """What changes hands, all that is left of it; places come later."""

    async def give(self, hand: Hand, connection: Connection, items: Sequence[Item]) -> list[Item]:
        """Let things of one entity change hands; what became of each."""

    async def give_back(self, hand: Hand, connection: Connection, items: Sequence[Item]) -> list[Item]:
        """Undo that where nothing was changed since; what became of each."""


@dataclass(frozen=True, slots=True)
class Links:
    """Records that point to a person with a field."""

    kind: str
    label: Message
    find: Callable[[Snapshot], Iterator[Pointing]]
    optional: bool = False

    async def parts(self, context: Context, connection: Connection, user: str) -> list[Part]:
        links = tuple(self.find(context.snapshot))
        found = await storage.counted(connection, context.release.statements, links, user) if links else {}
        return [Part(self.kind, link.entity, link.key, count, self.optional) for link, count in found.items()]

    async def items(self, context: Context, connection: Connection, request: Request) -> list[Item]:
        found: list[Item] = []
        for link in self.find(context.snapshot):
            if not self.optional or f"{link.entity}.{link.key}" in request.fields:
                found += await self._of(context, connection, request, link)
        return found

    async def _of(self, context: Context, connection: Connection, request: Request, link: Pointing) -> list[Item]:
        owned = link.key == OWNER
        also = (TEAM,) if owned else ()
        rows = await storage.pointing(connection, context.release.statements, link, request.user, also)
        if not rows:
            return []
        teams = await _teams(context, connection, request) if owned else {}
        found = []
        for record, *team in rows:
            taker = request.taker(link.entity, *team)
            after = {link.key: taker, **({TEAM: teams.get(taker)} if owned else {})}
            found.append(Item(0, self.kind, link.entity, record, {link.key: request.user}, after))
        return found

    async def give(self, hand: Hand, connection: Connection, items: Sequence[Item]) -> list[Item]:
        return await give(hand, connection, items)

    async def give_back(self, hand: Hand, connection: Connection, items: Sequence[Item]) -> list[Item]:
        return await give_back(hand, connection, items)


@dataclass(frozen=True, slots=True)
class Reports(Links):
    """Those who report to a person; whoever stands above the successor goes to the person's own manager instead."""

    async def items(self, context: Context, connection: Connection, request: Request) -> list[Item]:
        found = await Links.items(self, context, connection, request)
        if not found:
            return []
        statements = context.release.statements
        above = await organisation.parents_above(connection, statements, PEOPLE, [request.user, request.successor])
        higher, here = above.get(request.user), request.successor
        over = {here}
        while (here := above.get(here) or "") and here not in over:
            over.add(here)
        return [replace(item, after={"manager": higher}) if item.record in over else item for item in found]


@dataclass(frozen=True, slots=True)
class Shares:
    """Records that were shared with a person."""

    kind: str
    label: Message

    async def parts(self, context: Context, connection: Connection, user: str) -> list[Part]:
        found = await shares.shares_to(connection, user)
        entities = sorted({share.entity for share in found} & context.snapshot.entities.keys())
        return [
            Part(self.kind, entity, "", sum(share.entity == entity for share in found)) for entity in entities
        ]  # fmt: skip

    async def items(self, context: Context, connection: Connection, request: Request) -> list[Item]:
        return [
            Item(0, self.kind, share.entity, share.record, {"share": _kept(share)}, {"grantee": f"u:{taker}"})
            for share in await shares.shares_to(connection, request.user)
            if share.entity in context.snapshot.entities
            for taker in [request.taker(share.entity)]
        ]

    async def give(self, hand: Hand, connection: Connection, items: Sequence[Item]) -> list[Item]:
        return [await self._give(hand, connection, item) for item in items]

    async def _give(self, hand: Hand, connection: Connection, item: Item) -> Item:
        share = _share(item.before["share"])
        if await shares.with_id(connection, share.id) != share:
            return replace(item, state=SKIPPED)
        had = await shares.move(connection, share, item.after["grantee"])
        now = await self._held(connection, item)
        before = {**item.before, "had": _kept(had) if had else None}
        return replace(item, state=DONE, before=before, after={**item.after, "share": _kept(now) if now else None})

    async def give_back(self, hand: Hand, connection: Connection, items: Sequence[Item]) -> list[Item]:
        return [await self._give_back(hand, connection, item) for item in items]

    async def _give_back(self, hand: Hand, connection: Connection, item: Item) -> Item:
        now, kept = await self._held(connection, item), item.after.get("share")
        if now is None or kept is None or now != _share(kept):
            return replace(item, state=CHANGED)
        await shares.revoke(connection, [now.id])
        had = item.before.get("had")
        await shares.save(connection, [_share(one) for one in (item.before["share"], had) if one])
        return replace(item, state=UNDONE)

    async def _held(self, connection: Connection, item: Item) -> Share | None:
        known = await shares.of_record(connection, item.entity, item.record)
        return next((one for one in known if one.grantee == item.after["grantee"]), None)


def _kept(share: Share) -> dict[str, object]:
    found: dict[str, object] = msgspec.to_builtins(share)
    return found


def _share(values: object) -> Share:
    return msgspec.convert(values, Share)


async def _teams(context: Context, connection: Connection, request: Request) -> dict[str, str | None]:
    """The teams of those who get something."""
    known = await values_of(context, connection, PEOPLE.entity, sorted(request.successors), ("team",))
    return {user: values["team"] for user, values in known.items()}


def _owned(snapshot: Snapshot) -> Iterator[Pointing]:
    return (Pointing(entity.id, OWNER) for entity in snapshot.entities.values() if entity.traits.owned)


def _tasks(snapshot: Snapshot) -> Iterator[Pointing]:
    if "core.task" in snapshot.entities:
        yield Pointing("core.task", "assignee", "status", TASK_CLOSED)


def _reports(snapshot: Snapshot) -> Iterator[Pointing]:
    yield Pointing(PEOPLE.entity, PEOPLE.link)


def _teams_managed(snapshot: Snapshot) -> Iterator[Pointing]:
    yield Pointing("core.team", "manager")


def _others(snapshot: Snapshot) -> Iterator[Pointing]:
    """Every other field that leads to one user."""
    known = {(link.entity, link.key) for find in (_tasks, _reports, _teams_managed) for link in find(snapshot)}
    for entity in snapshot.entities.values():
        for key, field in entity.all_fields.items():
            single = field.target == PEOPLE.entity and not field.multiple and field.computed is None
            if single and key not in STAMPS and (entity.id, key) not in known and field.type != "id":
                yield Pointing(entity.id, key)


BELONGINGS: list[Belonging] = [
    Links("owned", Message("Records owned"), _owned),
    Links("task", Message("Open tasks assigned"), _tasks),
    Reports("report", Message("Direct reports"), _reports),
    Links("team", Message("Teams managed"), _teams_managed),
    Shares("share", Message("Shared with this person")),
    Links("field", Message("Named in other fields"), _others, optional=True),
]
"""All kinds; what comes later (approvals, pools of work) adds itself here."""


def belonging(kind: str) -> Belonging | None:
    """The kind of a name; None where it is not known any more."""
    return next((one for one in BELONGINGS if one.kind == kind), None)

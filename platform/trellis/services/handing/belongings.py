"""What a person leaves behind, by kind: each kind says what there is, and how it changes hands and back."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from trellis.kernel.messages import Message
from trellis.metadata.snapshot import Snapshot
from trellis.services.assigning import OWNER, TEAM
from trellis.services.context import Context
from trellis.services.handing.parts import Part
from trellis.services.handing.recordchanges import Hand, give, give_back
from trellis.services.handing.request import Request
from trellis.services.handing.shared import Shares, SharesGiven
from trellis.services.linked import values_of
from trellis.storage import belongings as storage
from trellis.storage import organisation
from trellis.storage.belongings import Pointing
from trellis.storage.connection import Connection
from trellis.storage.handovers import Item
from trellis.storage.organisation import PEOPLE

TASK_CLOSED = ("done", "cancelled")
STAMPS = frozenset({"created_by", "updated_by", OWNER})


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


async def by_team(context: Context, connection: Connection, user: str) -> dict[str, int]:
    """How many records of all entities a person owns by the team they belong to."""
    links = tuple(_owned(context.snapshot))
    return await storage.counted_by(connection, context.release.statements, links, user, TEAM) if links else {}


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
    SharesGiven("shared", Message("Shared by this person")),
    Links("field", Message("Named in other fields"), _others, optional=True),
]
"""All kinds; what comes later (approvals, pools of work) adds itself here."""


def belonging(kind: str) -> Belonging | None:
    """The kind of a name; None where it is not known any more."""
    return next((one for one in BELONGINGS if one.kind == kind), None)

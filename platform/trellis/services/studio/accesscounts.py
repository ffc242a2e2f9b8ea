"""How many records people gain and lose by a release to come: counted person by person, as far as there is time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter

from trellis.engine.access import access_of
from trellis.engine.access.changes import entities_of
from trellis.kernel.actor import Actor
from trellis.kernel.errors import Forbidden
from trellis.services.access.looking import USER, names
from trellis.services.context import Context
from trellis.services.identities import actor_of
from trellis.services.publishing import Planned
from trellis.services.studio.accesschange import AccessChange
from trellis.storage import people
from trellis.storage.access_changes import Counting, NotKnown, Side, count, counting
from trellis.storage.connection import Connection
from trellis.storage.parameters import actor_parameters
from trellis.storage.people import Person
from trellis.storage.tables import Tables

MOST_COUNTS = 200
"""Counts of one person in one entity; beyond that the smallest groups are left out."""

LONGEST = 4.0
"""Seconds after which counting ends."""

NAMED = 3
"""People who are named; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one person gains or loses; the name is missing where the asker may not see it."""

    user: str
    records: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One action on records of an entity: whose rights change, and by how many records.

    `everybody` are the people concerned, `counted` those of them who were counted. `known` is False where the answer comes
    only with the release, `assumed` where values that are not there yet counted as empty.
    """

    entity: str
    action: str
    everybody: int
    counted: int
    gained: tuple[Share, ...] = ()
    lost: tuple[Share, ...] = ()
    known: bool = True
    assumed: bool = False

    @property
    def records_gained(self) -> int:
        """All records gained, once for each person."""
        return sum(share.records for share in self.gained)

    @property
    def records_lost(self) -> int:
        """All records lost, once for each person."""
        return sum(share.records for share in self.lost)


@dataclass
class _Tally:
    """What is known so far of one action on an entity."""

    everybody: int = 0
    counted: int = 0
    known: bool = True
    assumed: bool = False
    gained: dict[str, int] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Counts:
    """The lines of all actions that change; `whole` when everybody was counted."""

    lines: tuple[Line, ...]
    whole: bool


async def count_changes(context: Context, planned: Planned, change: AccessChange) -> Counts:
    """Count for a plan as it is shown; raises Forbidden without a right to publish or to design."""
    if not (context.access.system("publish") or context.access.system("designer")):
        raise Forbidden
    counter = _Counter(context, planned, perf_counter() + LONGEST)
    groups = sorted(change.concerned.items(), key=lambda item: (-len(change.people[item[0]]), sorted(item[0])))
    async with context.database.read(context.workspace) as connection:
        for roles, entities in groups:
            await counter.add(connection, roles, change.people[roles], entities)
    shares = {user for tally in counter.tallies.values() for one in (tally.gained, tally.lost) for user in _top(one)}
    known = await names(context, USER, shares)
    order = {entity: place for place, entity in enumerate(entities_of(change.roles))}
    keys = sorted(counter.tallies, key=lambda key: (order.get(key[0], len(order)), key[0]))
    return Counts(tuple(_line(key, counter.tallies[key], known) for key in keys), change.whole and counter.whole)


def _line(key: tuple[str, str], tally: _Tally, known: Mapping[str, str]) -> Line:
    def shares(found: Mapping[str, int]) -> tuple[Share, ...]:
        ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        return tuple(Share(user, records, known.get(user, "")) for user, records in ordered)

    return Line(
        *key, tally.everybody, tally.counted, shares(tally.gained), shares(tally.lost), tally.known, tally.assumed
    )


def _top(found: Mapping[str, int]) -> list[str]:
    return sorted(found, key=lambda user: (-found[user], user))[:NAMED]


class _Counter:
    """Counts group by group until time or the number of counts is used up."""

    def __init__(self, context: Context, planned: Planned, until: float) -> None:
        self.context, self.planned, self.until = context, planned, until
        tables = context.tables
        ledger = planned.ledger.with_changes(planned.plan.written, planned.plan.removed)
        self.then = Tables.of(planned.snapshot, ledger, tables.schema, tables.dialect, previous=tables)
        self.tallies: dict[tuple[str, str], _Tally] = {}
        self.left, self.whole = MOST_COUNTS, True

    async def add(
        self,
        connection: Connection,
        roles: frozenset[str],
        users: Sequence[str],
        entities: Mapping[str, Sequence[str]],
    ) -> None:
        """Count for the people who have just these roles."""
        for entity, actions in entities.items():
            for action in actions:
                tally = self.tallies.setdefault((entity, action), _Tally())
                tally.everybody += len(users)
                if action == "create":
                    self._create(tally, roles, users, entity)
        fits = users[: max(self.left // max(len(entities), 1), 0)]
        persons = await people.with_ids(connection, self.context.release.statements, fits)
        statements = dict(self._statements(roles, entities))
        for person in persons.values():
            parameters = self._parameters(person)
            for entity, statement in statements.items():
                if perf_counter() > self.until:
                    self.whole = False
                    return
                await self._count(connection, entity, person.id, statement, parameters)
                self.left -= 1
        self.whole = self.whole and len(fits) == len(users)

    def _statements(
        self, roles: frozenset[str], entities: Mapping[str, Sequence[str]]
    ) -> Iterator[tuple[str, Counting]]:
        """The statement for each entity; what a new record is allowed by concerns no record."""
        actor = Actor("-", roles=roles)
        now = Side(self.context.tables, access_of(actor, self.context.snapshot))
        then = Side(self.then, access_of(actor, self.planned.snapshot))
        for entity, actions in entities.items():
            wanted = [action for action in actions if action != "create"]
            try:
                if wanted:
                    yield entity, counting(now, then, entity, wanted)
            except NotKnown:
                for action in wanted:
                    self.tallies[entity, action].known = False

    def _create(self, tally: _Tally, roles: frozenset[str], users: Sequence[str], entity: str) -> None:
        """New records need no counting: everybody with these roles may make them, or nobody."""
        gains = access_of(Actor("-", roles=roles), self.planned.snapshot).allows(entity, "create")
        (tally.gained if gains else tally.lost).update(dict.fromkeys(users, 0))
        tally.counted += len(users)

    async def _count(
        self, connection: Connection, entity: str, user: str, statement: Counting, parameters: Mapping[str, object]
    ) -> None:
        for action, found in (await count(connection, statement, parameters)).items():
            tally = self.tallies[entity, action]
            tally.counted += 1
            tally.assumed = tally.assumed or statement.assumed
            if found.gained:
                tally.gained[user] = found.gained
            if found.lost:
                tally.lost[user] = found.lost

    def _parameters(self, person: Person) -> Mapping[str, object]:
        """What both sides of a statement read of a person and of the time."""
        subject = self.context.with_actor(actor_of(person, self.context))
        known = {**self.context.snapshot.roles, **self.planned.snapshot.roles}
        return actor_parameters(subject.parameters(), known, self.context.tables.dialect)

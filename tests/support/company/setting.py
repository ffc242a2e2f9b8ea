"""The organisation in a workspace: documents published, people, records and shares in their tables."""

from dataclasses import dataclass
from datetime import timedelta
from random import Random

import sqlalchemy as sa

from tests.support.company.oracle import Oracle
from tests.support.company.people import People, User
from tests.support.company.records import ENTITIES, Row, documents, rows
from tests.support.company.roles import Role, Share, Sharing, roles, shares, sharings
from trellis.engine.access.actions import bits
from trellis.kernel.actor import SYSTEM
from trellis.metadata.load import load_folder
from trellis.places import packs_folder
from trellis.services.commands import Create, Update
from trellis.services.context import Context
from trellis.services.publishing import install_packs
from trellis.services.records import write
from trellis.services.transfer.acting import as_user
from trellis.services.workspaces import OpenWorkspace
from trellis.storage import accounts
from trellis.storage import shares as share_rows
from trellis.storage.connection import prepare

TEAM, USER = "core.team", "core.user"


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    users: int
    teams: int
    roles: int
    holdings: int
    records: int
    sharings: int
    shares: int


@dataclass(frozen=True)
class Company:
    """The organisation, what follows from it, and the ids of everything in the workspace."""

    home: OpenWorkspace
    people: People
    rows: list[Row]
    oracle: Oracle
    ids: dict[Row, str]

    async def of(self, user: User) -> Context:
        """The context of a user, who is found as at sign-in."""
        return await as_user(await self.home.context(), user.email)

    async def all(self) -> dict[User, Context]:
        """The context of each user."""
        return {user: await self.of(user) for user in self.people.users}


async def settle(home: OpenWorkspace, seed: int, size: Size) -> Company:
    """A random organisation in a workspace that exists."""
    random = Random(seed)
    known = roles(random, size.roles)
    holdings = [
        frozenset(role.id for role in random.sample(known, random.choice([1, 2, 3, 5]))) for _ in range(size.holdings)
    ]
    people = People.random(random, size.teams, size.users, holdings)
    found = rows(random, people, size.records)
    shared = sharings(random, people, known, size.sharings)
    given = shares(random, people, known, found, size.shares)
    await _publish(home, known, shared, people)
    context = await home.context()
    teams, users = await _people(context, people)
    ids = await _records(context, found, teams, users)
    await _share(context, given, ids, teams, users)
    return Company(home, people, found, Oracle(people, {role.id: role for role in known}, shared, given), ids)


async def _publish(home: OpenWorkspace, known: list[Role], shared: list[Sharing], people: People) -> None:
    core = [raw for raw in load_folder(packs_folder()).documents if str(raw["id"]).startswith("core")]
    lab = [*documents(), *(role.document() for role in known), *(one.document(people) for one in shared)]
    await install_packs(home.database, home.workspace, [*core, *lab], home.clock, actor=SYSTEM, note="laboratory")
    await home.refresh()


async def _people(context: Context, people: People) -> tuple[list[str], list[str]]:
    teams: list[str] = []
    for depth in range(max(team.depth for team in people.teams) + 1):
        level = [team for team in people.teams if team.depth == depth]
        teams += [""] * (len(people.teams) - len(teams))
        made = await write(
            context, TEAM,
            [
                Create({"name": team.code, "code": team.code, "parent": None if team.parent is None else teams[team.parent]})
                for team in level
            ],
        )  # fmt: skip
        for team, outcome in zip(level, made, strict=True):
            teams[team.number] = outcome.id
    values = [
        {"name": f"User {user.number}", "email": user.email, "team": None if user.team is None else teams[user.team]}
        for user in people.users
    ]
    users = [outcome.id for outcome in await write(context, USER, [Create(one) for one in values])]
    await _managers(context, people, users)
    async with context.database.write(context.workspace) as connection:
        for user, key in zip(people.users, users, strict=True):
            await accounts.save_roles(connection, key, user.roles)
    return teams, users


async def _managers(context: Context, people: People, users: list[str]) -> None:

    led = [user for user in people.users if user.manager is not None]
    await write(context, USER, [Update(users[user.number], {"manager": users[user.manager or 0]}) for user in led])


async def _records(context: Context, found: list[Row], teams: list[str], users: list[str]) -> dict[Row, str]:
    ids: dict[Row, str] = {}
    for entity in ENTITIES:
        mine = [row for row in found if row.entity == entity]
        made = await write(context, entity, [Create(_values(row, ids, teams, users)) for row in mine])
        ids |= {row: outcome.id for row, outcome in zip(mine, made, strict=True)}
        table = context.tables.entity(entity)
        identity, maker = table.columns["id"], table.columns["created_by"]
        statement = (
            sa.update(table.table)
            .values({maker.name: sa.bindparam("maker", type_=maker.type)})
            .where(identity == sa.bindparam("record", type_=identity.type))
        )
        rows = [{"record": ids[row], "maker": users[row.maker]} for row in mine]
        async with context.database.write(context.workspace) as connection:
            await connection.execute_many(prepare(statement, context.tables.dialect), rows)
    return ids


def _values(row: Row, ids: dict[Row, str], teams: list[str], users: list[str]) -> dict[str, object]:
    values: dict[str, object] = {"name": row.title, "amount": row.amount, "stage": row.stage}
    if row.owner is not None:
        values["owner"] = users[row.owner]
    if row.team is not None:
        values["owner_team"] = teams[row.team]
    if row.firm is not None:
        values["firm"] = ids[row.firm]
    if row.deal is not None:
        values["deal"] = ids[row.deal]
    return values


async def _share(context: Context, given: list[Share], ids: dict[Row, str], teams: list[str], users: list[str]) -> None:
    now = context.now()
    kept = []
    for number, share in enumerate(given):
        whom = share.whom if share.kind == "r" else (users if share.kind == "u" else teams)[share.whom]
        over = None if share.over is None else now + timedelta(hours=-1 if share.over else 1)
        kept.append(
            share_rows.Share(
                f"s{number}", share.row.entity, ids[share.row], f"{share.kind}:{whom}", bits(share.actions), "", now,
                expires_at=over,
            )
        )  # fmt: skip
    async with context.database.write(context.workspace) as connection:
        await share_rows.save(connection, kept)

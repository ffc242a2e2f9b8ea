"""The tree of teams, for those who look after users: who is in which team, and moving a team."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trellis.kernel.errors import Forbidden, NotFound
from trellis.services.commands import Update
from trellis.services.context import Context
from trellis.services.records import write
from trellis.storage import teams as storage
from trellis.storage.organisation import TEAMS
from trellis.storage.teams import TeamRow


@dataclass(frozen=True, slots=True)
class Branch:
    """A team in the tree; `depth` is 0 at the top."""

    team: TeamRow
    depth: int


async def tree(context: Context) -> list[Branch]:
    """All teams, each followed by those below it; raises Forbidden without the right to look after users."""
    if not context.access.system("users"):
        raise Forbidden
    async with context.database.read(context.workspace) as connection:
        rows = await storage.teams(connection, context.release.statements)
    below: dict[str | None, list[TeamRow]] = {}
    known = {row.id for row in rows}
    for row in rows:
        below.setdefault(row.parent if row.parent in known else None, []).append(row)
    return _branches(below)


def around(branches: Sequence[Branch], team: str) -> list[Branch]:
    """The teams that a team can be put below: all but itself and those below it. Raises NotFound."""
    places = [place for place, branch in enumerate(branches) if branch.team.id == team]
    if not places:
        raise NotFound
    start = places[0]
    depth = branches[start].depth
    rest = (place for place in range(start + 1, len(branches)) if branches[place].depth <= depth)
    end = next(rest, len(branches))
    return [*branches[:start], *branches[end:]]


async def move(context: Context, team: str, parent: str | None, version: int | None = None) -> None:
    """Put a team with all below it under another one, or at the top; raises Forbidden, Invalid, NotFound."""
    if not context.access.system("users"):
        raise Forbidden
    await write(context, TEAMS.entity, [Update(team, {TEAMS.link: parent}, version)])


def _branches(below: Mapping[str | None, Sequence[TeamRow]]) -> list[Branch]:
    found: list[Branch] = []
    waiting = [Branch(row, 0) for row in reversed(below.get(None, ()))]
    while waiting:
        branch = waiting.pop()
        found.append(branch)
        waiting += [Branch(row, branch.depth + 1) for row in reversed(below.get(branch.team.id, ()))]
    return found

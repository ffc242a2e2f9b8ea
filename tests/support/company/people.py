"""Teams as a tree, people in them who report to each other, and what they hold."""

from dataclasses import dataclass
from random import Random

DEPTH = 5


@dataclass(frozen=True)
class Team:
    """A team by number; `parent` is None at the top."""

    number: int
    parent: int | None
    depth: int

    @property
    def code(self) -> str:
        return f"T{self.number}"


@dataclass(frozen=True)
class User:
    """Somebody in a team or in none, with a manager or without, who holds roles."""

    number: int
    team: int | None
    manager: int | None
    roles: frozenset[str]

    @property
    def email(self) -> str:
        return f"u{self.number}@example.com"


@dataclass(frozen=True)
class People:
    """Everybody."""

    teams: tuple[Team, ...]
    users: tuple[User, ...]

    @classmethod
    def random(cls, random: Random, teams: int, users: int, holdings: list[frozenset[str]]) -> "People":
        """A tree of at most five levels; nobody reports to somebody who came later."""
        made: list[Team] = []
        for number in range(teams):
            above = random.choice([team for team in made if team.depth < DEPTH - 1] or [None])
            if above is None or random.random() < 0.15:
                made.append(Team(number, None, 0))
            else:
                made.append(Team(number, above.number, above.depth + 1))
        people = [
            User(
                number,
                None if random.random() < 0.1 else random.randrange(teams),
                None if number == 0 or random.random() < 0.2 else random.randrange(number),
                random.choice(holdings),
            )
            for number in range(users)
        ]
        return cls(tuple(made), tuple(people))

    def above(self, team: int | None) -> tuple[int, ...]:
        """The team and all above it."""
        found = []
        while team is not None:
            found.append(team)
            team = self.teams[team].parent
        return tuple(found)

    def reports_to(self, user: int | None, manager: int) -> bool:
        """Whether a user reports to somebody, directly or not."""
        seen = None if user is None else self.users[user].manager
        while seen is not None:
            if seen == manager:
                return True
            seen = self.users[seen].manager
        return False

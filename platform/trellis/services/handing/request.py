"""What is asked of a hand-over: who leaves, and who takes what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec


@dataclass(frozen=True, slots=True)
class Request:
    """Everything of `user` goes to `successor`, but what belongs to an entity or a team that has a successor of its own.

    `fields` are the optional parts that go along, like `sales.account.sponsor`.
    """

    user: str
    successor: str
    entities: Mapping[str, str] = field(default_factory=dict)
    teams: Mapping[str, str] = field(default_factory=dict)
    fields: tuple[str, ...] = ()

    @property
    def successors(self) -> frozenset[str]:
        """Everybody who gets something."""
        return frozenset({self.successor, *self.entities.values(), *self.teams.values()})

    def taker(self, entity: str, team: str | None = None) -> str:
        """Who gets a record of an entity that belongs to a team."""
        return self.entities.get(entity) or self.teams.get(team or "") or self.successor

    def values(self) -> dict[str, Any]:
        """The request as it is kept."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found


def request_of(values: Mapping[str, Any]) -> Request:
    """A request that was kept."""
    return msgspec.convert(values, Request)

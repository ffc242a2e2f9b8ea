"""Who does something."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person or the system itself; `id` is a core.user id, '' for the system.

    `teams` are the ids of the own team and all above it, nearest first; `impersonator` is who acts in this place.
    """

    id: str
    name: str = ""
    email: str = ""
    roles: frozenset[str] = frozenset()
    team: str | None = None
    locale: str = "en"
    zone: str = "UTC"
    teams: tuple[str, ...] = ()
    impersonator: str = ""

    @property
    def is_system(self) -> bool:
        return self.id == ""


SYSTEM = Actor(id="", name="System")

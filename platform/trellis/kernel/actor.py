"""Who does something."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person or the system itself; `id` is a core.user id, '' for the system."""

    id: str
    name: str = ""
    email: str = ""
    roles: frozenset[str] = frozenset()
    team: str | None = None
    locale: str = "en"
    zone: str = "UTC"

    @property
    def is_system(self) -> bool:
        return self.id == ""


SYSTEM = Actor(id="", name="System")

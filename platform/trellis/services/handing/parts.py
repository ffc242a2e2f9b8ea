"""What there is of one kind."""

from dataclasses import dataclass


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

"""What people decided about a change that two sets of documents cannot tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Intent:
    """Answers to the questions of a plan; places are paths of the ledger, such as `sales.account#/fields/x_region`.

    `renames` leads from the path before to the path after; the places in `separate` are new although something like them
    went away; `restores` gives for a place the number of the retired entry whose values it takes back.
    """

    renames: Mapping[str, str] = field(default_factory=dict)
    separate: frozenset[str] = frozenset()
    restores: Mapping[str, int] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether nothing was decided."""
        return not (self.renames or self.separate or self.restores)

    def with_decisions(self, other: "Intent") -> "Intent":
        """These decisions with those of another on top."""
        return Intent(
            {**self.renames, **other.renames}, self.separate | other.separate, {**self.restores, **other.restores}
        )


NO_INTENT = Intent()

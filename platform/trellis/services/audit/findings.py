"""What the verification of the log says."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from trellis.services.audit.hashes import START
from trellis.services.audit.heads import Head
from trellis.services.audit.ranges import Range


class Kind(Enum):
    """What can be wrong."""

    EDITED = "edited"
    DELETED = "deleted"
    INSERTED = "inserted"
    UNSEALED = "unsealed"
    BLOCK_EDITED = "block edited"
    BLOCK_MISSING = "block missing"
    BLOCK_MOVED = "block moved"
    HEAD_MISSING = "head missing"
    STATE_FORGED = "state forged"


@dataclass(frozen=True, slots=True)
class Finding:
    """Rows of a table, or blocks, that are not what they were; `since` and `until` say when they were sealed."""

    kind: Kind
    block: int | None = None
    blocks: Range | None = None
    source: str = ""
    rows: tuple[Range, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(slots=True)
class Verified:
    """What was looked at, and what was found; `unsealed` rows were written a moment ago."""

    blocks: int = 0
    rows: int = 0
    purged: int = 0
    unsealed: int = 0
    head: Head = field(default_factory=lambda: Head(0, START))
    findings: list[Finding] = field(default_factory=list)

    def and_then(self, more: "Verified") -> "Verified":
        """The report on this part and the next one."""
        return Verified(
            self.blocks + more.blocks, self.rows + more.rows, self.purged + more.purged, more.unsealed, more.head,
            [*self.findings, *more.findings],
        )  # fmt: skip

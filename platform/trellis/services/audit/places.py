"""Where a verification of the log stands, so that it can be done part by part, also by several processes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from trellis.services.audit.findings import Verified
from trellis.services.audit.hashes import START
from trellis.services.audit.ranges import Range


@dataclass(frozen=True, slots=True)
class Standing:
    """One table: up to where its rows were read, when the last of its blocks was sealed, and what is still open.

    `left` are rows that no block had sealed so far, with the block around them: one that comes later may.
    """

    position: int | None = None
    sealed_at: int | None = None
    left: tuple[tuple[tuple[Range, ...], int | None], ...] = ()
    doubtful: tuple[Range, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """The last block that was looked at, and how far the tables were read."""

    number: int = 0
    hash: str = START
    tables: Mapping[str, Standing] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """What a part of a verification has found, and where it ends; `over` says that nothing is left."""

    place: Place
    report: Verified
    over: bool = False

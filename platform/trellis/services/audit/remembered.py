"""What the last verification of the log said, kept and signed for the page about it and for the next one."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

import msgspec

from trellis.services.audit.findings import Finding, Verified
from trellis.services.audit.hashes import Key
from trellis.services.audit.log import Log
from trellis.services.audit.places import Place
from trellis.services.audit.verifying import go_on
from trellis.storage.connection import Connection
from trellis.storage.preferences import save_setting, setting

KEY = "audit.verified"
SHOWN = 20
"""How many findings are kept, and ranges of rows of each; all findings are counted."""


@dataclass(frozen=True, slots=True)
class Round:
    """A verification under way: when it began, whether it looks at the whole log, where it stands and what it found."""

    began: datetime
    whole: bool = True
    place: Place = field(default_factory=Place)
    blocks: int = 0
    rows: int = 0
    count: int = 0
    found: tuple[Finding, ...] = ()

    def with_part(self, place: Place, report: Verified) -> "Round":
        """The same after one more part."""
        return replace(
            self, place=place, blocks=self.blocks + report.blocks, rows=self.rows + report.rows,
            count=self.count + len(report.findings),
            found=(*self.found, *(replace(one, rows=one.rows[:SHOWN]) for one in report.findings))[:SHOWN],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """When the log was verified, up to which block, and what was found; `whole_at` is when all of it was looked at.

    What was found stays until a verification of the whole log finds nothing. `told` says that letters were sent about it.
    """

    at: datetime
    place: Place
    whole_at: datetime | None = None
    findings: int = 0
    found: tuple[Finding, ...] = ()
    told: bool = False

    @property
    def block(self) -> int:
        """The last block that was looked at."""
        return self.place.number

    @property
    def first_broken(self) -> int | None:
        """The first block that something is wrong with, as far as one is named."""
        return min((one.block for one in self.found if one.block is not None), default=None)


Kept = TypeVar("Kept", Verdict, Round)


def verdict_of(before: Verdict | None, round_: Round, now: datetime) -> Verdict:
    """What holds after a round."""
    if round_.whole or before is None or not before.findings:
        whole_at = now if round_.whole else before.whole_at if before else None
        told = bool(before and before.told and round_.count)
        return Verdict(now, round_.place, whole_at, round_.count, round_.found, told)
    return replace(
        before, at=now, place=round_.place, findings=before.findings + round_.count,
        found=(*before.found, *round_.found)[:SHOWN],
    )  # fmt: skip


async def verify_and_remember(log: Log) -> Verified:
    """Look at the whole chain."""
    found = Verified()
    round_, over = Round(log.now), False
    while not over:
        part = await go_on(log, round_.place)
        round_, over = round_.with_part(part.place, part.report), part.over
        found = found.and_then(part.report)
    async with log.database.write(log.workspace) as connection:
        await keep_verdict(connection, log.key, verdict_of(await last_verdict(connection, log.key), round_, log.now))
    return found


async def keep_verdict(connection: Connection, key: Key, verdict: Verdict) -> None:
    """Keep it, signed."""
    await save_setting(connection, KEY, signed(key, verdict))


async def last_verdict(connection: Connection, key: Key) -> Verdict | None:
    """What was kept last; None when nobody has verified the log yet, and for what we did not write."""
    return unsigned(key, await setting(connection, KEY), Verdict)


def signed(key: Key, value: Verdict | Round) -> str:
    """A value as text that nobody else can write."""
    text = msgspec.json.encode(value, order="sorted").decode()
    return msgspec.json.encode([text, key.sign(type(value).__name__, text)]).decode()


def unsigned(key: Key, text: str | None, kind: type[Kept]) -> Kept | None:
    """The value of such a text; None for what is no such text."""
    try:
        said, signature = msgspec.json.decode(text or "[]", type=tuple[str, str])
        return msgspec.json.decode(said, type=kind) if signature == key.sign(kind.__name__, said) else None
    except (msgspec.DecodeError, ValueError):
        return None

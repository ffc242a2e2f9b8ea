"""How far the log is sealed: kept as one signed setting, so that sealing never has to look for it in the blocks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from trellis.services.audit.hashes import START, Key
from trellis.services.audit.ranges import Range, from_text
from trellis.storage.audit_blocks import SOURCES, newest_block, outlines
from trellis.storage.connection import Connection
from trellis.storage.preferences import setting

KEY = "audit.sealed"
PATIENCE = 60_000
"""For how many milliseconds at least a missing number may still come."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers that were given and not seen; their transactions are those before `horizon`, or there are none."""

    first: int
    last: int
    noticed: int
    horizon: int

    def may_come(self, now: int, ended: int) -> bool:
        """Whether a row may still come there: all transactions before `ended` have ended."""
        return ended < self.horizon or now - self.noticed < PATIENCE


@dataclass(frozen=True, slots=True)
class State:
    """The last block, and for each table the highest number sealed and the gaps below it."""

    number: int = 0
    hash: str = START
    upto: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(SOURCES, 0))
    gaps: Mapping[str, Sequence[Gap]] = field(default_factory=lambda: dict.fromkeys(SOURCES, ()))

    def with_gaps(self, gaps: Mapping[str, Sequence[Gap]]) -> "State":
        """The same with other gaps."""
        return replace(self, gaps=gaps)


@dataclass(frozen=True, slots=True)
class Kept:
    """The state, the text it was read from, and whether that text had been tampered with."""

    state: State
    text: str | None
    forged: bool = False


@dataclass(frozen=True, slots=True)
class _Signed:
    state: State
    signature: str


_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder(_Signed).decode


async def read_state(connection: Connection, key: Key) -> Kept:
    """How far the log is sealed; taken from the blocks where what was kept is missing or not ours."""
    text = await setting(connection, KEY)
    if text is not None:
        try:
            signed = _decode(text)
            if signed.signature == _signature(key, signed.state):
                return Kept(signed.state, text)
        except (msgspec.DecodeError, ValueError):
            pass
    found = await _from_blocks(connection)
    return Kept(found, text, forged=text is not None or found.number > 0)


def to_text(key: Key, state: State) -> str:
    """The state as it is kept."""
    return _encode(_Signed(state, _signature(key, state))).decode()


def _signature(key: Key, state: State) -> str:
    return key.sign("state", _encode(state).decode())


async def _from_blocks(connection: Connection) -> State:
    newest = await newest_block(connection)
    if newest is None:
        return State()
    upto = dict.fromkeys(SOURCES, 0)
    for _, _, source, ranges in await outlines(connection, newest.number + 1):
        upto[source] = max([upto.get(source, 0), *(last for _, last in read_ranges(ranges))])
    return State(newest.number, newest.hash, upto)


def read_ranges(text: str) -> list[Range]:
    """The ranges of a block; none where somebody wrote into them."""
    try:
        return from_text(text)
    except ValueError:
        return []

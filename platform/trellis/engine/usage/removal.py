"""What stands in the way of taking something out of use: first it is announced, then hidden, then retired."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from trellis.engine.captions import Captions
from trellis.engine.usage.graph import Reference, Usage
from trellis.engine.usage.mentions import Use
from trellis.kernel.messages import Message
from trellis.metadata.pointers import at
from trellis.metadata.snapshot import Snapshot

SEEN = frozenset(
    {
        Use.TITLE, Use.SUMMARY, Use.FACT, Use.ITEM, Use.COLUMN, Use.SORT, Use.RELATION, Use.QUICK_CREATE, Use.MENU,
        Use.ENTITY,
    }
)  # fmt: skip
"""Uses by which people come across a thing."""


class Stage(StrEnum):
    """How far the removal of something can go now."""

    FREE = "free"
    """Nothing uses it: it can be retired at once."""
    DEPRECATE = "deprecate"
    """People still meet it: say that it goes, and take it out where they do."""
    HIDE = "hide"
    """Only rules and computations still need it: it can be hidden."""
    RETIRE = "retire"
    """It is hidden, and nothing needs it: it can be retired."""


@dataclass(frozen=True, slots=True)
class Removal:
    """How far the removal of a thing can go, who is in the way of the end, and that in one sentence."""

    stage: Stage
    blocked_by: tuple[Reference, ...]
    message: Message

    @property
    def possible(self) -> bool:
        """Whether it can be retired now."""
        return not self.blocked_by


_SENTENCES = {
    Stage.FREE: Message("No other definition uses {label}. It can be retired."),
    Stage.DEPRECATE: Message("{label} is still in use where people see it, in {count} places. Take it out of them first."),
    Stage.HIDE: Message("Only rules and computations use {label}, in {count} places. Until they do not, it can be hidden."),
    Stage.RETIRE: Message("{label} is hidden, and no other definition uses it. It can be retired."),
}  # fmt: skip


def removal(snapshot: Snapshot, path: str, locale: str = "") -> Removal:
    """How far the thing at a path can be removed; translations go along and are never in the way."""
    blocked = tuple(one for one in Usage.of(snapshot).outside(path) if one.role is not Use.TRANSLATION)
    stage = _stage(blocked, hidden=is_hidden(snapshot, path))
    label = Captions.of(snapshot, locale).at(path)
    return Removal(stage, blocked, Message(_SENTENCES[stage].template, {"label": label, "count": len(blocked)}))


def is_hidden(snapshot: Snapshot, path: str) -> bool:
    """Whether people no longer meet the thing at a path."""
    document, _, where = path.partition("#")
    if where in snapshot.composition.hidden.get(document, frozenset()):
        return True
    try:
        value: Any = at(snapshot.raw.get(document, {}), where)
    except KeyError:
        return False
    return isinstance(value, Mapping) and (value.get("hidden") is True or value.get("active") is False)


def _stage(blocked: tuple[Reference, ...], *, hidden: bool) -> Stage:
    if not blocked:
        return Stage.RETIRE if hidden else Stage.FREE
    return Stage.DEPRECATE if any(one.role in SEEN for one in blocked) else Stage.HIDE

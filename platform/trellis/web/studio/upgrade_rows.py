"""What becomes of the changes of the customer on other packs, in words and with the values side by side."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from trellis.engine.captions import Captions
from trellis.kernel.messages import Message
from trellis.metadata.layers.places import MISSING
from trellis.metadata.layers.upgrade import Outcome, UpgradeItem
from trellis.metadata.pointers import parts_of
from trellis.metadata.snapshot import Snapshot

MOST = 120
VERBS = {"add": Message("added"), "change": Message("changed"), "hide": Message("hidden")}
OUTCOMES = {
    Outcome.SAME: Message("The pack says the same by now; the change is dropped."),
    Outcome.CLEAN: Message("It stays."),
    Outcome.BOTH_CHANGED: Message("The pack changed this too. Yours holds until somebody decides."),
    Outcome.ORPHAN: Message("What it is about is gone. It is kept, and does nothing."),
}
FORBIDDEN = Message("The pack does not allow this any more; what the pack says holds.")
TONES = {Outcome.SAME: "", Outcome.CLEAN: "ok", Outcome.BOTH_CHANGED: "warn", Outcome.ORPHAN: "bad"}
SHORT = {
    Outcome.SAME: Message("same"),
    Outcome.CLEAN: Message("stays"),
    Outcome.BOTH_CHANGED: Message("both changed"),
    Outcome.ORPHAN: Message("without a place"),
}


@dataclass(frozen=True, slots=True)
class UpgradeRow:
    """One change: where, what was done, and the values that the pack had, has now, and the change itself."""

    target: str
    pointer: str
    place: Message
    member: str
    verb: Message
    outcome: str
    short: Message
    tone: str
    sentence: Message
    was: str
    now: str
    yours: str

    @property
    def open(self) -> bool:
        """Whether somebody has to decide."""
        return self.outcome == "both_changed"

    @property
    def orphan(self) -> bool:
        """Whether it found no place."""
        return self.outcome == "orphan"


def upgrade_rows(items: Iterable[UpgradeItem], snapshot: Snapshot, locale: str) -> tuple[UpgradeRow, ...]:
    """All changes, those first that somebody has to look at."""
    captions = Captions.of(snapshot, locale)
    order = (Outcome.BOTH_CHANGED, Outcome.ORPHAN, Outcome.SAME, Outcome.CLEAN)
    return tuple(_row(item, captions) for item in sorted(items, key=lambda item: order.index(item.outcome)))


def _row(item: UpgradeItem, captions: Captions) -> UpgradeRow:
    path = tuple(parts_of(item.pointer))
    member = path[-1] if item.verb == "change" and path else ""
    return UpgradeRow(
        item.target,
        item.pointer,
        captions.place(item.target, path[:-1] if member else path),
        member,
        VERBS[item.verb],
        item.outcome.value,
        SHORT[item.outcome],
        TONES[item.outcome],
        FORBIDDEN if item.breach else OUTCOMES[item.outcome],
        _shown(item.was),
        _shown(item.now),
        "" if item.verb == "hide" else _shown(item.mine),
    )


def _shown(value: object) -> str:
    if value is MISSING or value is None:
        return "—"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= MOST else text[: MOST - 1] + "…"

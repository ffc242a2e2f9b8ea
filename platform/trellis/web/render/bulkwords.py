"""What is done to many records at once, in words."""

from collections.abc import Mapping

from trellis.kernel.messages import Message
from trellis.services.handing.deeds import CHANGE, DEEDS, DELETE, SHARE
from trellis.services.handing.handover import Progress

NOTHING = Message("Left out")
MISSING = Message("Chosen, but not there, or you may not see them")
TITLES: Mapping[str, tuple[Message, Message]] = {
    "transfer": (
        Message("Records given away"),
        Message("Everything that nobody has changed since goes back to whom it was."),
    ),
    DELETE: (
        Message("Deleting records"),
        Message("Everything that is still in the bin as it was put there comes back."),
    ),
    CHANGE: (
        Message("Changing fields"),
        Message("Every record that nobody has changed since gets its former values back."),
    ),
    SHARE: (
        Message("Sharing records"),
        Message("Every share that nobody has changed since becomes what it was before."),
    ),
}
"""What the page of an operation is called, and what taking it back does."""
BULK_STATES: Mapping[str, tuple[Message, str]] = {
    "done": (Message("Done"), "ok"),
    "failed": (Message("Not possible"), "warn"),
}
"""What became of single records, where that is told otherwise than of those that are handed over."""
_ENDED: Mapping[str, tuple[Message, str]] = {
    "done": BULK_STATES["done"],
    "partly": (Message("Partly done"), "warn"),
    "nothing": (Message("Nothing was done"), "warn"),
    "running": (Message("Running"), "info"),
    "undoing": (Message("Being taken back"), "info"),
    "undone": (Message("Taken back"), "warn"),
}


def is_bulk(found: Progress) -> bool:
    """Whether it is about many records, but not about other owners."""
    return found.handover.kind in DEEDS


def bulk_state(found: Progress) -> tuple[Message, str]:
    """The state of the whole, with its colour."""
    state = found.handover.state
    if state == "done" and found.count("failed"):
        state = "partly" if found.count("done") else "nothing"
    return _ENDED.get(state, (Message("Stopped"), "warn"))


def may_undo(found: Progress) -> bool:
    """Whether there is something to take back."""
    return found.handover.state in ("done", "failed") and (not is_bulk(found) or found.count("done") > 0)

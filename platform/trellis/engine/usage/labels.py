"""References in words: in which document, and where in it."""

from trellis.engine.captions import Captions
from trellis.engine.usage.graph import Reference
from trellis.engine.usage.mentions import Use
from trellis.kernel.messages import Message
from trellis.metadata.pointers import parts_of
from trellis.metadata.snapshot import Snapshot

_USES = {
    Use.TITLE: Message("title"),
    Use.SUMMARY: Message("beside the title"),
    Use.PARENT: Message("what it is a part of"),
    Use.AUDIT: Message("history"),
    Use.TARGET: Message("where it leads"),
    Use.OPTIONSET: Message("its options"),
    Use.DEFAULT: Message("default value"),
    Use.REPLACEMENT: Message("replacement"),
    Use.FILTER: Message("filter"),
    Use.VALIDATION: Message("condition"),
    Use.FORMULA: Message("formula"),
    Use.ROLLUP: Message("roll-up"),
    Use.WATCHED: Message("moment of a change"),
    Use.FACT: Message("head"),
    Use.REFRESH: Message("refreshed with it"),
    Use.QUICK_CREATE: Message("form for new records"),
    Use.RELATION: Message("related list"),
    Use.COLUMN: Message("column"),
    Use.SORT: Message("order"),
    Use.AUDIENCE: Message("who gets it"),
    Use.INHERITS: Message("roles it includes"),
    Use.SHARING: Message("shared with"),
    Use.MIGRATION: Message("data migration"),
}
_CONDITIONS = {
    "visible": Message("shown if"),
    "required": Message("required if"),
    "readonly": Message("read-only if"),
}
_CONDITION = Message("condition")


def label(reference: Reference, snapshot: Snapshot, locale: str = "") -> Message:
    """Where a reference stands, in words: Form Opportunity · section Basics."""
    path = tuple(parts_of(reference.pointer))
    where = Captions.of(snapshot, locale).place(reference.document, path[:-1] if path[:1] != ("rows",) else path[:2])
    use = _CONDITIONS.get(path[-1], _CONDITION) if reference.role is Use.CONDITION else _USES.get(reference.role)
    return Message("{whole} · {part}", {"whole": where, "part": use}) if use else where

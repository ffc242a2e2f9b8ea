"""Rows of a file on their way to records: cells become values, links wait for their records."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from trellis.kernel.errors import FieldError, Invalid, TrellisError
from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes import Refused
from trellis.metadata.fieldtypes.choices import split_list
from trellis.services.transfer.binding import Binding, BoundColumn
from trellis.services.transfer.reading import Row

SHORT = Message("The row has {found} cells, the header {expected}.")


@dataclass
class Incoming:
    """One row: its values so far, the keys of records it points to, and what is wrong with it."""

    row: Row
    values: dict[str, object] = field(default_factory=dict)
    waiting: dict[str, tuple[object, ...]] = field(default_factory=dict)
    reasons: list[Message] = field(default_factory=list)
    record: str | None = None

    def refuse(self, message: Message, label: str = "") -> None:
        """Note why the row cannot be stored."""
        self.reasons.append(labelled(label, message) if label else message)

    def refuse_for(self, error: TrellisError, binding: Binding) -> None:
        """Note what the write path said."""
        if not isinstance(error, Invalid):
            return self.refuse(error.message)
        for found in error.errors:
            self.refuse(found.message, _caption(binding, found))
        return None


def labelled(label: str, reason: Message) -> Message:
    """A reason with the field it is about."""
    return Message("{label}: {reason}", {"label": label, "reason": reason})


def _caption(binding: Binding, error: FieldError) -> str:
    spec = binding.entity.field(error.path)
    return spec.caption if spec else ""


def read_row(row: Row, binding: Binding, width: int) -> Incoming:
    """The values of a row, as far as its text goes."""
    incoming = Incoming(row, dict(binding.constants))
    if len(row.cells) != width:
        incoming.refuse(Message(SHORT.template, {"found": len(row.cells), "expected": width}))
        return incoming
    for column in binding.columns:
        text = column.text(row.cells[column.index])
        if text:
            _read_cell(incoming, column, text)
        elif not binding.keeps_empty:
            incoming.values[column.field.key] = () if column.field.multiple else None
    return incoming


def _read_cell(incoming: Incoming, column: BoundColumn, text: str) -> None:
    try:
        if column.link is None:
            incoming.values[column.field.key] = column.from_text(text)
        else:
            parts = split_list(text) if column.link.several else [text]
            incoming.waiting[column.field.key] = tuple(column.link.from_text(part) for part in parts)
    except Refused as error:
        incoming.refuse(error.message, column.field.caption)


class Seen:
    """What the rows of the current batch are known by."""

    def __init__(self, binding: Binding) -> None:
        target = binding.entity.id
        self._key = binding.key
        self._own = [
            (column.field.key, column.link.by)
            for column in binding.links
            if column.link and column.link.target == target
        ]
        self._keys: set[tuple[object, ...]] = set()
        self._names: set[tuple[str, object]] = set()

    def add(self, incoming: Incoming) -> bool:
        """Remember a row; False, and nothing remembered, when it means a record of the batch or points to one."""
        key = key_of(incoming, self._key) if self._key else None
        if key in self._keys or self._own and self._points_here(incoming):
            return False
        if key is not None:
            self._keys.add(key)
        self._names.update((by, incoming.values.get(by)) for _, by in self._own)
        return True

    def _points_here(self, incoming: Incoming) -> bool:
        return any((by, value) in self._names for field, by in self._own for value in incoming.waiting.get(field, ()))


def key_of(incoming: Incoming, key: Sequence[str]) -> tuple[object, ...]:
    """The values that say which record is meant; links not yet found count by what they are known by."""
    return tuple(incoming.waiting.get(name) or incoming.values.get(name) for name in key)

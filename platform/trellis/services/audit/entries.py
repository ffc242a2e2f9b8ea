"""One line of the log, and how it is read from its row."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec

from trellis.kernel.events import impersonator_of
from trellis.services.audit.kinds import ACTIONS
from trellis.storage.audit_blocks import AUDIT, COLUMNS, Row
from trellis.storage.moments import from_number

_read = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(frozen=True, slots=True)
class Entry:
    """Who did what, and when.

    `title` says which record it is about, if the reader may see it or it is a user; `seen` is False for a record that
    the reader may not see, whose `changes` are not there then. `hidden` counts changed fields the reader may not see.
    """

    source: str
    seq: int
    at: datetime
    kind: str
    actor: str
    impersonator: str = ""
    entity: str = ""
    record: str = ""
    address: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    hidden: int = 0
    title: str = ""
    seen: bool = False
    actor_name: str = ""
    impersonator_name: str = ""
    whom: str = ""
    """With whom a record is shared."""


def entry_of(source: str, row: Row) -> Entry:
    """The line of a row, without any names yet."""
    values = dict(zip(COLUMNS[source], row, strict=True))
    entry = Entry(
        source, values["seq"], from_number(values["at"]), "", values["actor"] or "",
        entity=values["entity"] or "", record=values["record"] or "",
    )  # fmt: skip
    if source == AUDIT:
        return replace(
            entry, kind=values["kind"], detail=_read(values["detail"]), address=values["address"] or "",
            impersonator=values["impersonator"] or "",
        )  # fmt: skip
    changes = {key: (old, new) for key, (old, new) in _read(values["changes"]).items()}
    impersonator = impersonator_of(values["causation"])
    kind = ACTIONS.get(values["action"], values["action"])
    return replace(entry, kind=kind, changes=changes, impersonator=impersonator)

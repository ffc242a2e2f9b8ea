"""What has happened, as values that travel from a save to whoever wants to know."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Action(StrEnum):
    """What was done to a record."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class RecordSaved:
    """A record was written: `changes` maps field key to (old, new) domain values."""

    entity: str
    record: str
    action: Action
    at: datetime
    actor: str
    causation: str
    changes: Mapping[str, tuple[object, object]]


_ACTING = " acting:"


def acted(causation: str, impersonator: str) -> str:
    """What a save was caused by, with who really acted where somebody was in another's place."""
    return f"{causation}{_ACTING}{impersonator}" if impersonator else causation


def impersonator_of(causation: str) -> str:
    """Who really acted; empty where that was the actor."""
    return causation.partition(_ACTING)[2]

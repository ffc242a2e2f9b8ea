"""What can be asked of the write path, and its answer."""

from collections.abc import Mapping
from dataclasses import dataclass

from trellis.kernel.errors import FieldError, TrellisError
from trellis.kernel.events import Action


@dataclass(frozen=True, slots=True)
class Create:
    """A new record; `id` only where the client chooses it."""

    values: Mapping[str, object]
    id: str | None = None

    action = Action.CREATE


@dataclass(frozen=True, slots=True)
class Update:
    """New values for some fields; with `version` only if the record still has it."""

    id: str
    values: Mapping[str, object]
    version: int | None = None

    action = Action.UPDATE


@dataclass(frozen=True, slots=True)
class Assign(Update):
    """Another owner, and the team if it is not to follow; needs the right to assign, not that to edit."""


@dataclass(frozen=True, slots=True)
class Delete:
    """Into the bin."""

    id: str
    version: int | None = None

    action = Action.DELETE


@dataclass(frozen=True, slots=True)
class Restore:
    """Out of the bin."""

    id: str

    action = Action.RESTORE


Command = Create | Update | Delete | Restore


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one command; `changed` is False where there was nothing to do, `warnings` came in its way."""

    id: str
    action: Action
    version: int = 0
    changed: bool = False
    error: TrellisError | None = None
    warnings: tuple[FieldError, ...] = ()


_RIGHTS = {Action.CREATE: "create", Action.UPDATE: "edit", Action.DELETE: "delete", Action.RESTORE: "delete"}
_REFUSALS = {
    Action.CREATE: "You may not create {entity}.",
    Action.UPDATE: "You may not change this record of {entity}.",
    Action.DELETE: "You may not delete this record of {entity}.",
    Action.RESTORE: "You may not restore this record of {entity}.",
}


def right_of(command: Command) -> str:
    """The action that a role has to allow for a command."""
    return "assign" if isinstance(command, Assign) else _RIGHTS[command.action]


def refusal_of(command: Command) -> str:
    """What is said to whoever may not do it."""
    if isinstance(command, Assign):
        return "You may not give this record of {entity} to somebody else."
    return _REFUSALS[command.action]

"""What people call rights, scopes and levels; those that have no words here are called as documents write them."""

from collections.abc import Mapping

from trellis.kernel.messages import Message
from trellis.services.studio.roleedits import Action

_ACTIONS: Mapping[str, Message] = {
    "create": Message("Create"),
    "read": Message("Read"),
    "edit": Message("Edit"),
    "delete": Message("Delete"),
}
_CELLS: Mapping[str, Message] = {
    "": Message("no"),
    "yes": Message("yes"),
    "own": Message("own"),
    "all": Message("all"),
}
_LEVELS: Mapping[str, Message] = {
    "": Message("as all other fields"),
    "none": Message("hidden"),
    "masked": Message("masked"),
    "read": Message("read"),
    "create": Message("write when new"),
    "edit": Message("write"),
}
_RIGHTS: Mapping[str, tuple[Message, Message]] = {
    "export": (Message("Export"), Message("Take lists away as Excel and CSV files.")),
    "import": (Message("Import"), Message("Bring records in from files.")),
    "designer": (Message("Design"), Message("Use the Studio and change the draft.")),
    "publish": (Message("Publish"), Message("Make the draft hold for everybody.")),
    "rollback": (Message("Roll back"), Message("Go back to an earlier release.")),
    "packs": (Message("Packs"), Message("Install, upgrade and remove packs.")),
    "purge": (Message("Purge"), Message("Destroy what was retired, for good.")),
    "bulkUpdate": (Message("Change many at once"), Message("Change several records in one step.")),
    "users": (Message("People and roles"), Message("Invite people and give them roles.")),
    "tokens": (Message("API tokens"), Message("Make tokens for programs.")),
    "impersonate": (Message("Act as somebody else"), Message("See the system as another person does.")),
}


def action_word(action: Action) -> Message:
    """The name of a column of the matrix."""
    return _ACTIONS.get(action.name) or _plain(action.name)


def cell_word(value: str) -> Message:
    """The name of what a cell holds."""
    return _CELLS.get(value) or _plain(value.replace("+", " + "))


def level_word(level: str) -> Message:
    """The name of a level of a field."""
    return _LEVELS.get(level) or _plain(level)


def right_words(right: str) -> tuple[Message, Message | None]:
    """The name of a system right, and what one may do with it."""
    return _RIGHTS.get(right) or (_plain(right), None)


def _plain(name: str) -> Message:
    return Message("{name}", {"name": name})

"""What people call rights, scopes and levels; those that have no words here are called as documents write them."""

from collections.abc import Mapping

from trellis.kernel.messages import Message
from trellis.services.studio.roleedits import REVEALED, Action

_ACTIONS: Mapping[str, Message] = {
    "create": Message("Create"),
    "read": Message("Read"),
    "edit": Message("Edit"),
    "delete": Message("Delete"),
    "assign": Message("Reassign"),
    "export": Message("Export"),
    "share": Message("Share"),
    "comment": Message("Comment"),
}
_SCOPES: Mapping[str, tuple[Message, Message]] = {
    "own": (Message("own"), Message("Records that one owns; without an owner, those that one has made.")),
    "team": (Message("team"), Message("Records of one's own team.")),
    "teamTree": (Message("team and below"), Message("Records of one's own team and of all teams below it.")),
    "subordinates": (Message("reports"), Message("Records of people who report to oneself, directly or over others.")),
    "shared": (Message("shared"), Message("Records that were shared, one by one or by a sharing rule.")),
    "all": (Message("all"), Message("Every record.")),
}
_ASSIGNEES: Mapping[str, Message] = {
    "own": Message("oneself"),
    "team": Message("the own team"),
    "teamTree": Message("the own team and below"),
    "subordinates": Message("one's reports"),
    "all": Message("everybody"),
}
_CELLS: Mapping[str, Message] = {"": Message("no"), "yes": Message("yes")}
_LEVELS: Mapping[str, Message] = {
    "": Message("as all other fields"),
    "none": Message("hidden"),
    "masked": Message("masked"),
    REVEALED: Message("masked, may be shown"),
    "read": Message("read"),
    "create": Message("write when new"),
    "edit": Message("write"),
}
_RIGHTS: Mapping[str, tuple[Message, Message]] = {
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
    "audit": (Message("Audit log"), Message("Read who did what, and when.")),
}


def action_word(action: Action) -> Message:
    """The name of a column of the matrix."""
    return _ACTIONS.get(action.name) or _plain(action.name)


def scope_word(scope: str) -> Message:
    """The name of a scope."""
    return _SCOPES[scope][0] if scope in _SCOPES else _CELLS.get(scope) or _plain(scope)


def scope_help(scope: str) -> Message:
    """Which records a scope means."""
    return _SCOPES[scope][1] if scope in _SCOPES else _plain(scope)


def assignee_word(assignee: str) -> Message:
    """To whom records may be given."""
    return _ASSIGNEES.get(assignee) or _plain(assignee)


def level_word(level: str) -> Message:
    """The name of a level of a field."""
    return _LEVELS.get(level) or _plain(level)


def right_words(right: str) -> tuple[Message, Message | None]:
    """The name of a system right, and what one may do with it."""
    return _RIGHTS.get(right) or (_plain(right), None)


def _plain(name: str) -> Message:
    return Message("{name}", {"name": name})

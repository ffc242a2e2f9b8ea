"""What else a line of the log says, as words and values."""

from collections.abc import Iterator
from typing import Any

from trellis.kernel.messages import Message
from trellis.services.audit.entries import Entry

NAMES: dict[str, Message] = {
    "account": Message("Kind of account"),
    "added": Message("Added"),
    "actions": Message("Actions"),
    "base": Message("Made from release"),
    "blocks": Message("Blocks"),
    "block": Message("Block"),
    "columns": Message("Columns"),
    "count": Message("How many"),
    "created": Message("Created"),
    "documents": Message("Documents"),
    "field": Message("Field"),
    "file": Message("File"),
    "filtered": Message("With a filter"),
    "given": Message("Given"),
    "hash": Message("Hash of the documents"),
    "issuer": Message("Issuer"),
    "method": Message("Way of signing in"),
    "name": Message("Name"),
    "note": Message("Note"),
    "number": Message("Release"),
    "plan": Message("Hash of the plan"),
    "provider": Message("Provider"),
    "reason": Message("Reason"),
    "rejected": Message("Refused"),
    "release": Message("Kind of release"),
    "removed": Message("Removed"),
    "restored": Message("Takes up release"),
    "roles": Message("Roles"),
    "rows": Message("Rows"),
    "run": Message("Number of the import"),
    "search": Message("Search"),
    "source": Message("Table"),
    "state": Message("State"),
    "taken": Message("Taken"),
    "token": Message("Number of the token"),
    "until": Message("Until"),
    "updated": Message("Updated"),
}
"""What details are called."""
YES, NO = Message("yes"), Message("no")


def details(entry: Entry) -> Iterator[tuple[Message | str, Message | str]]:
    """Name and value of each detail that says something."""
    for key, value in entry.detail.items():
        if key != "grantee" and value is not None and value not in ("", []):
            yield NAMES.get(key, key), _shown(value)


def _shown(value: Any) -> Message | str:
    match value:
        case bool():
            return YES if value else NO
        case list():
            return ", ".join(str(item) for item in value)
        case dict():
            return ", ".join(f"{key}: {item}" for key, item in value.items())
    return str(value)

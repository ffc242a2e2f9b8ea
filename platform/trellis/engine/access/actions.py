"""What can be done to records and to the system, by the names that roles use."""

from collections.abc import Iterable, Mapping

SCOPED = ("read", "edit", "delete", "assign", "export", "share", "comment")
"""Actions on a record that is there; a role says on which."""

ACTIONS = ("create", *SCOPED)

SYSTEM_RIGHTS = (
    "export", "import", "designer", "publish", "rollback", "packs", "purge", "bulk_update", "users", "tokens", "impersonate",
    "audit",
)  # fmt: skip

SHARED: Mapping[str, int] = {"read": 1, "edit": 2, "delete": 4, "comment": 8, "share": 16, "export": 32, "assign": 64}
"""The bit of each action in what is kept of a share."""


def bits(actions: Iterable[str]) -> int:
    """Some actions as one number; a share of anything is one to read."""
    return sum({SHARED["read"], *(SHARED[action] for action in actions)})


def actions_of(number: int) -> tuple[str, ...]:
    """The actions of a number."""
    return tuple(action for action, bit in SHARED.items() if number & bit)

"""Which names the documents may use: patterns, reserved words, near misses."""

import difflib
import keyword
import re
from collections.abc import Iterable

KEY = re.compile(r"^[a-z][a-z0-9_]{0,47}$")
DOCUMENT_ID = re.compile(r"^[a-z][a-z0-9_]{0,47}\.[a-z][a-z0-9_]{0,47}$")
PACK_ID = KEY

EXPRESSION_ROOTS = frozenset(
    {"record", "me", "prev", "target", "param", "m", "snapshot", "setting", "true", "false", "null"}
)
SYSTEM_FIELDS = (
    "id", "owner", "owner_team", "currency", "version",
    "created_at", "created_by", "updated_at", "updated_by", "deleted_at",
)  # fmt: skip
RESERVED = EXPRESSION_ROOTS | frozenset(SYSTEM_FIELDS)


def is_key(name: str) -> bool:
    """Whether `name` has the shape of a key (ASCII, lower case, at most 48 characters)."""
    return KEY.match(name) is not None


def is_keyword(name: str) -> bool:
    """Whether expressions could not use `name`, because Python's grammar has it."""
    return keyword.iskeyword(name) or keyword.issoftkeyword(name) and name != "type"


def nearest(name: str, choices: Iterable[str]) -> str | None:
    """The choice that was most likely meant by `name`, if any is near."""
    found = difflib.get_close_matches(name, list(choices), n=1, cutoff=0.6)
    return found[0] if found else None

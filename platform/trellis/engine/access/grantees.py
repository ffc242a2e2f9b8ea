"""With whom a record may be shared: somebody, a team, a team with those below it, everybody with a role."""

from dataclasses import dataclass
from enum import StrEnum


class GranteeKind(StrEnum):
    """What a grantee is."""

    USER = "user"
    TEAM = "team"
    TEAM_TREE = "teamTree"
    ROLE = "role"


_LETTERS = {GranteeKind.USER: "u", GranteeKind.TEAM: "t", GranteeKind.TEAM_TREE: "b", GranteeKind.ROLE: "r"}
_KINDS = {letter: kind for kind, letter in _LETTERS.items()}


@dataclass(frozen=True, slots=True)
class Grantee:
    """Somebody with whom a record is shared; `id` is that of a user, a team or a role."""

    kind: GranteeKind
    id: str

    @property
    def text(self) -> str:
        """As it is kept with a share."""
        return f"{_LETTERS[self.kind]}:{self.id}"

    @classmethod
    def read(cls, text: str) -> "Grantee":
        """The grantee of a share that is kept; raises KeyError for any other text."""
        letter, _, identity = text.partition(":")
        return cls(_KINDS[letter], identity)

"""What roles demand of those who sign in."""

from collections.abc import Iterable

from trellis.metadata.snapshot import Snapshot
from trellis.services.context import Release

COMMAND = "command"
"""How a token was made that an operator made at the machine itself."""

_KEY = "roles that demand a second factor"


def is_strong(method: str) -> bool:
    """Whether this way of signing in had a second factor: `password+totp`, `oidc:corp+provider`."""
    return "+" in method or method == COMMAND


def demands_second_factor(release: Release, roles: Iterable[str]) -> bool:
    """Whether one of these roles, or one that they inherit from, demands a second factor."""
    return not demanding_roles(release).isdisjoint(roles)


def demanding_roles(release: Release) -> frozenset[str]:
    """The roles whose holders need a second factor."""
    demanding = release.derived.get(_KEY)
    if not isinstance(demanding, frozenset):
        demanding = release.derived[_KEY] = _demanding(release.snapshot)
    return demanding


def _demanding(snapshot: Snapshot) -> frozenset[str]:
    return frozenset(role for role in snapshot.roles if _demands(snapshot, role, set()))


def _demands(snapshot: Snapshot, role: str, seen: set[str]) -> bool:
    found = snapshot.roles.get(role)
    if found is None or role in seen:
        return False
    seen.add(role)
    return found.sign_in.second_factor or any(_demands(snapshot, parent, seen) for parent in found.inherits)

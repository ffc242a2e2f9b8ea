"""How somebody came by a role: given, or inherited by one that was."""

from collections.abc import Mapping

from trellis.engine.access.rights import Rights
from trellis.metadata.documents import Role
from trellis.metadata.snapshot import Snapshot


def came_by(rights: Rights) -> Mapping[str, tuple[str, ...]]:
    """For each role that is held, the roles that led to it, from the one that was given; none for that itself."""
    found: dict[str, tuple[str, ...]] = {role: () for role in sorted(rights.roles) if role in rights.snapshot.roles}
    waiting = list(found)
    for role in waiting:
        for inherited in rights.snapshot.roles[role].inherits:
            if inherited not in found and inherited in rights.snapshot.roles:
                found[inherited] = (*found[role], role)
                waiting.append(inherited)
    return found


def gives(role: Role, right: str) -> bool:
    """Whether a role has a system right itself."""
    return bool(getattr(role.system, "import_" if right == "import" else right))


def giving(snapshot: Snapshot, right: str) -> tuple[str, ...]:
    """The roles with which somebody has a system right, by themselves or by what they inherit."""
    return tuple(
        role for role in snapshot.roles if any(gives(held, right) for held in Rights(snapshot, frozenset({role})).held)
    )

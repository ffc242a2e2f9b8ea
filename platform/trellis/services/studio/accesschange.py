"""What publishing would change about access: whose rights, and what somebody has to confirm. Records are counted apart."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from trellis.engine.access.changes import RoleChange, changed_actions, may_change, role_changes
from trellis.engine.access.inheritance import came_by
from trellis.engine.access.rights import rights
from trellis.kernel.messages import Message
from trellis.metadata.snapshot import Snapshot
from trellis.services.context import Context
from trellis.services.publishing import Planned
from trellis.storage.access_changes import holders

MOST_SETS = 60
"""Sets of roles, those that most people have, for which rights are compared."""

LOSSES = {
    "designer": Message("You would lose the right to use the Studio."),
    "publish": Message("You would lose the right to publish."),
    "users": Message("You would lose the right to look after users and roles."),
}
NOBODY = {
    "designer": Message("Nobody could use the Studio any more."),
    "publish": Message("Nobody could publish any more."),
    "users": Message("Nobody could look after users and roles any more."),
}


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Something that is only done when somebody says that it is meant."""

    key: str
    message: Message


@dataclass(frozen=True)
class AccessChange:
    """What changes for roles, how many people hold each, and whom it concerns.

    `concerned` has for each set of roles that people have the actions that change by entity; `people` has everybody by
    set of roles.
    """

    roles: tuple[RoleChange, ...]
    held: Mapping[str, int]
    confirmations: tuple[Confirmation, ...] = ()
    people: Mapping[frozenset[str], tuple[str, ...]] = field(default_factory=dict)
    concerned: Mapping[frozenset[str], Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    whole: bool = True
    """Whether everybody was looked at, and not only those who share their roles with most."""

    @property
    def empty(self) -> bool:
        """Whether nobody's rights change."""
        return not self.roles and not self.concerned


async def access_change(context: Context, planned: Planned) -> AccessChange | None:
    """What a plan changes about access; None, and no statement, where nothing of that kind changes."""
    old, new = planned.old, planned.snapshot
    if old is None or not may_change(old, new):
        return None
    async with context.database.read(context.workspace) as connection:
        given = await holders(connection, context.release.statements)
    return await asyncio.to_thread(_compared, context, old, new, given)


def _compared(
    context: Context, old: Snapshot, new: Snapshot, given: Mapping[str, frozenset[str]]
) -> AccessChange | None:
    changes = role_changes(old, new)
    people: dict[frozenset[str], list[str]] = {}
    for user, roles in sorted(given.items()):
        people.setdefault(roles, []).append(user)
    sets = sorted(people, key=lambda roles: (-len(people[roles]), sorted(roles)))
    concerned = {roles: actions for roles in sets[:MOST_SETS] if (actions := _concerned(old, new, roles))}
    held = {
        change.role: sum(len(users) for roles, users in people.items() if _holds(old, new, roles, change.role))
        for change in changes
    }
    found = AccessChange(
        changes, held, tuple(_confirmations(context, old, new, given)),
        {roles: tuple(users) for roles, users in people.items()}, concerned, len(sets) <= MOST_SETS,
    )  # fmt: skip
    return None if found.empty else found


def _holds(old: Snapshot, new: Snapshot, roles: frozenset[str], role: str) -> bool:
    return any(role in came_by(rights(snapshot, roles)) for snapshot in (old, new))


def _concerned(old: Snapshot, new: Snapshot, roles: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """The actions that change for people with some roles, by entity that is there before and after."""
    before, after = rights(old, roles), rights(new, roles)
    both = (entity for entity in old.entities if entity in new.entities)
    return {entity: actions for entity in both if (actions := changed_actions(before, after, entity))}


def _confirmations(
    context: Context, old: Snapshot, new: Snapshot, given: Mapping[str, frozenset[str]]
) -> Iterator[Confirmation]:
    """Whether the last way back is lost: one's own, or everybody's."""
    mine = given.get(context.actor.id, context.actor.roles)
    for right in LOSSES:
        sets = set(given.values())
        had, keep = (any(right in rights(one, roles).system for roles in sets) for one in (old, new))
        if had and not keep:
            yield Confirmation(f"access.nobody.{right}", NOBODY[right])
        elif context.access.system(right) and not context.actor.is_system and right not in rights(new, mine).system:
            yield Confirmation(f"access.self.{right}", LOSSES[right])

"""Giving records to another owner: whoever does it may assign the record, and the new owner is within reach."""

from collections.abc import Mapping, Sequence

from trellis.engine.access import Access
from trellis.kernel.errors import FieldError
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.services.commands import Create
from trellis.services.context import Context
from trellis.services.drafts import Draft
from trellis.storage.assignees import Assignee, assignees, teams_below
from trellis.storage.connection import Connection

OWNER, TEAM = "owner", "owner_team"


async def settle_owners(context: Context, connection: Connection, entity: Entity, drafts: Sequence[Draft]) -> None:
    """The team of a record follows its new owner unless it is given; refuse owners that the actor may not choose."""
    moving = [draft for draft in drafts if _is_moved(context, draft)] if entity.traits.owned else []
    if not moving:
        return
    actor, statements = context.actor, context.release.statements
    owners = {str(owner) for draft in moving if (owner := draft.whole.get(OWNER))}
    found = await assignees(connection, statements, owners, actor.id, actor.team)
    for draft in moving:
        _follow(draft, found)
    if not context.access.rights.everything:
        below = await teams_below(connection, statements, actor.team)
        for draft in moving:
            objection = _objection(context.access, entity, draft, found, below)
            if objection is not None:
                draft.refuse([objection])


def may_give(access: Access, entity: str, assignee: Assignee) -> bool:
    """Whether records of an entity may be given to somebody, as far as the roles say."""
    scopes = access.assignees(entity)
    actor = access.actor
    return (
        "all" in scopes
        or ("own" in scopes and assignee.id == actor.id)
        or ("team" in scopes and assignee.team is not None and assignee.team == actor.team)
        or ("teamTree" in scopes and assignee.below)
        or ("subordinates" in scopes and assignee.reports)
    )


def _is_moved(context: Context, draft: Draft) -> bool:
    """Whether a record gets an owner or a team that it would not have by itself."""
    if isinstance(draft.command, Create):
        actor, values = context.actor, draft.values
        return (values.get(OWNER) or "", values.get(TEAM)) != (actor.id, actor.team)
    return draft.differs(OWNER) or draft.differs(TEAM)


def _follow(draft: Draft, found: Mapping[str, Assignee]) -> None:
    given = getattr(draft.command, "values", {})
    assignee = found.get(str(draft.whole.get(OWNER)))
    fresh = isinstance(draft.command, Create)
    if assignee is not None and draft.differs(OWNER) and given.get(TEAM) is None and (fresh or TEAM not in given):
        draft.values[TEAM] = assignee.team


def _objection(
    access: Access, entity: Entity, draft: Draft, found: Mapping[str, Assignee], below: frozenset[str]
) -> FieldError | None:
    owner, team = draft.whole.get(OWNER), draft.whole.get(TEAM)
    assignee = found.get(str(owner))
    if draft.current is not None and "assign" not in draft.current.rights:
        at = OWNER if draft.differs(OWNER) else TEAM
        return FieldError(at, "not_assignable", Message("You may not give this record to somebody else."))
    own = draft.current is None and owner == access.actor.id
    if draft.differs(OWNER) and not own and not _reached(access, entity.id, assignee):
        return FieldError(OWNER, "not_an_assignee", Message("You may not give records to this person."))
    if draft.differs(TEAM) and not _team_fits(access, entity.id, team, assignee, below):
        return FieldError(TEAM, "not_an_assignee", Message("You may not give records to this team."))
    return None


def _reached(access: Access, entity: str, assignee: Assignee | None) -> bool:
    if assignee is None:  # nobody: for those only who may give a record to anybody
        return "all" in access.assignees(entity)
    return access.allows(entity, "assign") and may_give(access, entity, assignee)


def _team_fits(access: Access, entity: str, team: str | None, assignee: Assignee | None, below: frozenset[str]) -> bool:
    """The team of the new owner fits, and any in the reach of the role."""
    scopes, own = access.assignees(entity), access.actor.team
    if team == own or (assignee is not None and team == assignee.team) or "all" in scopes:
        return True
    return "teamTree" in scopes and team in below

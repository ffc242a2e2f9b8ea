"""With whom records can be shared, as far as somebody may see people and teams."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from trellis.engine.access.grantees import Grantee, GranteeKind
from trellis.engine.query import Choice
from trellis.kernel.errors import FieldError
from trellis.kernel.identity import canonical_id
from trellis.kernel.messages import Message
from trellis.metadata.documents import Level
from trellis.services import queries
from trellis.services.context import Context

USER, TEAM = "core.user", "core.team"
ACTIVE = "active"
MOST = 8
_TEAMS = (GranteeKind.TEAM, GranteeKind.TEAM_TREE)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody with whom something can be shared: what he is called, and a fact or two."""

    grantee: Grantee
    label: str
    facts: tuple[str, ...] = ()


async def candidates(context: Context, text: str) -> list[Candidate]:
    """People, teams and roles whose names match; the actor himself is not among them."""
    people = await _choices(context, USER, text, filter=ACTIVE)
    found = [
        Candidate(Grantee(GranteeKind.USER, one.id), one.label, one.facts)
        for one in people
        if one.id != context.actor.id
    ]
    for team in await _choices(context, TEAM, text):
        found += [Candidate(Grantee(kind, team.id), team.label, team.facts) for kind in _TEAMS]
    return [*found, *_roles_with(context, text)]


async def objection(context: Context, grantee: Grantee) -> FieldError | None:
    """Why nothing can be shared with somebody: he is not there, the actor may not see him, or is it himself."""
    if grantee.kind is GranteeKind.ROLE:
        there = grantee.id in context.snapshot.roles
        text = Message("There is no such role.")
    elif grantee.kind is GranteeKind.USER:
        there = grantee.id in await names(context, USER, [grantee.id], filter=ACTIVE)
        text = Message("There is no such person, or you may not see them.")
    else:
        there = grantee.id in await names(context, TEAM, [grantee.id])
        text = Message("There is no such team, or you may not see it.")
    if not there:
        return FieldError("grantee", "unknown_grantee", text)
    if grantee == Grantee(GranteeKind.USER, context.actor.id):
        return FieldError("grantee", "yourself", Message("You need not share with yourself."))
    return None


async def names_of(context: Context, grantees: Iterable[Grantee], users: Iterable[str] = ()) -> dict[str, str]:
    """What grantees and further users are called, by id, as far as the actor may see them."""
    known = set(grantees)
    people = {*users, *(one.id for one in known if one.kind is GranteeKind.USER)}
    teams = {one.id for one in known if one.kind in _TEAMS}
    roles = context.snapshot.localised(context.locale).roles
    return {
        **await names(context, USER, sorted(people)),
        **await names(context, TEAM, sorted(teams)),
        **{one.id: roles[one.id].label for one in known if one.kind is GranteeKind.ROLE and one.id in roles},
    }


async def names(context: Context, entity_id: str, ids: Sequence[str], *, filter: str | None = None) -> dict[str, str]:
    """What users or teams are called, as far as the actor may see them."""
    wanted = [one for one in ids if canonical_id(one) == one]
    if not wanted or not _is_open(context, entity_id):
        return {}
    found = await queries.choices(context, entity_id, ids=wanted, limit=len(wanted), filter=filter)
    return {choice.id: choice.label for choice in found if choice.titled}


async def _choices(context: Context, entity_id: str, text: str, *, filter: str | None = None) -> list[Choice]:
    if not _is_open(context, entity_id):
        return []
    found = await queries.choices(context, entity_id, text, limit=MOST, filter=filter)
    return [choice for choice in found if choice.titled]


def _is_open(context: Context, entity_id: str) -> bool:
    title = context.snapshot.entity(entity_id).title_field
    return context.access.allows(entity_id, "read") and context.access.highest(entity_id, title) >= Level.READ


def _roles_with(context: Context, text: str) -> Iterator[Candidate]:
    wanted = text.casefold().strip()
    roles = sorted(context.snapshot.localised(context.locale).roles.values(), key=lambda role: role.label)
    fitting = [role for role in roles if wanted in role.label.casefold()]
    yield from (Candidate(Grantee(GranteeKind.ROLE, role.id), role.label) for role in fitting[:MOST])

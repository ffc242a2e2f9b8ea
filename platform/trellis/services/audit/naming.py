"""Puts names to the ids of the log, and leaves out what the reader may not see."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from trellis.engine.query import Choice
from trellis.kernel.errors import Forbidden
from trellis.kernel.identity import canonical_id
from trellis.services import queries
from trellis.services.audit.entries import Entry
from trellis.services.context import Context
from trellis.storage.people import USER

TEAM = "core.team"
TEAMS = ("t:", "b:")
MOST_RAISED = 90
"""Of how many fields one asks at once on which records they are open."""
Titles = Mapping[str, str]
Found = Mapping[str, Choice]


async def named(context: Context, entries: Sequence[Entry]) -> list[Entry]:
    """The same lines with names; people are named to everybody who may read the log."""
    people = await _people(context, entries)
    teams = await _titles(context.as_system(), TEAM, (one[2:] for one in _grantees(entries) if one[:2] in TEAMS))
    found: dict[str, Found] = {}
    for entity in sorted({entry.entity for entry in entries if entry.record}):
        mine = [entry for entry in entries if entry.entity == entity]
        raised = {key for entry in mine for key in entry.changes} & _raised(context, entity)
        found[entity] = await _found(context, entity, {entry.record for entry in mine}, sorted(raised)[:MOST_RAISED])
    return [_named(context, entry, people, found.get(entry.entity, {}), teams) for entry in entries]


def _raised(context: Context, entity: str) -> set[str]:
    """The fields that are more open on some records than on the others."""
    return {*context.access.raised(entity)} & {*context.access.visible(entity)}


def _grantees(entries: Sequence[Entry]) -> list[str]:
    return [str(entry.detail["grantee"]) for entry in entries if "grantee" in entry.detail]


def _whom(context: Context, grantee: str, names: Titles) -> str:
    """A person, a team, or a role by its name."""
    if grantee.startswith("r:"):
        role = context.snapshot.localised(context.locale).roles.get(grantee[2:])
        return role.label if role is not None else grantee[2:]
    return names.get(grantee[2:], "")


async def _people(context: Context, entries: Sequence[Entry]) -> Titles:
    ids = {entry.actor for entry in entries} | {entry.impersonator for entry in entries}
    ids |= {entry.record for entry in entries if entry.entity == USER}
    ids |= {one[2:] for one in _grantees(entries) if one.startswith("u:")}
    return await _titles(context.as_system(), USER, ids)


async def _titles(context: Context, entity: str, ids: Iterable[str]) -> Titles:
    return {identity: choice.label for identity, choice in (await _found(context, entity, ids)).items()}


async def _found(context: Context, entity: str, ids: Iterable[str], levels: Collection[str] = ()) -> Found:
    """The records that the actor of the context may see, those in the bin too."""
    wanted = sorted({known for one in ids if (known := canonical_id(one))})
    if not wanted or entity not in context.snapshot.entities or not context.access.allows(entity, "read"):
        return {}
    found: dict[str, Choice] = {}
    for deleted in (False, True):
        missing = [one for one in wanted if one not in found]
        if missing:
            try:
                chosen = await queries.choices(
                    context, entity, ids=missing, limit=len(missing), deleted=deleted, levels=levels
                )
            except Forbidden:
                continue
            found |= {choice.id: choice for choice in chosen}
    return found


def _named(context: Context, entry: Entry, people: Titles, found: Found, teams: Titles) -> Entry:
    record = found.get(entry.record)
    readable = {*context.access.readable(entry.entity), *record.readable} if record else set()
    changes = {key: pair for key, pair in entry.changes.items() if key in readable}
    return replace(
        entry,
        changes=changes,
        hidden=len(entry.changes) - len(changes),
        title=people.get(entry.record, "") if entry.entity == USER else record.label if record else "",
        seen=record is not None,
        actor_name=people.get(entry.actor, ""),
        impersonator_name=people.get(entry.impersonator, ""),
        whom=_whom(context, str(entry.detail.get("grantee") or ""), {**people, **teams}),
    )

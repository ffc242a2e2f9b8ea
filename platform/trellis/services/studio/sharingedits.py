"""Documents that share records, as people edit them: with whom, what for, and how many records and people it is about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from trellis.engine.access import rights
from trellis.engine.expr.problems import ExprError
from trellis.engine.query import Count, Query, SortKey
from trellis.kernel.errors import TrellisError
from trellis.metadata.documents.sharing import SharedAction
from trellis.metadata.snapshot import Snapshot
from trellis.services import queries
from trellis.services.context import Context
from trellis.storage.grantees import count_people

Raw = Mapping[str, Any]

ACTIONS: tuple[str, ...] = tuple(action for action in get_args(SharedAction) if action != "read")
"""What can be shared besides reading."""

TEAM = "core.team"
MOST_TEAMS = 1_000


@dataclass(frozen=True, slots=True)
class To:
    """One of those with whom records are shared: a role, or a team by its code."""

    kind: str
    name: str
    below: bool = False

    @property
    def value(self) -> str:
        """What the input of a form holds."""
        return f"{self.kind}:{self.name}" if self.name else ""


@dataclass(frozen=True, slots=True)
class Concerned:
    """What a document is about now: records (None where that cannot be told yet), people, and those whose roles use it."""

    records: int | None
    people: int
    reached: int


def new_sharing(document: str, label: str, entity: str) -> Raw:
    """A document that shares no record yet."""
    return {"kind": "sharing", "id": document, "label": label, "entity": entity, "when": "false", "to": [], "grant": ["read"]}  # fmt: skip


def read_to(raw: Raw) -> tuple[To, ...]:
    """With whom a document shares."""
    given = raw.get("to")
    listed = given if isinstance(given, Sequence) and not isinstance(given, str) else ()
    found = (To(str(one.get("kind")), str(one.get(str(one.get("kind")), "")), one.get("includeChildren") is True) for one in listed if isinstance(one, Mapping))  # fmt: skip
    return tuple(one for one in found if one.kind in ("role", "team"))


def to_of(values: Iterable[tuple[str, bool]]) -> tuple[To, ...]:
    """Those that the inputs of a form name, each once: their values, and whether those below belong to it."""
    found: dict[str, To] = {}
    for value, below in values:
        kind, _, name = value.partition(":")
        if kind in ("role", "team") and name:
            found[value] = To(kind, name, below and kind == "team")
    return tuple(found.values())


def with_sharing(raw: Raw, to: Iterable[To], actions: Iterable[str]) -> Raw:
    """The document with other grantees and actions; reading always belongs to it."""
    chosen = set(actions)
    return {**raw, "to": [_written(one) for one in to], "grant": ["read", *(one for one in ACTIONS if one in chosen)]}


def granted(raw: Raw) -> tuple[str, ...]:
    """What a document shares besides reading."""
    given = raw.get("grant", ())
    return tuple(action for action in ACTIONS if isinstance(given, Sequence) and action in given)


async def teams(context: Context) -> list[tuple[str, str]]:
    """Code and name of the teams that have a code, as far as the actor may see them."""
    access = context.access
    if not access.allows(TEAM, "read") or "code" not in access.readable(TEAM):
        return []
    query = Query(TEAM, ("name", "code"), sort=(SortKey("name"),), limit=MOST_TEAMS)
    found = await queries.list_records(context, query)
    return [(str(one["code"]), str(one.get("name") or one["code"])) for one in found.records() if one["code"]]


async def concerned(context: Context, raw: Raw) -> Concerned:
    """How many records and people a document is about under the release in force."""
    to, entity = read_to(raw), str(raw.get("entity"))
    roles = _assigned(context.snapshot, {one.name for one in to if one.kind == "role"})
    named = [one for one in to if one.kind == "team"]
    given: dict[str, Any] = {
        "roles": roles,
        "teams": [one.name for one in named if not one.below],
        "trees": [one.name for one in named if one.below],
    }
    statements = context.release.statements
    async with context.database.read(context.workspace) as connection:
        people = await count_people(connection, statements, **given)
        using = _using(context.snapshot, entity)
        reached = await count_people(connection, statements, **given, holding=using)
    return Concerned(await _records(context, entity, str(raw.get("when", ""))), people, reached)


async def _records(context: Context, entity: str, when: str) -> int | None:
    if entity not in context.snapshot.entities:
        return None
    try:
        return await queries.count(context.as_system(), Query(entity, base_filter=when, count=Count.EXACT))
    except (ExprError, TrellisError):
        return None


def _assigned(snapshot: Snapshot, names: set[str]) -> list[str]:
    """The roles that are one of those or build on one."""
    return [
        role for role in snapshot.roles if names & {held.id for held in rights(snapshot, frozenset({role})).held}
    ]  # fmt: skip


def _using(snapshot: Snapshot, entity: str) -> list[str]:
    """The roles that let people read records of an entity because they are shared, or all records."""
    if entity not in snapshot.entities:
        return []
    return [role for role in snapshot.roles if _uses(snapshot, role, entity)]


def _uses(snapshot: Snapshot, role: str, entity: str) -> bool:
    rules = rights(snapshot, frozenset({role})).of(entity).rules.get("read", ())
    return any(rule.scope == "shared" or rule.expression is None for rule in rules)


def _written(to: To) -> Raw:
    if to.kind == "role":
        return {"kind": "role", "role": to.name}
    return {"kind": "team", "team": to.name, **({"includeChildren": True} if to.below else {})}

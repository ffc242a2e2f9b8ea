"""Random roles with scopes and conditions, random sharing documents, random shares; conditions come as text and as Python."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.support.company.people import People, User
from tests.support.company.records import DEAL, ENTITIES, FIRM, LINE, STAGES, THING, Row
from trellis.engine.access.actions import SCOPED

Test = Callable[[Row, User], bool | None]
SCOPES = ("own", "team", "teamTree", "subordinates", "shared", "all")
OWNERLESS = ("shared", "all")


@dataclass(frozen=True)
class Where:
    """A condition; a test that gives None is not met."""

    source: str
    test: Test


def conditions(random: Random, entity: str) -> Where:
    """A random condition on records of an entity."""
    limit, stage = random.randrange(0, 100, 10), random.choice(STAGES)
    found = [
        Where(f"amount >= {limit}", lambda row, me: None if row.amount is None else row.amount >= limit),
        Where(f"not (amount >= {limit})", lambda row, me: None if row.amount is None else not row.amount >= limit),
        Where(f"stage == '{stage}'", lambda row, me: None if row.stage is None else row.stage == stage),
        Where("blank(stage)", lambda row, me: row.stage is None),
        Where("created_by == me.id", lambda row, me: row.maker == me.number),
    ]
    if entity == DEAL:
        found += [
            Where(f"firm.stage == '{stage}'", lambda row, me: bool(row.firm and row.firm.stage == stage)),
            Where(
                f"stage == '{stage}' or firm.amount < {limit}",
                lambda row, me: (
                    row.stage == stage or bool(row.firm and row.firm.amount is not None and row.firm.amount < limit)
                ),
            ),
        ]
    if entity in (FIRM, DEAL):
        found.append(Where("owner_team == me.team", lambda row, me: row.team is not None and row.team == me.team))
    if entity == LINE:
        found.append(Where(f"deal.stage == '{stage}'", lambda row, me: bool(row.deal and row.deal.stage == stage)))
    return random.choice(found)


@dataclass(frozen=True)
class Grant:
    """An action on records of an entity, in one of the scopes, as far as the condition holds."""

    entity: str
    action: str
    scopes: tuple[str, ...]
    where: Where | None


@dataclass(frozen=True)
class Role:
    """Grants, and another role whose grants it has too."""

    id: str
    grants: tuple[Grant, ...]
    inherits: str | None

    def document(self) -> dict[str, Any]:
        entities: dict[str, Any] = {}
        for grant in self.grants:
            said: dict[str, Any] = {"scopes": list(grant.scopes)}
            if grant.where:
                said["where"] = grant.where.source
            entities.setdefault(grant.entity, {"fields": {"*": "edit"}})[grant.action] = said
        return {
            "kind": "role", "id": self.id, "label": self.id, "entities": entities, "system": {"export": True},
            "inherits": [self.inherits] if self.inherits else [],
        }  # fmt: skip


def roles(random: Random, count: int) -> list[Role]:
    """Random roles; one inherits only from those before it."""
    made: list[Role] = []
    for number in range(count):
        grants = []
        for entity in ENTITIES:
            for action in SCOPED:
                if random.random() < (0.8 if action == "read" else 0.4):
                    known = OWNERLESS if entity == THING else SCOPES
                    weights = [1 if scope == "all" else 3 for scope in known]
                    chosen = set(random.choices(known, weights, k=random.choice([1, 1, 2, 3])))
                    where = conditions(random, entity) if random.random() < 0.5 else None
                    grants.append(Grant(entity, action, tuple(sorted(chosen)), where))
        above = random.choice(made).id if made and random.random() < 0.3 else None
        made.append(Role(f"lab.role{number}", tuple(grants), above))
    return made


@dataclass(frozen=True)
class Sharing:
    """Records that meet a condition, open to a role or a team."""

    id: str
    entity: str
    where: Where
    role: str | None
    team: int | None
    below: bool
    grant: tuple[str, ...]

    def document(self, people: People) -> dict[str, Any]:
        if self.team is None:
            to: dict[str, Any] = {"kind": "role", "role": self.role}
        else:
            to = {"kind": "team", "team": people.teams[self.team].code, "includeChildren": self.below}
        return {
            "kind": "sharing", "id": self.id, "label": self.id, "entity": self.entity, "when": self.where.source,
            "to": [to], "grant": list(self.grant),
        }  # fmt: skip


def sharings(random: Random, people: People, known: list[Role], count: int) -> list[Sharing]:
    """Random sharing documents."""
    found = []
    for number in range(count):
        entity, to_team = random.choice([FIRM, DEAL, THING]), random.random() < 0.6
        found.append(
            Sharing(
                f"lab.sharing{number}", entity, conditions(random, entity),
                None if to_team else random.choice(known).id,
                random.randrange(len(people.teams)) if to_team else None, random.random() < 0.5,
                tuple(random.sample(SCOPED, random.choice([1, 2, 3]))),
            )
        )  # fmt: skip
    return found


@dataclass(frozen=True)
class Share:
    """One record, open to a user, a team, a team and all below it, or a role; `over` when its time has passed."""

    row: Row
    kind: str
    whom: Any
    actions: frozenset[str]
    over: bool | None


def shares(random: Random, people: People, known: list[Role], open_rows: list[Row], count: int) -> list[Share]:
    """Random shares; each record is shared with each grantee once at most."""
    found: dict[Any, Share] = {}
    for _ in range(count):
        kind = random.choice("utbr")
        whom: Any = random.choice(known).id
        if kind == "u":
            whom = random.randrange(len(people.users))
        elif kind != "r":
            whom = random.randrange(len(people.teams))
        row = random.choice([row for row in open_rows if row.entity != LINE])
        actions = frozenset({"read", *random.sample(SCOPED, random.choice([0, 1, 3]))})
        found[row, kind, whom] = Share(row, kind, whom, actions, random.choice([None, True, False]))
    return list(found.values())

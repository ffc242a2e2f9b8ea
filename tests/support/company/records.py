"""Records of four entities: firms, deals that lead to firms, lines that are parts of deals, and things nobody owns."""

from dataclasses import dataclass
from random import Random
from typing import Any

from tests.support.company.people import People

FIRM, DEAL, LINE, THING = "lab.firm", "lab.deal", "lab.line", "lab.thing"
ENTITIES = (FIRM, DEAL, LINE, THING)
STAGES = ("open", "won", "lost")


@dataclass(frozen=True)
class Row:
    """One record: who owns it (by number), what it leads to (by place), and its values."""

    entity: str
    place: int
    owner: int | None
    team: int | None
    maker: int
    firm: "Row | None"
    deal: "Row | None"
    amount: int | None
    stage: str | None

    @property
    def title(self) -> str:
        return f"{self.entity.partition('.')[2]} needle {self.place}"

    @property
    def holder(self) -> "Row":
        """The record that says who owns this one: itself, or the whole of which it is a part."""
        return self.deal if self.entity == LINE and self.deal is not None else self


def rows(random: Random, people: People, count: int) -> list[Row]:
    """Random records, those that others lead to first."""
    found: list[Row] = []
    shares = {FIRM: 0.2, DEAL: 0.45, LINE: 0.2, THING: 0.15}
    for entity in ENTITIES:
        firms = [row for row in found if row.entity == FIRM]
        deals = [row for row in found if row.entity == DEAL]
        for place in range(round(count * shares[entity])):
            owner, team = _holder(random, people) if entity in (FIRM, DEAL) else (None, None)
            found.append(
                Row(
                    entity, place, owner, team, random.randrange(len(people.users)),
                    random.choice([*firms, None]) if entity == DEAL else None,
                    random.choice(deals) if entity == LINE else None,
                    random.choice([None, *range(0, 100, 10)]),
                    random.choice([None, *STAGES]),
                )
            )  # fmt: skip
    return found


def _holder(random: Random, people: People) -> tuple[int | None, int | None]:
    """An owner and a team, often the owner's: what nobody says becomes that."""
    owner = random.randrange(len(people.users)) if random.random() < 0.95 else None
    team = random.randrange(len(people.teams)) if random.random() < 0.6 else None
    return owner, people.users[owner].team if team is None and owner is not None else team


def documents() -> list[dict[str, Any]]:
    """The entities."""
    stage = {"type": "select", "label": "Stage", "options": {key: {"label": key} for key in STAGES}}
    plain = {
        "name": {"type": "text", "label": "Name", "search": True},
        "amount": {"type": "integer", "label": "Amount"},
        "stage": stage,
    }
    firm = {"type": "lookup", "label": "Firm", "target": FIRM}
    deal = {"type": "lookup", "label": "Deal", "target": DEAL, "required": True, "onDelete": "cascade"}
    return [
        {
            "kind": "pack",
            "id": "lab",
            "label": "Laboratory",
            "version": "1.0.0",
            "format": 1,
            "requires": {"core": "*"},
        },
        _entity(FIRM, {**plain}, owned=True),
        _entity(DEAL, {**plain, "firm": firm}, owned=True),
        _entity(LINE, {**plain, "deal": deal}, childOf="deal"),
        _entity(THING, {**plain}),
    ]


def _entity(key: str, fields: dict[str, Any], **traits: Any) -> dict[str, Any]:
    label = key.partition(".")[2].title()
    return {
        "kind": "entity", "id": key, "label": label, "labelPlural": f"{label}s", "titleField": "name",
        "traits": {"softDelete": True, "optimisticLock": True, **traits}, "fields": fields,
    }  # fmt: skip

"""What is asked of both sides: the same work, each in the words of its own interface."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import quote, urlencode

import msgspec

from bench.deals import PLACES, THINGS, WORK, Deals, Row
from bench.load import Answer, Requests
from bench.sides import Side

LISTED = "name,account.name,stage,amount,probability,forecast_category,owner.name,close_date"
LIST_VIEW = {
    "kind": "view",
    "id": "sales.opportunity_bench",
    "entity": "sales.opportunity",
    "type": "list",
    "label": "Measured",
    "order": 900,
    "columns": {path: {"order": 10 * place} for place, path in enumerate(LISTED.split(","), start=1)},
    "paging": {"size": 25},
}
READ, WRITE = 0.8, 0.5
PAGE = 2_000


@dataclass(frozen=True)
class Case:
    """One kind of work; `target` is the share of the hand-written throughput that we want to reach."""

    name: str
    target: float
    ours: Callable[["Side"], Requests] | None
    theirs: Callable[["Side"], Requests]
    cpu_target: float | None = None


@dataclass
class Rotating:
    """Prepared requests, one after the other, for all connections together."""

    texts: Sequence[bytes]
    _place: Iterator[int] = field(default_factory=count)

    def next(self, connection: int) -> bytes:
        return self.texts[next(self._place) % len(self.texts)]

    def answered(self, connection: int, answer: Answer) -> None:
        pass


def _rotating(side: Side, paths: Sequence[str]) -> Rotating:
    return Rotating([side.request("GET", path) for path in paths])


def _some(side: Side, number: int = 500) -> list[str]:
    return random.Random(7).sample(side.ids, min(number, len(side.ids)))


def _conditions() -> list[tuple[str, int]]:
    chance = random.Random(11)
    stages = ("discovery", "qualified", "proposal", "negotiation", "won", "lost")
    return [(chance.choice(stages), chance.randrange(1_000, 900_000, 1_000)) for _ in range(200)]


def _texts() -> list[str]:
    """What people type into a search box: a whole word, two words and a beginning, a number, Chinese."""
    chance = random.Random(13)
    words = [f"{chance.choice(THINGS)} {chance.choice(WORK)} {chance.choice(PLACES)[:2]}" for _ in range(60)]
    return [*words, *(thing[:6] for thing in THINGS), *(place for place in PLACES), *(str(n) for n in range(700, 740))]


def _our_list(address: str) -> Callable[[Side], Requests]:
    def requests(side: Side) -> Requests:
        return _rotating(
            side,
            [
                f"{address}&filter={quote(f'stage == {stage!r} and amount >= {amount}')}&sort=-close_date"
                for stage, amount in _conditions()
            ],
        )

    return requests


def _their_list(address: str) -> Callable[[Side], Requests]:
    return lambda side: _rotating(side, [f"{address}?stage={stage}&amount={amount}" for stage, amount in _conditions()])


def _pages(first: str) -> Callable[[Side], Requests]:
    """Pages from anywhere in the list: the cursors are collected before."""

    def requests(side: Side) -> Requests:
        paths = [first]
        while len(paths) < 20:
            cursor = msgspec.json.decode(side.get(paths[-1]).body)["next"]
            if cursor is None:
                break
            paths.append(f"{first}&{urlencode({'cursor': cursor})}")
        return _rotating(side, paths)

    return requests


@dataclass
class Creating:
    """New deals without end, each with a key of its own."""

    side: Side
    path: str
    deals: Iterator[bytes]

    def next(self, connection: int) -> bytes:
        return self.side.request("POST", self.path, next(self.deals))

    def answered(self, connection: int, answer: Answer) -> None:
        pass


def _creating(path: str) -> Callable[[Side], Requests]:
    return lambda side: Creating(side, path, _new_deals(side))


def _new_deals(side: Side) -> Iterator[bytes]:
    deals = Deals.of(1_000)
    chance = random.Random(17)
    for number in count(1_000_000 + side.created()):
        row = deals.deal(number, chance)
        yield msgspec.json.encode(_as_json(row, side))


def _as_json(row: Row, side: Side) -> dict[str, object]:
    links = {"account": side.accounts[row["account"]], "owner": side.people[row["owner"]]}
    truth = {"budget_confirmed": row["budget_confirmed"] == "true", "contract_months": int(row["contract_months"])}
    return {**row, **links, **truth}


@dataclass
class Updating:
    """Changes of one field, each connection on records of its own, always knowing their version."""

    side: Side
    path: str
    versions: list[dict[str, str]]
    _under_way: dict[int, str] = field(default_factory=dict)
    _amounts: Iterator[int] = field(default_factory=lambda: count(1_000))

    def next(self, connection: int) -> bytes:
        own = self.versions[connection]
        record = next(iter(own))
        version = own.pop(record)
        self._under_way[connection] = record
        body = b'{"amount":"%d.25"}' % next(self._amounts)
        return self.side.request("PATCH", self.path + record, body, f"if-match: {version}\r\n")

    def answered(self, connection: int, answer: Answer) -> None:
        self.versions[connection][self._under_way[connection]] = answer.header("etag")


def _updating(path: str) -> Callable[[Side], Requests]:
    def requests(side: Side) -> Requests:
        ids = _some(side, 320)
        parts = [ids[number::16] for number in range(16)]
        return Updating(side, path, [{id: side.get(path + id).header("etag") for id in part} for part in parts])

    return requests


OURS = "/api/v1/records/sales.opportunity"
THEIRS = "/api/opportunities"

CASES = (
    Case(
        "get one",
        READ,
        lambda side: _rotating(side, [f"{OURS}/{id}" for id in _some(side)]),
        lambda side: _rotating(side, [f"{THEIRS}/{id}" for id in _some(side)]),
    ),
    Case("list 25, JSON", READ, _our_list(f"{OURS}?fields={LISTED}&limit=25"), _their_list(THEIRS)),
    Case(
        "list 25, HTML",
        READ,
        _our_list("/records/sales.opportunity?view=sales.opportunity_bench"),
        _their_list("/opportunities"),
        cpu_target=1_000,
    ),
    Case(
        "page of 2,000",
        READ,
        _pages(f"{OURS}?fields={LISTED}&sort=-close_date&limit={PAGE}"),
        _pages(f"{THEIRS}/pages?limit={PAGE}"),
    ),
    Case(
        "search",
        READ,
        lambda side: _rotating(side, [f"{OURS}?fields={LISTED}&limit=25&q={quote(text)}" for text in _texts()]),
        lambda side: _rotating(side, [f"{THEIRS}/search?text={quote(text)}" for text in _texts()]),
    ),
    Case("create one", WRITE, _creating(OURS), _creating(THEIRS)),
    Case("update one field", WRITE, _updating(f"{OURS}/"), _updating(f"{THEIRS}/")),
    Case(
        "group by stage and month",
        READ,
        None,
        lambda side: _rotating(side, [f"{THEIRS}/by-stage-and-month"]),
    ),
)

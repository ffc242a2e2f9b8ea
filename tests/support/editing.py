"""Random changes of definitions over records, and what has to be true after each of them."""

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from trellis.kernel.actor import SYSTEM
from trellis.metadata.identity import back_to
from trellis.metadata.intent import NO_INTENT, Intent
from trellis.metadata.ledger import Ledger, State
from trellis.metadata.plan import MoveValues
from trellis.metadata.snapshot import Snapshot
from trellis.services import publishing, queries
from trellis.services.commands import Create, Update
from trellis.services.publishing import Order
from trellis.services.records import write
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.drift import drift
from trellis.storage.ledger import read_ledger
from trellis.storage.releases import load_snapshot, load_sources

Raw = dict[str, Any]
Values = dict[str, Any]

THING, OTHER = "x.thing", "x.other"
MANY = 1_000_000
OPTIONS = {"red": {"label": "Red"}, "green": {"label": "Green"}, "blue": {"label": "Blue"}}
TYPES: dict[str, Raw] = {
    "text": {"type": "text"},
    "longtext": {"type": "longtext"},
    "integer": {"type": "integer"},
    "decimal": {"type": "decimal", "precision": 12, "scale": 2},
    "fine": {"type": "decimal", "precision": 12, "scale": 4},
    "currency": {"type": "currency"},
    "boolean": {"type": "boolean"},
    "date": {"type": "date"},
    "datetime": {"type": "datetime"},
    "select": {"type": "select", "options": OPTIONS},
    "multiselect": {"type": "multiselect", "options": OPTIONS},
}
WORDS = ("12", "7.5", "2024-02-29", "yes", "Red", "green", "a, b", "全部", "", "n/a")


def value_for(draw: random.Random, definition: Raw) -> Any:
    """A value that fits a field, or none."""
    if draw.random() < 0.2:
        return None
    make: dict[str, Callable[[], Any]] = {
        "text": lambda: draw.choice(WORDS) or None,
        "longtext": lambda: draw.choice(WORDS) or None,
        "integer": lambda: draw.randint(-5, 2000),
        "decimal": lambda: Decimal(draw.randint(-999, 99999)).scaleb(-2),
        "currency": lambda: Decimal(draw.randint(0, 99999)).scaleb(-2),
        "boolean": lambda: draw.random() < 0.5,
        "date": lambda: date(2024, 1, 1) + timedelta(days=draw.randint(0, 900)),
        "datetime": lambda: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=draw.randint(0, 900_000)),
        "select": lambda: draw.choice(_active(definition)),
        "multiselect": lambda: tuple(sorted(draw.sample(_active(definition), 2))),
    }
    return make[definition["type"]]()


def _active(definition: Raw) -> list[str]:
    return [key for key, option in definition["options"].items() if option.get("active", True)]


@dataclass(frozen=True)
class Past:
    """A release with what the records said when it was left."""

    number: int
    documents: dict[str, Raw]
    records: dict[str, Values]


@dataclass
class Editing:
    """A workspace whose definitions change at random while it holds records; it knows what every record must say."""

    home: OpenWorkspace
    draw: random.Random
    documents: dict[str, Raw] = field(default_factory=dict)
    records: dict[str, Values] = field(default_factory=dict)
    past: list[Past] = field(default_factory=list)
    touched: set[tuple[str, str]] = field(default_factory=set)
    steps: list[str] = field(default_factory=list)
    number: int = 0

    @property
    def fields(self) -> dict[str, Raw]:
        found: dict[str, Raw] = self.documents[THING]["fields"]
        return found

    async def begin(self) -> None:
        """An entity with some fields and some records."""
        chosen = self.draw.sample(sorted(TYPES), 4)
        fields = {"name": {"type": "text", "label": "Name"}}
        fields |= {self._key(): copy.deepcopy(TYPES[name]) for name in chosen}
        other = {
            "kind": "entity",
            "id": OTHER,
            "label": "Other",
            "titleField": "name",
            "fields": {"name": {"type": "text"}},
        }
        thing = {"kind": "entity", "id": THING, "label": "Thing", "titleField": "name", "fields": fields}
        self.documents = {OTHER: other, THING: thing}
        self.records = {}
        self.past = []
        await self.publish(NO_INTENT, "begin")
        context = await self.home.context()
        rows = [{"name": f"N{number}", **self._values()} for number in range(5)]
        made = await write(context, THING, [Create(row) for row in rows])
        self.records = {outcome.id: _plain(row) for outcome, row in zip(made, rows, strict=True)}
        await self.verify()

    def _key(self) -> str:
        self.number += 1
        return f"f{self.number}"

    def _values(self) -> Values:
        return {key: value_for(self.draw, spec) for key, spec in self.fields.items() if key != "name"}

    async def publish(self, intent: Intent, about: str) -> int:
        """Make the documents the release in force."""
        self.steps.append(about)
        database, workspace = self.home.database, self.home.workspace
        planned = await publishing.plan(database, workspace, list(self.documents.values()), intent)
        moved = [item for item in planned.plan.operations if isinstance(item, MoveValues)]
        order = Order(SYSTEM, about, accepted={item.at: MANY for item in moved})
        if not planned.plan.empty:
            await publishing.publish(database, workspace, planned, self.home.clock, order)
        await self.home.refresh()
        return (await self.home.release()).number

    async def step(self) -> None:
        """One change, published."""
        before = Past((await self.home.release()).number, copy.deepcopy(self.documents), copy.deepcopy(self.records))
        kind = self.draw.choice(
            [self._add, self._drop, self._rename, self._retype, self._retype, self._relabel, self._option, self._index]
        )
        loose, intent = kind()
        await self.publish(intent, kind.__name__)
        self.past.append(before)
        self.touched = set()
        await self.learn(loose)
        await self.verify()

    def _own(self) -> list[str]:
        return [key for key in self.fields if key != "name"]

    def _add(self) -> tuple[set[str], Intent]:
        key, spec = self._key(), copy.deepcopy(TYPES[self.draw.choice(sorted(TYPES))])
        self.fields[key] = spec
        for row in self.records.values():
            row[key] = None
        return set(), Intent(separate=frozenset({f"{THING}#/fields/{key}"}))

    def _drop(self) -> tuple[set[str], Intent]:
        if len(self._own()) < 2:
            return self._add()
        key = self.draw.choice(self._own())
        del self.fields[key]
        for row in self.records.values():
            row.pop(key)
        return set(), NO_INTENT

    def _rename(self) -> tuple[set[str], Intent]:
        if not self._own():
            return self._add()
        key, fresh = self.draw.choice(self._own()), self._key()
        self.documents[THING]["fields"] = {fresh if one == key else one: spec for one, spec in self.fields.items()}
        for row in self.records.values():
            row[fresh] = row.pop(key)
        return set(), Intent({f"{THING}#/fields/{key}": f"{THING}#/fields/{fresh}"})

    def _retype(self) -> tuple[set[str], Intent]:
        if not self._own():
            return self._add()
        key = self.draw.choice(self._own())
        name = self.draw.choice([name for name, spec in TYPES.items() if spec["type"] != self.fields[key]["type"]])
        self.fields[key] = copy.deepcopy(TYPES[name])
        return {key}, NO_INTENT

    def _relabel(self) -> tuple[set[str], Intent]:
        self.documents[THING]["label"] = f"Thing {self._key()}"
        return set(), NO_INTENT

    def _option(self) -> tuple[set[str], Intent]:
        """Retire an option in favour of another one."""
        lists = [key for key in self._own() if self.fields[key].get("options") and len(_active(self.fields[key])) > 2]
        if not lists:
            return self._add()
        key = self.draw.choice(lists)
        gone, heir = self.draw.sample(_active(self.fields[key]), 2)
        self.fields[key]["options"][gone] = {"label": gone, "active": False, "replacedBy": heir}
        for row in self.records.values():
            row[key] = _replaced(row[key], gone, heir)
        return set(), NO_INTENT

    def _index(self) -> tuple[set[str], Intent]:
        keys = [key for key in self._own() if self.fields[key]["type"] in ("integer", "date", "decimal")]
        self.documents[THING]["indexes"] = {"by_it": {"fields": [self.draw.choice(["name", *keys])]}}
        self._forget_index(keys)
        return set(), NO_INTENT

    def _forget_index(self, keys: list[str]) -> None:
        """An index over a field that goes away would be a defect of the documents."""
        if self.documents[THING]["indexes"]["by_it"]["fields"] != ["name"]:
            self.documents[THING]["indexes"] = {"by_it": {"fields": ["name"]}}

    async def change_records(self) -> None:
        """New values for some records."""
        context = await self.home.context()
        for record in self.draw.sample(sorted(self.records), 2):
            values = {key: value_for(self.draw, spec) for key, spec in self.fields.items() if key != "name"}
            chosen = {key: value for key, value in values.items() if self.draw.random() < 0.5}
            await write(context, THING, [Update(record, chosen)])
            self.records[record] |= _plain(chosen)
            self.touched |= {(record, key) for key in chosen}
        await self.verify()

    async def roll_back(self) -> None:
        """Take up the release before; what was not touched since says what it said then."""
        past = self.past.pop()
        database, workspace = self.home.database, self.home.workspace
        async with database.read(workspace) as connection:
            sources = await load_sources(connection, past.number)
            ledger = await read_ledger(connection)
        intent = back_to(ledger, Snapshot.of(past.number, sources))
        now, called = self.records, _names(ledger, ledger.as_of(past.number))
        self.documents = copy.deepcopy(past.documents)
        await self.publish(intent, f"roll back to {past.number}")
        self.records = {record: dict(values) for record, values in past.records.items()}
        for record, values in (await self.read()).items():
            for key, value in values.items():
                if key in called and (record, called[key]) in self.touched:
                    self.records[record][key] = now[record][called[key]]
                elif (record, key) in self.touched:
                    self.records[record][key] = value
        self.touched = set()
        await self.verify()

    async def learn(self, keys: set[str]) -> None:
        """Take over what fields say whose values were converted: that they convert well is tested elsewhere."""
        found = await self.read()
        for record, values in found.items():
            self.records[record] |= {key: values[key] for key in keys}

    async def read(self) -> dict[str, Values]:
        """What the records say."""
        context = await self.home.context()
        found = {}
        for record in self.records:
            got = await queries.get_record(context, THING, record, tuple(self.fields))
            found[record] = _plain({key: got.values[key] for key in self.fields})
        return found

    async def verify(self) -> None:
        """Records, tables and ledger are as they must be."""
        found = await self.read()
        wrong = [
            (record, key, value, self.records[record].get(key, "no such field"))
            for record, row in found.items()
            for key, value in _plain(row).items()
            if value != _plain(self.records[record]).get(key, "no such field")
        ]
        assert not wrong, (self.steps, wrong)
        async with self.home.database.read(self.home.workspace) as connection:
            current = await load_snapshot(connection)
            ledger = await read_ledger(connection)
            assert current is not None
            assert await drift(connection, current[0], ledger) == (), self.steps
        assert not [entry for entry in ledger.entries if entry.state is State.PREPARED], self.steps


def _names(now: Ledger, then: Ledger) -> dict[str, str]:
    """For the fields of then what they are called now, when they are kept in the same place."""
    today = {
        entry.uid: path.rpartition("/")[2] for path, entry in now.live.items() if path.startswith(f"{THING}#/fields/")
    }
    return {
        path.rpartition("/")[2]: today[entry.uid]
        for path, entry in then.live.items()
        if path.startswith(f"{THING}#/fields/") and entry.uid in today
    }


def _replaced(value: Any, gone: str, heir: str) -> Any:
    if isinstance(value, tuple):
        return tuple(dict.fromkeys(heir if one == gone else one for one in value))
    return heir if value == gone else value


def _plain(row: Values) -> Values:
    return {key: tuple(value) or None if isinstance(value, list | tuple) else value for key, value in row.items()}

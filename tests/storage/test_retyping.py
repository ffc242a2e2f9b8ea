"""Values are measured and carried from one place to another as conversion says, batch by batch, on both databases."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support.publishing import Publisher, entity
from trellis.engine.access import access_of
from trellis.kernel.actor import SYSTEM
from trellis.kernel.settings import Settings
from trellis.metadata.shape import ColumnShape, SideShape
from trellis.storage.codecs import decoder
from trellis.storage.connection import prepare
from trellis.storage.database import Database
from trellis.storage.manyvalues import list_decoder, side_values
from trellis.storage.records import Change, RecordStore
from trellis.storage.retyping import Measured, Move, carry, diverged, measure
from trellis.storage.statements import Statements
from trellis.storage.tables import EntityTable, Tables

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
SOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
OPTIONS = {"options": {"north": {"label": "North"}, "south": {"label": "South"}}}
FIELDS: dict[str, Any] = {
    "words": {"type": "text"},
    "count": {"type": "integer"},
    "price": {"type": "decimal", "scale": 2},
    "short": {"type": "decimal", "scale": 1},
    "day": {"type": "date"},
    "moment": {"type": "datetime"},
    "agreed": {"type": "boolean"},
    "region": {"type": "select", **OPTIONS},
    "regions": {"type": "multiselect", **OPTIONS},
    "other_regions": {"type": "multiselect", **OPTIONS},
    "parent": {"type": "lookup", "target": "sales.account"},
    "partner": {"type": "lookup", "target": "sales.partner"},
    "partners": {"type": "multilookup", "target": "sales.partner"},
    "extra": {"type": "json"},
}


def record(number: int) -> str:
    return f"0190163d-8694-739b-aea5-{number:012x}"


@dataclass
class Bench:
    """A published entity with a field of every kind, and its rows."""

    publisher: Publisher
    statements: Statements

    @property
    def table(self) -> EntityTable:
        return self.statements.tables.entity("sales.account")

    def move(self, before: str, after: str, **more: Any) -> Move:
        """Carrying the values of one field to another."""
        shape, fields = self.table.shape, self.table.entity.fields
        places: dict[str, ColumnShape | SideShape] = {**shape.columns, **shape.sides}
        linked = fields[after].target
        return Move(
            "sales.account", after, shape.table, places[before], places[after], fields[before], fields[after],
            linked=self.statements.tables.entity(linked).shape.table if linked else None, **more,
        )  # fmt: skip

    async def insert(self, rows: Sequence[Mapping[str, Any]], entity_id: str = "sales.account") -> None:
        store = self.store(entity_id)
        filled = [
            {"id": record(number), "name": "x", "created_at": LONG_AGO, "updated_at": LONG_AGO, "version": 1, **row}
            for number, row in enumerate(rows)
        ]
        async with self.publisher.database.write(self.publisher.workspace) as connection:
            await store.insert(connection, filled)

    def store(self, entity_id: str = "sales.account") -> RecordStore:
        snapshot = self.statements.tables.snapshot
        return RecordStore(self.statements, access_of(SYSTEM, snapshot), snapshot.entity(entity_id))

    async def values(self, key: str) -> list[Any]:
        """The values of a field, by record."""
        table = self.table
        identity = table.columns["id"]
        dialect = self.statements.tables.dialect
        side = table.sides.get(key)
        value = table.columns[key] if side is None else side_values(side, identity, dialect)
        read = list_decoder("domain") if side is not None else decoder(table.kinds[key], dialect) or (lambda raw: raw)
        async with self.publisher.database.read(self.publisher.workspace) as connection:
            rows = await connection.fetch(prepare(sa.select(value, identity).order_by(identity), dialect))
        return [read(raw) for raw, _ in rows]

    async def measure(self, move: Move) -> Measured:
        async with self.publisher.database.read(self.publisher.workspace) as connection:
            return await measure(connection, move)

    async def carry(self, move: Move, *, limit: int = 2, since: datetime | None = None) -> list[tuple[str, str]]:
        """Carry everything and say what was refused."""
        refused: list[tuple[str, str]] = []
        after: str | None = None
        while True:
            async with self.publisher.database.write(self.publisher.workspace) as connection:
                batch = await carry(connection, move, after, limit, since)
            refused += batch.refused
            if batch.last is None:
                return refused
            after = batch.last

    async def change(self, number: int, **values: Any) -> None:
        """What somebody types later."""
        store, identity = self.store(), record(number)
        async with self.publisher.database.write(self.publisher.workspace) as connection:
            current = await store.lock(connection, [identity], {})
            change = Change(identity, {**values, "updated_at": SOON})
            await store.change(connection, [change], current)

    async def diverged(self, move: Move) -> int:
        async with self.publisher.database.read(self.publisher.workspace) as connection:
            return await diverged(connection, move, SOON - timedelta(hours=1))


@pytest.fixture
async def bench(database_settings: dict[str, str]) -> AsyncIterator[Bench]:
    database = await Database.open(Settings.read(database_settings))
    workspace = await database.create_workspace("main")
    publisher = Publisher(database, workspace)
    await publisher.publish(entity(fields=FIELDS), entity("sales.partner"))
    state = await publisher.state()
    assert state is not None
    yield Bench(publisher, Statements(Tables.of(*state, workspace.schema, database.dialect)))
    await database.close()


async def test_texts_become_numbers_and_what_does_not_fit_is_named(bench: Bench) -> None:
    await bench.insert([{"words": text} for text in ("12", "1,200", None, "50-100", "n/a", "50-100", "(3)")])
    move = bench.move("words", "count")

    assert await bench.measure(move) == Measured(7, 6, 3, ("50-100", "n/a"))
    assert await bench.carry(move) == [(record(3), "50-100"), (record(4), "n/a"), (record(5), "50-100")]
    assert await bench.values("count") == [12, 1200, None, None, None, None, -3]
    assert await bench.values("words") == ["12", "1,200", None, "50-100", "n/a", "50-100", "(3)"]


async def test_carrying_again_changes_nothing(bench: Bench) -> None:
    await bench.insert([{"words": str(number)} for number in range(5)])
    move = bench.move("words", "count")

    await bench.carry(move)
    await bench.carry(move)

    assert await bench.values("count") == [0, 1, 2, 3, 4]


async def test_what_was_typed_meanwhile_is_caught_up_with(bench: Bench) -> None:
    await bench.insert([{"words": str(number)} for number in range(5)])
    move = bench.move("words", "count")
    await bench.carry(move)
    await bench.change(1, words="77")
    await bench.change(2, words=None)
    await bench.change(3, words="none")

    assert await bench.carry(move, since=SOON) == [(record(3), "none")]
    assert await bench.values("count") == [0, 77, None, None, 4]


async def test_what_a_failed_attempt_left_is_cleared(bench: Bench) -> None:
    await bench.insert([{"words": None, "count": 5}, {"words": "6", "count": 5}, {"words": "x", "count": 5}])

    await bench.carry(bench.move("words", "count"))

    assert await bench.values("count") == [None, 6, None]


PAIRS: list[tuple[str, str, list[Any], list[Any]]] = [
    ("count", "price", [1, -5, None], [Decimal("1.00"), Decimal("-5.00"), None]),
    ("price", "count", [Decimal("2.00"), Decimal("2.50"), None], [2, None, None]),
    ("price", "short", [Decimal("1.20"), Decimal("1.25"), None], [Decimal("1.2"), None, None]),
    ("price", "words", [Decimal("1.20"), Decimal("0.00"), None], ["1.20", "0.00", None]),
    ("words", "price", ["1,200.5", "$3", "x"], [Decimal("1200.50"), Decimal("3.00"), None]),
    ("words", "day", ["21.11.2026", "2026-01-05", "soon"], [date(2026, 11, 21), date(2026, 1, 5), None]),
    ("words", "moment", ["2026-11-21 09:30", "x", None], [datetime(2026, 11, 21, 9, 30, tzinfo=UTC), None, None]),
    ("moment", "day", [datetime(2026, 11, 21, 9, 30, tzinfo=UTC), None, None], [date(2026, 11, 21), None, None]),
    ("day", "moment", [date(2026, 11, 21), None, None], [datetime(2026, 11, 21, tzinfo=UTC), None, None]),
    ("words", "agreed", ["yes", "否", "maybe"], [True, False, None]),
    ("agreed", "words", [True, False, None], ["Yes", "No", None]),
    ("words", "region", ["North", "south", "West"], ["north", "south", None]),
    ("region", "words", ["north", None, "south"], ["North", None, "South"]),
    ("region", "regions", ["north", None, "south"], [("north",), (), ("south",)]),
    ("words", "regions", ["North; South", None, "West"], [("north", "south"), (), ()]),
    ("regions", "region", [("north",), ("north", "south"), ()], ["north", None, None]),
    ("regions", "words", [("north",), ("south", "north"), ()], ["North", "South; North", None]),
    ("regions", "other_regions", [("south", "north"), ("south",), ()], [("south", "north"), ("south",), ()]),
    ("words", "extra", ['{"a": 1.5}', "plain", None], [{"a": Decimal("1.5")}, "plain", None]),
    ("regions", "extra", [("south", "north"), (), ()], [["south", "north"], None, None]),
    ("extra", "count", [5, {"a": 1}, None], [5, None, None]),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "given", "kept"), PAIRS, ids=[f"{pair[0]}-{pair[1]}" for pair in PAIRS])
async def test_every_kind_of_place_gives_to_every_other(
    bench: Bench, before: str, after: str, given: list[Any], kept: list[Any]
) -> None:
    await bench.insert([{before: value} for value in given])
    move = bench.move(before, after)

    measured, refused = await bench.measure(move), await bench.carry(move)

    assert await bench.values(after) == kept
    assert await bench.values(before) == given
    assert measured.rows == len(given)
    assert measured.filled == sum(value not in (None, ()) for value in given)
    assert measured.unconvertible == len(refused)
    assert await bench.carry(move) == refused
    assert await bench.values(after) == kept


async def test_values_of_side_tables_are_caught_up_with(bench: Bench) -> None:
    await bench.insert([{"regions": ("north",)}, {"regions": ("south",)}, {"regions": ()}])
    move = bench.move("regions", "other_regions")
    await bench.carry(move)
    await bench.change(0, regions=())
    await bench.change(2, regions=("south", "north"))

    await bench.carry(move, since=SOON)

    assert await bench.values("other_regions") == [(), ("south",), ("south", "north")]


async def test_links_are_carried_where_they_still_lead_somewhere(bench: Bench) -> None:
    await bench.insert([{"parent": record(900)}, {"parent": record(901)}, {"parent": None}])
    await bench.insert([{"id": record(900)}], "sales.partner")

    for after, kept in (("partner", [record(900), None, None]), ("partners", [(record(900),), (), ()])):
        move = bench.move("parent", after)
        assert (await bench.measure(move)).unconvertible == 1
        assert await bench.carry(move) == [(record(1), record(901))]
        assert await bench.values(after) == kept


async def test_replaced_options_are_moved_where_they_stand(bench: Bench) -> None:
    await bench.insert([{"region": key} for key in ("north", "south", None, "old")])
    move = bench.move("region", "region", replaced={"south": "north"})

    assert await bench.measure(move) == Measured(4, 3, 1, ("old",))
    assert await bench.carry(move) == [(record(3), "old")]
    assert await bench.values("region") == ["north", "north", None, "old"]


async def test_a_revived_place_keeps_what_still_holds_and_gets_what_was_typed_since(bench: Bench) -> None:
    await bench.insert([{"words": text} for text in ("1,200", "n/a", "7", "8", "9", None)])
    await bench.carry(bench.move("words", "count"))
    await bench.change(2, count=70)
    await bench.change(3, count=None)
    await bench.change(4, name="touched")
    await bench.change(5, count=6)
    back = bench.move("count", "words", reviving=True)

    assert await bench.diverged(back) == 3
    assert await bench.carry(back) == []
    assert await bench.values("words") == ["1,200", "n/a", "70", None, "9", "6"]
    assert await bench.diverged(back) == 0

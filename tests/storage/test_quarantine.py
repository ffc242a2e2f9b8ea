"""Values that did not fit wait until their records have a value again, on both databases."""

from datetime import UTC, datetime

from tests.storage.test_retyping import LONG_AGO, Bench, bench, record
from trellis.storage.quarantine import (
    Quarantined,
    count_quarantined,
    forget_field,
    list_quarantined,
    read_quarantined,
    remove_quarantined,
    rename_quarantined,
    waiting,
    write_quarantined,
)

__all__ = ["bench"]

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


def put_aside(number: int, value: str, field: str = "count") -> Quarantined:
    return Quarantined(7, "sales.account", field, record(number), value)


async def keep(bench: Bench, *rows: Quarantined) -> None:
    async with bench.publisher.database.write(bench.publisher.workspace) as connection:
        await write_quarantined(connection, rows, NOW)


async def values(bench: Bench, field: str = "count", limit: int = 100) -> list[str]:
    """The values in the list, read page by page."""
    found: list[Quarantined] = []
    async with bench.publisher.database.read(bench.publisher.workspace) as connection:
        while True:
            after = found[-1].id if found else None
            page = await list_quarantined(
                connection, bench.statements, "sales.account", field, after=after, limit=limit
            )
            found += page
            if len(page) < limit:
                count = sum((await count_quarantined(connection, bench.statements, "sales.account", field)).values())
                assert count == len(found)
                return sorted(entry.value for entry in found)


async def test_what_was_put_aside_is_listed_page_by_page(bench: Bench) -> None:
    await bench.insert([{}, {}, {}, {}, {}])
    await keep(bench, *(put_aside(number, f"n/a {number}") for number in range(5)))

    assert await values(bench, limit=2) == [f"n/a {number}" for number in range(5)]


async def test_a_value_that_was_typed_since_ends_the_waiting(bench: Bench) -> None:
    await bench.insert([{}, {"count": 5}, {"deleted_at": LONG_AGO}, {}])
    await keep(bench, *(put_aside(number, f"n/a {number}") for number in range(4)), put_aside(9, "of nobody"))
    await bench.change(0, count=3)

    assert await values(bench) == ["n/a 3"]


async def test_several_values_are_missing_until_there_is_one(bench: Bench) -> None:
    await bench.insert([{}, {"regions": ("north",)}])
    await keep(bench, put_aside(0, "West", "regions"), put_aside(1, "East", "regions"))

    assert await values(bench, "regions") == ["West"]
    await bench.change(0, regions=("south",))
    assert await values(bench, "regions") == []


async def test_a_field_that_is_gone_lists_nothing(bench: Bench) -> None:
    await bench.insert([{}])
    await keep(bench, put_aside(0, "x", "gone"))

    assert await values(bench, "gone") == []


async def test_a_record_waits_once_for_a_field(bench: Bench) -> None:
    await bench.insert([{}, {}])
    await keep(bench, put_aside(0, "first"), put_aside(1, "other"))
    await keep(bench, put_aside(0, "second"))

    assert await values(bench) == ["other", "second"]


async def test_values_are_found_moved_and_forgotten(bench: Bench) -> None:
    await bench.insert([{}, {}])
    await keep(bench, put_aside(0, "a"), put_aside(1, "b"), put_aside(0, "c", "price"))

    async with bench.publisher.database.write(bench.publisher.workspace) as connection:
        assert await waiting(connection) == [("sales.account", "count", 2), ("sales.account", "price", 1)]
        entries = await list_quarantined(connection, bench.statements, "sales.account", "count", limit=1)
        assert await read_quarantined(connection, entries[0].id) == entries[0]
        assert (entries[0].release, entries[0].at) == (7, NOW)
        await remove_quarantined(connection, [entries[0].id])
        assert await read_quarantined(connection, entries[0].id) is None
        renames = {"sales.account": "sales.client", "sales.account#/fields/count": "sales.client#/fields/number"}
        await rename_quarantined(connection, renames)
        assert await waiting(connection) == [("sales.client", "number", 1), ("sales.client", "price", 1)]
        await forget_field(connection, "sales.client", "number")
        assert await waiting(connection) == [("sales.client", "price", 1)]

"""Pages follow each other without a gap and without a repetition, whatever is sorted and whatever is empty."""

from dataclasses import replace

import pytest

from trellis.engine.query import Page, Query, SortKey
from trellis.services.commands import Create
from trellis.services.context import Context
from trellis.services.queries import list_records
from trellis.services.records import write

ACCOUNT = "sales.account"
ORDERS = {
    "one key up": (SortKey("employees"),),
    "one key down": (SortKey("employees", True),),
    "two keys": (SortKey("employees"), SortKey("year_founded")),
    "two keys of both directions": (SortKey("employees", True), SortKey("year_founded")),
    "a choice": (SortKey("tier"),),
    "behind a lookup": (SortKey("parent.name", True),),
    "never empty": (SortKey("created_at", True),),
    "by age": (),
}


async def some_accounts(context: Context) -> None:
    """Accounts with few different numbers, some with none."""
    parents = await write(context, ACCOUNT, [Create({"name": name}) for name in ("Aldi", "Bosch")])
    commands = []
    for number in range(24):
        values = {
            "employees": None if number % 4 == 0 else number % 3,
            "year_founded": None if number % 5 == 0 else 1990 + number % 2,
            "tier": ("key", "standard", None)[number % 3],
            "parent": parents[number % 2].id if number % 7 else None,
        }
        commands.append(Create({"name": f"Account {number}", **values}))
    await write(context, ACCOUNT, commands)


async def pages_of(context: Context, query: Query) -> tuple[list[list[object]], list[list[object]]]:
    """All pages to the end, and then back to the start."""
    page = await list_records(context, query)
    pages, back = [ids(page)], []
    while page.next is not None:
        page = await list_records(context, replace(query, cursor=page.next))
        pages.append(ids(page))
    while page.previous is not None:
        page = await list_records(context, replace(query, cursor=page.previous))
        back.append(ids(page))
    return pages, back


def ids(page: Page) -> list[object]:
    return [row[0] for row in page.rows]


@pytest.mark.parametrize("labels", [False, True])
@pytest.mark.parametrize("order", ORDERS)
async def test_pages_cover_the_list_forwards_and_backwards(system: Context, order: str, labels: bool) -> None:
    await some_accounts(system)
    query = Query(ACCOUNT, ("name", "parent"), sort=ORDERS[order], limit=200, labels=labels)
    everything = ids(await list_records(system, query))

    pages, back = await pages_of(system, replace(query, limit=5))

    assert [record for each in pages for record in each] == everything
    assert back == pages[-2::-1]


@pytest.mark.parametrize("condition", [None, "employees == 1"])
@pytest.mark.parametrize("sort", [(), (SortKey("employees", True),)])
async def test_pages_cover_what_a_search_finds(
    system: Context, sort: tuple[SortKey, ...], condition: str | None
) -> None:
    await some_accounts(system)
    query = Query(ACCOUNT, ("name",), search="acc", filter=condition, sort=sort, limit=200, labels=True)
    everything = ids(await list_records(system, query))

    pages, back = await pages_of(system, replace(query, limit=5))

    assert len(everything) == (6 if condition else 24)
    assert [record for each in pages for record in each] == everything
    assert back == pages[-2::-1]

"""What goes out raw comes back the same."""

from pathlib import Path
from typing import Any

from tests.services.test_import import bring_in, counts, mapping, values
from trellis.engine.query import Query, SortKey
from trellis.services.commands import Create
from trellis.services.context import Context
from trellis.services.records import write
from trellis.services.transfer.exporting import csv_chunks, plan, query_of_view
from trellis.services.transfer.guessing import importable
from trellis.services.transfer.mapping import Mapping

HOSTILE = ["=1+1", "'=1+1", "''quoted", "+86", "@x", 'say "hi"', "a,b;c", "上海", "-", "line one\nline two"]


async def exported(context: Context, query: Query, *, raw: bool) -> str:
    chunks = [chunk async for chunk in csv_chunks(context, plan(context, query, raw=raw))]
    return b"".join(chunks).decode("utf-8-sig")


def raw_mapping(context: Context, entity: str) -> Mapping:
    """A mapping that takes every field back by the names of a raw export."""
    columns: dict[str, Any] = {"id": "id"}
    for spec in importable(context.snapshot.entity(entity), context.access):
        columns[spec.key] = {"field": spec.key, "by": "id"} if spec.target else {"field": spec.key, "trim": False}
    return mapping(entity, columns, key=["id"], options={"empty": "clear"})


async def made(context: Context) -> None:
    commands = [
        Create({"name": f"Firm {place}", "description": text, "legal_name": text.partition("\n")[0]})
        for place, text in enumerate(HOSTILE)
    ]
    outcomes = await write(context, "sales.account", commands)
    numbers = {"annual_revenue": "1234.50", "employees": 7, "customer_since": "2026-01-31", "tags": []}
    await write(context, "sales.account", [Create({"name": "Full", "parent": outcomes[0].id, **numbers})])


async def test_a_raw_export_imported_again_changes_nothing(system: Context, tmp_path: Path) -> None:
    await made(system)

    text = await exported(system, Query("sales.account"), raw=True)
    run = await bring_in(system, tmp_path, text, raw_mapping(system, "sales.account"))

    assert counts(run) == (0, 0, len(HOSTILE) + 1, 0)


async def test_what_was_changed_in_a_raw_export_is_changed_in_the_records(system: Context, tmp_path: Path) -> None:
    await made(system)

    text = await exported(system, Query("sales.account"), raw=True)
    run = await bring_in(system, tmp_path, text.replace("1234.50", "99.00"), raw_mapping(system, "sales.account"))

    assert counts(run) == (0, 1, len(HOSTILE), 0)
    found = await values(system, "sales.account", "annual_revenue")
    assert str(found[0][0]) == "99.00"


async def test_a_view_is_exported_in_its_order_with_its_columns(system: Context) -> None:
    await made(system)
    view = system.snapshot.views["sales.account_all"]

    lines = (await exported(system, query_of_view(view), raw=False)).splitlines()

    assert lines[0].split(",")[0] == "Name"
    assert len(lines) == len(HOSTILE) + 2


async def test_pages_follow_each_other_without_gap(system: Context) -> None:
    await write(system, "sales.account", [Create({"name": f"Firm {number:04}"}) for number in range(1000)])
    await write(system, "sales.account", [Create({"name": f"Firm {number:04}"}) for number in range(1000, 2000)])
    await write(system, "sales.account", [Create({"name": f"Firm {number:04}"}) for number in range(2000, 2500)])

    query = Query("sales.account", ("name",), sort=(SortKey("name"),))
    lines = (await exported(system, query, raw=False)).splitlines()

    assert lines == ["Name", *(f"Firm {number:04}" for number in range(2500))]

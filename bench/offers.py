"""The application that computed fields are measured with: buyers, their offers, and the items of these."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.publishing import entity
from trellis.metadata.load import load_folder
from trellis.places import packs_folder
from trellis.services.context import Context
from trellis.storage.connection import SQLITE

Raw = dict[str, Any]
Fields = Mapping[str, Raw]
MONEY = {"type": "currency", "precision": 16}
PERCENT = {"type": "percent", "scale": 2}
PACK = {"kind": "pack", "format": 1, "id": "bench", "label": "Bench", "version": "1.0.0", "requires": {"core": ">=0.1"}}
STAGES = ("open", "won", "lost")
OFFERS_OF_ONE = 20


def formula(returns: str, expr: str, **members: Any) -> Raw:
    """A formula field as a document has it."""
    return {"type": "formula", "label": "Computed", "returns": returns, "expr": expr, **members}


def rollup(returns: str, over: str, agg: str, field: str | None = None, **members: Any) -> Raw:
    """A roll-up field as a document has it."""
    about = {"field": field} if field else {}
    return {"type": "rollup", "label": "Computed", "returns": returns, "over": over, "agg": agg, **about, **members}


def documents(**fields: Fields) -> list[Raw]:
    """The pack, its entities with their own fields and the given ones; the core pack stands before it."""
    return [*core_documents(), PACK, *entities(fields)]


def core_documents() -> list[Raw]:
    """The pack that every workspace has."""
    return [dict(raw) for raw in load_folder(packs_folder()).documents if raw["id"].split(".")[0] == "core"]


def entities(fields: Mapping[str, Fields]) -> list[Raw]:
    """The three entities with their own fields and the given ones, by entity."""
    return [
        entity("bench.buyer", label="Buyer", fields={"credit": _labelled(MONEY), **fields.get("buyer", {})}),
        entity(
            "bench.offer",
            label="Offer",
            traits={"softDelete": True},
            indexes={"by_stage_close": {"fields": ["stage", "close_date"]}},
            fields={
                "buyer": _labelled({"type": "lookup", "target": "bench.buyer"}),
                "stage": _labelled({"type": "text", "maxLength": 20}),
                "amount": _labelled(MONEY),
                "costs": _labelled(MONEY),
                "discount": _labelled(PERCENT),
                "opened_on": _labelled({"type": "date"}),
                "close_date": _labelled({"type": "date"}),
                **fields.get("offer", {}),
            },
        ),
        entity(
            "bench.item",
            label="Item",
            traits={"childOf": "offer"},
            fields={
                "offer": _labelled(
                    {"type": "lookup", "target": "bench.offer", "required": True, "onDelete": "cascade"}
                ),
                "quantity": _labelled({"type": "integer"}),
                "price": _labelled(MONEY),
                **fields.get("item", {}),
            },
        ),
    ]


def _labelled(field: Raw) -> Raw:
    return {"label": "Field", **field}


def write_packs(folder: Path, view: Raw, fields: Mapping[str, Fields]) -> None:
    """The core pack and this one, with a list, as files."""
    shutil.copytree(packs_folder() / "core", folder / "core")
    (folder / "bench" / "entities").mkdir(parents=True)
    (folder / "bench" / "views").mkdir()
    (folder / "bench" / "pack.json").write_text(json.dumps(PACK))
    (folder / "bench" / "views" / f"{view['id'].split('.')[1]}.json").write_text(json.dumps(view))
    for raw in entities(fields):
        (folder / "bench" / "entities" / f"{raw['id'].split('.')[1]}.json").write_text(json.dumps(raw))


async def fill(context: Context, offers: int, items: int) -> None:
    """Buyers, offers and items, made by the database itself."""
    places = {key: _places(context, f"bench.{key}") for key in ("buyer", "offer", "item")}
    tables = [table for table, _ in places.values()]
    async with context.database.write(context.workspace) as connection:
        await connection.run_ddl(filling(context.database.dialect, offers, items, places))
        await connection.run_ddl([f"ANALYZE {table}" for table in tables])


Places = tuple[str, Mapping[str, str] | None]
"""The name of a table and those of its columns by key, or None where these are the keys."""


def _places(context: Context, entity_id: str) -> Places:
    known = context.tables.entity(entity_id)
    schema = f'"{context.workspace.schema}".' if context.workspace.schema else ""
    return f'{schema}"{known.table.name}"', {key: column.name for key, column in known.columns.items()}


def filling(dialect: str, offers: int, items: int, places: Mapping[str, Places]) -> list[str]:
    """Statements that fill the three tables, wherever they are."""
    write = _sqlite if dialect == SQLITE else _postgresql
    buyers = max(offers // OFFERS_OF_ONE, 1)
    kept = {"version": "1", "created_at": write.moment, "updated_at": write.moment}
    rows = {
        "buyer": (buyers, {"id": write.id("1", "i"), "name": write.name("Buyer"), "credit": write.money(37)}),
        "offer": (
            offers,
            {
                "id": write.id("2", "i"),
                "name": write.name("Offer"),
                "buyer": write.id("1", f"1 + i * 7919 % {buyers}"),
                "stage": f"CASE i % 3 WHEN 0 THEN '{STAGES[0]}' WHEN 1 THEN '{STAGES[1]}' ELSE '{STAGES[2]}' END",
                "amount": write.money(7907),
                "costs": write.money(4871),
                "discount": f"CASE WHEN i % 4 = 0 THEN NULL ELSE {write.small} END",
                "opened_on": write.day("i * 31 % 540"),
                "close_date": write.day("i * 31 % 540 + i % 90 + 20"),
            },
        ),
        "item": (
            items,
            {
                "id": write.id("3", "i"),
                "name": write.name("Item"),
                "offer": write.id("2", f"1 + (i - 1) % {offers}"),
                "quantity": "1 + i % 9",
                "price": write.money(1789),
            },
        ),
    }
    return [_insert(write, places[key], count, {**kept, **values}) for key, (count, values) in rows.items() if count]


def _insert(write: "_Dialect", place: Places, count: int, values: Mapping[str, str]) -> str:
    table, columns = place
    chosen = values if columns is None else {columns[key]: value for key, value in values.items()}
    names = ", ".join(f'"{name}"' for name in chosen)
    return f"INSERT INTO {table} ({names}) {write.numbers(count, ', '.join(chosen.values()))}"


class _Dialect:
    """How a database writes made-up values for the number i."""

    moment: str
    small: str

    def id(self, kind: str, number: str) -> str:
        raise NotImplementedError

    def name(self, word: str) -> str:
        return f"'{word} ' || i"

    def money(self, factor: int) -> str:
        raise NotImplementedError

    def day(self, number: str) -> str:
        raise NotImplementedError

    def numbers(self, count: int, values: str) -> str:
        raise NotImplementedError


class _Sqlite(_Dialect):
    moment = "'2026-01-01 09:00:00'"
    small = "i * 13 % 3000"

    def id(self, kind: str, number: str) -> str:
        return f"printf('0193000{kind}-0000-7000-8000-%012d', {number})"

    def money(self, factor: int) -> str:
        return f"i * {factor} % 20000000"

    def day(self, number: str) -> str:
        return f"date('2025-01-01', ({number}) || ' days')"

    def numbers(self, count: int, values: str) -> str:
        numbers = f"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
        return f"{numbers} SELECT {values} FROM n"


class _Postgresql(_Dialect):
    moment = "timestamptz '2026-01-01 09:00:00+00'"
    small = "round(i * 13 % 3000 / 100.0, 2)"

    def id(self, kind: str, number: str) -> str:
        return f"('0193000{kind}-0000-7000-8000-' || lpad(({number})::text, 12, '0'))::uuid"

    def money(self, factor: int) -> str:
        return f"round(i * {factor} % 20000000 / 100.0, 2)"

    def day(self, number: str) -> str:
        return f"date '2025-01-01' + ({number})::int"

    def numbers(self, count: int, values: str) -> str:
        return f"SELECT {values} FROM generate_series(1, {count}::bigint) AS n (i)"


_sqlite, _postgresql = _Sqlite(), _Postgresql()

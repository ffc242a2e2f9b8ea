"""Tables of a release: shared while their shape is the same, and served by the indexes that were planned for them."""

import sqlite3
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support.publishing import Publisher, entity
from trellis.kernel.errors import NotFound
from trellis.kernel.settings import Settings
from trellis.metadata.diff import plan
from trellis.metadata.ledger import Ledger
from trellis.metadata.snapshot import Snapshot
from trellis.metadata.storagekinds import DateKind, DecimalKind
from trellis.storage.codecs import encoder
from trellis.storage.connection import Prepared, prepare
from trellis.storage.database import Database
from trellis.storage.tables import EntityTable, Tables

TAGS = {"type": "multiselect", "options": {"a": {"label": "A"}}}
DEALS = entity(
    "sales.deal",
    fields={
        "account": {"type": "lookup", "target": "sales.account"},
        "stage": {"type": "select", "options": {"open": {"label": "Open"}}},
        "amount": {"type": "currency"},
        "closes": {"type": "date"},
        "tags": TAGS,
    },
    indexes={"by_stage": {"fields": ["stage", "amount"]}},
)
VIEWS: list[dict[str, Any]] = [
    {"kind": "view", "id": f"sales.{name}", "entity": "sales.deal", "type": "list", "label": "All", "columns": {"name": {}},
     "sort": [sort]}
    for name, sort in {"big": {"field": "amount", "dir": "desc"}, "next": {"field": "closes"}}.items()
]  # fmt: skip
ROWS = 2_000


def tables_of(*documents: dict[str, Any], previous: Tables | None = None, dialect: str = "sqlite") -> Tables:
    snapshot = Snapshot.of(previous.snapshot.release + 1 if previous else 1, documents)
    ledger = previous.ledger if previous else Ledger()
    made = plan(previous.snapshot if previous else None, snapshot, ledger)
    ledger = ledger.with_changes(made.written, made.removed)
    return Tables.of(snapshot, ledger, None if dialect == "sqlite" else "ws_main", dialect, previous=previous)


def test_a_table_knows_its_columns_by_the_keys_of_fields() -> None:
    table = tables_of(entity(traits={"owned": True}, fields={"tags": TAGS})).entity("sales.account")

    assert table.columns["owner"].name == "owner_id"
    assert table.columns["name"].table is table.table
    assert "tags" not in table.columns
    assert list(table.sides["tags"].c.keys()) == ["record", "position", "value"]
    assert set(table.kinds) == {*table.columns, "tags"}


def test_search_is_a_table_on_sqlite_and_a_column_on_postgresql() -> None:
    small = tables_of(entity()).entity("sales.account")
    large = tables_of(entity(), dialect="postgresql").entity("sales.account")

    assert (small.search is None, small.search_text is None, small.row_number is None) == (False, True, False)
    assert (large.search is None, large.search_text is None, large.row_number is None) == (True, False, True)


def test_an_unchanged_entity_keeps_its_table_and_a_changed_one_does_not() -> None:
    first = tables_of(entity(), entity("sales.lead"), entity("sales.note"))
    before = [first.entity(key) for key in ("sales.account", "sales.lead", "sales.note")]

    second = tables_of(
        entity(),
        entity("sales.lead", label="Prospect"),
        entity("sales.note", fields={"more": {"type": "text"}}),
        previous=first,
    )
    account, lead, note = (second.entity(key) for key in ("sales.account", "sales.lead", "sales.note"))

    assert account is before[0]
    assert (lead.entity.label, lead.table is before[1].table) == ("Prospect", True)
    assert note.table is not before[2].table


def test_a_table_outlives_releases_in_which_nobody_asked_for_it() -> None:
    tables = first = tables_of(entity())
    kept = first.entity("sales.account")

    for _ in range(3):
        tables = tables_of(entity(), previous=tables)

    assert tables.entity("sales.account") is kept


def test_there_is_no_table_for_an_unknown_entity() -> None:
    with pytest.raises(NotFound):
        tables_of(entity()).entity("sales.lead")


@pytest.fixture
async def publisher(database_settings: dict[str, str]) -> AsyncIterator[Publisher]:
    database = await Database.open(Settings.read(database_settings))
    publisher = Publisher(database, await database.create_workspace("main"))
    await publisher.publish(entity(), DEALS, *VIEWS)
    yield publisher
    await database.close()


@pytest.fixture
async def deals(publisher: Publisher) -> EntityTable:
    """The table of deals, filled."""
    current = await publisher.state()
    assert current is not None
    dialect = publisher.database.dialect
    table = Tables.of(*current, publisher.workspace.schema, dialect).entity("sales.deal")
    keys = ("id", "name", "account", "stage", "amount", "closes")
    names = {table.columns[key].name: sa.bindparam(key, type_=table.columns[key].type) for key in keys}
    async with publisher.database.write(publisher.workspace) as connection:
        await connection.execute_many(
            prepare(sa.insert(table.table).values(names), dialect), [_deal(n, dialect) for n in range(ROWS)]
        )
        if table.search is not None:
            assert table.row_number is not None
            text = sa.select(table.row_number, table.columns["id"], table.columns["name"])
            await connection.execute(
                prepare(sa.insert(table.search).from_select(["rowid", "id", "text"], text), dialect)
            )
        else:
            words = sa.update(table.table).values(search_text=table.columns["name"])
            await connection.execute(prepare(words, dialect))
            await connection.run_ddl([f"ANALYZE {publisher.named(table.table.name)}"])
    return table


def _deal(number: int, dialect: str) -> dict[str, object]:
    amount, closes = encoder(DecimalKind(18, 2), dialect), encoder(DateKind(), dialect)
    values: dict[str, Any] = {"amount": Decimal(number) / 100, "closes": date(2026, 1, 1 + number % 28)}
    return {
        "id": f"0190163d-8694-739b-aea5-{number:012x}",
        "name": f"deal n{number}",
        "account": f"0190163d-8694-739b-aea5-{number % 500:012x}",
        "stage": "open",
        "amount": amount(values["amount"]) if amount else values["amount"],
        "closes": closes(values["closes"]) if closes else values["closes"],
    }


async def plan_of(publisher: Publisher, statement: sa.Select[Any]) -> str:
    """How the database would find the rows."""
    dialect = publisher.database.dialect
    prepared = prepare(statement, dialect)
    how = "EXPLAIN QUERY PLAN " if dialect == "sqlite" else "EXPLAIN "
    async with publisher.database.write(publisher.workspace) as connection:
        rows = await connection.fetch(Prepared(how + prepared.sql, prepared.names, prepared.fixed))
    return "\n".join(str(row[-1]) for row in rows)


def live(table: EntityTable) -> sa.Select[Any]:
    return sa.select(table.columns["id"]).where(table.columns["deleted_at"].is_(None)).limit(sa.literal_column("25"))


@pytest.mark.parametrize("descending", [True, False])
async def test_the_orders_of_views_are_read_from_an_index(
    publisher: Publisher, deals: EntityTable, descending: bool
) -> None:
    key, record = deals.columns["amount" if descending else "closes"], deals.columns["id"]
    order = (key.desc().nulls_last(), record.desc()) if descending else (key.asc().nulls_last(), record.asc())

    found = await plan_of(publisher, live(deals).order_by(*order))

    assert "ix_" in found
    assert "Sort" not in found
    assert "TEMP B-TREE" not in found


async def test_a_declared_index_serves_a_filter_with_an_order(publisher: Publisher, deals: EntityTable) -> None:
    amount, record = deals.columns["amount"], deals.columns["id"]
    statement = live(deals).where(deals.columns["stage"] == "open").order_by(amount.desc().nulls_last(), record.desc())

    found = await plan_of(publisher, statement)

    assert "ix_" in found
    assert "Sort" not in found
    assert "TEMP B-TREE" not in found


async def test_the_other_side_of_a_link_finds_its_records_by_an_index(publisher: Publisher, deals: EntityTable) -> None:
    found = await plan_of(
        publisher, live(deals).where(deals.columns["account"] == "0190163d-8694-739b-aea5-000000000001")
    )

    assert "ix_" in found


async def test_search_uses_its_index(publisher: Publisher, deals: EntityTable) -> None:
    if deals.search is not None:
        words = sa.select(deals.search.c.id).where(sa.literal_column(f'"{deals.search.name}"').op("MATCH")("n77"))
    else:
        vector = sa.func.to_tsvector(sa.literal_column("'simple'"), deals.search_text)
        words = sa.select(deals.columns["id"]).where(vector.op("@@")(sa.literal_column("'n77'::tsquery")))

    async with publisher.database.read(publisher.workspace) as connection:
        rows = await connection.fetch(prepare(words, publisher.database.dialect))
    found = await plan_of(publisher, words)

    assert rows == [(f"0190163d-8694-739b-aea5-{77:012x}",)]
    assert "VIRTUAL TABLE INDEX" in found or "Bitmap Index Scan" in found


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_the_search_table_stays_beside_its_records_after_a_vacuum(
    publisher: Publisher, deals: EntityTable
) -> None:
    assert deals.search is not None
    assert publisher.workspace.path is not None
    name = deals.table.name
    await publisher.run(f"DELETE FROM {name} WHERE row_no < 1000")

    with sqlite3.connect(publisher.workspace.path, isolation_level=None) as raw:
        raw.execute("VACUUM")
        apart = raw.execute(
            f"SELECT count(*) FROM {name} t JOIN {deals.search.name} s ON s.rowid = t.row_no WHERE s.id <> t.id"
        )

        assert apart.fetchone() == (0,)

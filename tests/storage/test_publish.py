"""A publish happens as a whole or leaves no trace, and the live tables are what the release says."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.publishing import CLOCK, BrittleDatabase, Broken, Publisher, entity
from trellis.kernel.actor import SYSTEM
from trellis.kernel.errors import InvalidMetadata, StaleRelease
from trellis.kernel.settings import Settings
from trellis.metadata.load import load_folder
from trellis.places import packs_folder
from trellis.services import publishing
from trellis.services.publishing import Order
from trellis.storage.connection import BrokenRule, Prepared, UniqueViolation
from trellis.storage.database import Database
from trellis.storage.drift import Difference
from trellis.storage.ledger import read_ledger
from trellis.storage.releases import load_release

ID = "0190163d-8694-739b-aea5-966c26f8ad9"
FIELDS: dict[str, Any] = {
    "code": {"type": "text", "unique": True},
    "number": {"type": "autonumber"},
    "site": {"type": "url"},
    "about": {"type": "longtext", "search": True},
    "staff": {"type": "integer"},
    "revenue": {"type": "currency", "scale": 2},
    "rate": {"type": "decimal", "scale": 6},
    "active": {"type": "boolean"},
    "founded": {"type": "date"},
    "called_at": {"type": "datetime"},
    "tier": {"type": "select", "options": {"gold": {"label": "Gold"}}},
    "tags": {"type": "multiselect", "options": {"a": {"label": "A"}}},
    "parent": {"type": "lookup", "target": "sales.account"},
    "partners": {"type": "multilookup", "target": "sales.account"},
    "logo": {"type": "file"},
    "profile": {"type": "json"},
}
INDEXES = {"by_tier": {"fields": ["tier", "revenue"]}, "one_site": {"fields": ["name", "founded"], "unique": True}}
VIEW = {
    "kind": "view", "id": "sales.all", "entity": "sales.account", "type": "list", "label": "All",
    "columns": {"name": {}}, "sort": [{"field": "revenue", "dir": "desc"}],
}  # fmt: skip
WHOLE = entity(fields=FIELDS, indexes=INDEXES, traits={"owned": True, "multiCurrency": True})


@pytest.fixture
async def publisher(database_settings: dict[str, str]) -> AsyncIterator[Publisher]:
    database = await Database.open(Settings.read(database_settings))
    yield Publisher(database, await database.create_workspace("main"))
    await database.close()


def insert(publisher: Publisher, number: int, **values: str) -> str:
    columns = ", ".join(["id", *values])
    texts = ", ".join(f"'{text}'" for text in (f"{ID}{number}", *values.values()))
    return f"INSERT INTO {publisher.named('e_sales_account')} ({columns}) VALUES ({texts})"


async def column(publisher: Publisher, key: str) -> str:
    current = await publisher.state()
    assert current is not None
    return current[1].live[f"sales.account#/fields/{key}"].physical


async def test_the_first_publish_makes_tables_as_the_documents_say(publisher: Publisher) -> None:
    assert await publisher.publish(WHOLE, VIEW) == 1

    current = await publisher.state()
    assert current is not None
    assert current[0].release == 1
    assert current[0].raw == {"sales.account": WHOLE, "sales.all": VIEW}
    assert list(current[0].entity("sales.account").fields) == ["name", *FIELDS]
    assert await publisher.drift() == ()


async def test_publishing_the_same_again_is_no_release(publisher: Publisher) -> None:
    await publisher.publish(WHOLE, VIEW)

    assert await publisher.publish(VIEW, WHOLE) == 1


async def test_another_order_of_fields_is_a_release(publisher: Publisher) -> None:
    await publisher.publish(entity(fields={"a": {"type": "text"}, "b": {"type": "text"}}))

    await publisher.publish(entity(fields={"b": {"type": "text"}, "a": {"type": "text"}}))

    current = await publisher.state()
    assert current is not None
    assert list(current[0].entity("sales.account").fields) == ["name", "b", "a"]


async def test_every_kind_of_change_leaves_the_tables_as_the_release_says(publisher: Publisher) -> None:
    await publisher.publish(entity(), entity("sales.lead"))

    steps = [
        (WHOLE, VIEW, entity("sales.lead")),
        (entity(), VIEW),
        (entity(fields={"staff": {"type": "decimal"}, "tags": {"type": "text"}}), entity("sales.lead")),
        (WHOLE, VIEW),
    ]
    for number, documents in enumerate(steps, start=2):
        assert await publisher.publish(*documents) == number
        assert await publisher.drift() == ()


async def test_a_table_made_behind_our_back_is_seen(publisher: Publisher) -> None:
    await publisher.publish(entity())
    name = await column(publisher, "name")

    await publisher.run(f"CREATE TABLE {publisher.named('e_strange')} (id INTEGER)")
    await publisher.run(f"ALTER TABLE {publisher.named('e_sales_account')} RENAME COLUMN {name} TO renamed")

    assert set(await publisher.drift()) == {
        Difference("missing", f"e_sales_account.{name}"),
        Difference("unexpected", "e_sales_account.renamed"),
        Difference("unexpected", "e_strange"),
    }


async def test_a_publish_that_fails_anywhere_leaves_no_trace(publisher: Publisher) -> None:
    await publisher.publish(entity(), entity("sales.lead"))
    await publisher.run(insert(publisher, 1))
    before = await publisher.state()
    assert before is not None
    planned = await publishing.plan(publisher.database, publisher.workspace, [WHOLE, VIEW])

    after = 0
    while True:
        brittle: Any = BrittleDatabase(publisher.database, after)
        try:
            await publishing.publish(brittle, publisher.workspace, planned, CLOCK, Order(SYSTEM, ""))
            break
        except Broken:
            after += 1
        now = await publisher.state()
        assert now is not None
        assert (now[0].release, now[0].raw, now[1].entries) == (1, before[0].raw, before[1].entries)
        assert await publisher.drift() == ()

    assert after == brittle.ran > len(planned.sql) > 20
    assert await publisher.drift() == ()


async def test_a_plan_over_an_old_release_is_refused(publisher: Publisher) -> None:
    await publisher.publish(entity())
    planned = await publishing.plan(publisher.database, publisher.workspace, [WHOLE])
    await publisher.publish(entity(label="Customer"))

    with pytest.raises(StaleRelease):
        await publishing.publish(publisher.database, publisher.workspace, planned, CLOCK, Order(SYSTEM, ""))

    assert await publisher.drift() == ()


async def test_values_are_never_lost_by_a_change_of_type(publisher: Publisher) -> None:
    await publisher.publish(entity(fields={"staff": {"type": "text", "label": "Staff"}}))
    retyped = entity(fields={"staff": {"type": "integer", "label": "Staff"}})
    await publisher.run(insert(publisher, 1, **{await column(publisher, "staff"): "about 50"}))

    with pytest.raises(InvalidMetadata) as refused:
        await publisher.publish(retyped)
    (finding,) = refused.value.findings
    assert (finding.code, finding.document, finding.pointer) == (
        "publish.values_do_not_fit", "sales.account", "/fields/staff",
    )  # fmt: skip
    assert str(finding.message) == "Staff on Account changes from Text to Whole number."

    await publisher.run(f"UPDATE {publisher.named('e_sales_account')} SET {await column(publisher, 'staff')} = '50'")
    assert await publisher.publish(retyped) == 2
    assert await publisher.drift() == ()
    name = await column(publisher, "staff")
    assert await publisher.run(f"SELECT {name} FROM {publisher.named('e_sales_account')}") == [(50,)]


async def test_a_value_can_become_unique_only_when_it_is(publisher: Publisher) -> None:
    await publisher.publish(entity())
    name = await column(publisher, "name")
    await publisher.run(insert(publisher, 1, **{name: "Acme"}))
    await publisher.run(insert(publisher, 2, **{name: "Acme"}))
    unique = entity(fields={"name": {"type": "text", "unique": True}})

    with pytest.raises(InvalidMetadata) as refused:
        await publisher.publish(unique)
    assert [finding.code for finding in refused.value.findings] == ["publish.not_unique"]

    moment = "'2026-01-01 00:00:00'" + ("" if publisher.workspace.schema is None else "::timestamptz")
    await publisher.run(f"UPDATE {publisher.named('e_sales_account')} SET deleted_at = {moment} WHERE id = '{ID}2'")
    assert await publisher.publish(unique) == 2
    with pytest.raises(UniqueViolation):
        await publisher.run(insert(publisher, 3, **{name: "Acme"}))


async def test_the_bin_is_not_given_up_while_it_holds_records(publisher: Publisher) -> None:
    await publisher.publish(entity())
    await publisher.run(insert(publisher, 1, deleted_at="2026-01-01 00:00:00"))

    with pytest.raises(InvalidMetadata) as refused:
        await publisher.publish(entity(traits={"softDelete": False}))

    assert [finding.code for finding in refused.value.findings] == ["publish.bin_not_empty"]


async def test_an_index_over_too_much_text_is_refused(publisher: Publisher) -> None:
    with pytest.raises(InvalidMetadata) as refused:
        await publisher.publish(entity(fields={"site": {"type": "url", "unique": True}}))

    assert [finding.code for finding in refused.value.findings] == ["publish.index_too_wide"]
    assert await publisher.state() is None


async def test_a_column_takes_only_what_its_type_says(publisher: Publisher) -> None:
    await publisher.publish(entity(fields={"staff": {"type": "integer"}}))

    with pytest.raises(BrokenRule):
        await publisher.run(insert(publisher, 1, **{await column(publisher, "staff"): "many"}))


async def test_an_older_release_can_still_be_read(publisher: Publisher) -> None:
    await publisher.publish(WHOLE)
    first = await column(publisher, "staff")
    await publisher.publish(entity())
    await publisher.publish(entity(fields={"staff": {"type": "decimal"}}))

    async with publisher.database.read(publisher.workspace) as connection:
        snapshot, ledger = await load_release(connection, 1)

    assert snapshot.raw == {"sales.account": WHOLE}
    assert ledger.live["sales.account#/fields/staff"].physical == first


async def test_documents_are_kept_once_by_content(publisher: Publisher) -> None:
    await publisher.publish(entity(), entity("sales.lead"))
    await publisher.publish(entity(), entity("sales.lead", label="Prospect"))

    async with publisher.database.read(publisher.workspace) as connection:
        bodies = await connection.fetch(Prepared(f"SELECT hash FROM {publisher.named('document')}"))
        ledger = await read_ledger(connection)

    assert len(bodies) == 3
    assert len({entry.uid for entry in ledger.entries}) == len(ledger.entries)


async def test_two_who_publish_at_once_make_two_releases(publisher: Publisher) -> None:
    numbers = await asyncio.gather(publisher.publish(WHOLE), publisher.publish(entity("sales.lead")))

    assert sorted(numbers) == [1, 2]
    assert await publisher.drift() == ()


async def test_the_shipped_packs_are_published(publisher: Publisher) -> None:
    loaded = load_folder(packs_folder())

    assert await publisher.publish(*(dict(raw) for raw in loaded.documents)) == 1

    assert await publisher.drift() == ()


async def test_sixty_entities_of_thirty_fields_are_published_in_seconds(publisher: Publisher) -> None:
    fields = {f"f{number}": {"type": "text" if number % 2 else "currency"} for number in range(29)}
    documents = [entity(f"big.e{number}", fields=fields) for number in range(60)]
    start = time.perf_counter()

    await publisher.publish(*documents)
    first = time.perf_counter() - start
    await publisher.publish(*documents[1:], entity("big.e0", fields={**fields, "more": {"type": "date"}}))
    second = time.perf_counter() - start - first

    assert (first < 15, second < 3) == (True, True), (first, second)

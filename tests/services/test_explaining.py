"""Every value can be explained: by its formula and inputs, by the records it counts, by who entered it; within rights."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import cast

import pytest

from tests.services.conftest import person
from tests.support.counting import CountingDatabase
from tests.support.publishing import CLOCK, Publisher, entity
from tests.support.shop import MONEY, Raw, formula, made, rollup
from trellis.engine.query import Query
from trellis.kernel.errors import Forbidden, NotFound
from trellis.kernel.settings import Settings
from trellis.metadata.load import load_folder
from trellis.places import packs_folder
from trellis.services import computed
from trellis.services.commands import Delete, Update
from trellis.services.context import Context
from trellis.services.explaining import explain
from trellis.services.explanations import Explanation, Input, Kind
from trellis.services.queries import list_records
from trellis.services.records import write
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.database import Database

DEAL, LINE, PRODUCT, CUSTOMER = "shop.deal", "shop.line", "shop.product", "shop.customer"


def documents() -> list[Raw]:
    """A shop whose clerks see neither costs nor the customers and lines of others."""
    core = [dict(raw) for raw in load_folder(packs_folder()).documents if raw["id"].split(".")[0] == "core"]
    everything = {"create": True, "read": {"scopes": ["all"]}, "edit": {"scopes": ["all"]}}
    return [
        *core,
        {
            "kind": "pack", "format": 1, "id": "shop", "label": "Shop", "version": "1", "requires": {"core": ">=0.1"},
            "locales": ["en", "zh-CN"],
        },
        {
            "kind": "role", "id": "shop.clerk", "label": "Clerk",
            "entities": {
                PRODUCT: {**everything, "fields": {"*": "edit", "cost": "none", "code": "masked"}},
                CUSTOMER: {"create": True, "read": {"scopes": ["own"]}},
                DEAL: {**everything, "fields": {"*": "edit", "secret": "none"}},
                LINE: {"create": True, "read": {"scopes": ["own"]}, "fields": {"*": "edit", "profit": "none"}},
            },
        },
        {
            "kind": "translation", "id": "shop.chinese", "of": "shop", "locale": "zh-CN",
            "entries": {"shop.line#/fields/quantity/label": "数量", "shop.product#/fields/price/label": "单价"},
        },
        entity(PRODUCT, fields={
            "price": {**MONEY, "label": "Unit price"}, "cost": MONEY, "code": {"type": "text"},
            "margin": formula("currency", "price - cost"),
        }),
        entity(CUSTOMER, fields={
            "discount": {"type": "percent"},
            "turnover": rollup("currency", "sum", "total", empty="0") | {"over": "shop.deal.customer"},
        }),
        entity(DEAL, fields={
            "customer": {"type": "lookup", "target": CUSTOMER},
            "secret": {"type": "text"},
            "due": {"type": "date", "default": {"expr": "add_days(today(), 14)"}},
            "total": rollup("currency", "sum", "amount", where="quantity > 1", empty="0"),
            "dearest": rollup("currency", "max", "product.price", storage="virtual"),
            "net": formula("currency", "round(total * (1 - customer.discount / 100), 2)"),
            "age": formula("integer", "days_between(due, today())", storage="virtual"),
            "tags": {"type": "multiselect", "options": {"hot": {"label": "Hot"}, "new": {"label": "New"}}},
            "sign": formula("text", "replace(name, 'B', 'b')", storage="virtual"),
            "whose": formula("text", "when(has(tags, 'hot') and created_by == me.id, sign + '!', 'theirs')", storage="virtual"),
        }),
        entity(
            LINE, traits={"childOf": "deal"},
            fields={
                "deal": {"type": "lookup", "target": DEAL, "required": True, "onDelete": "cascade"},
                "product": {"type": "lookup", "target": PRODUCT},
                "quantity": {"type": "integer"},
                "amount": formula("currency", "round(quantity * product.price, 2)"),
                "kind": formula("text", "when(product.cost > 100, 'dear' + name, quantity > 2, 'many', 'few')"),
                "double": formula("currency", "amount + amount", storage="virtual"),
                "coded": formula("text", "product.code + '-' + name"),
                "profit": formula("currency", "quantity * product.margin"),
            },
        ),
    ]  # fmt: skip


@pytest.fixture
async def shop(database_url: str, tmp_path: Path) -> AsyncIterator[Context]:
    """Everything a system may do in a workspace with a shop."""
    url = database_url if database_url.startswith("postgresql:") else None
    folder = tmp_path / "files" if url else Path(database_url)
    database = await Database.open(Settings(data=str(folder), database_url=url or ""))
    workspace = await database.create_workspace("main")
    await Publisher(database, workspace).publish(*documents())
    yield await OpenWorkspace(database, workspace, CLOCK).context()
    await database.close()


async def scene(context: Context) -> dict[str, str]:
    """A deal with a line that counts and one that does not."""
    customer = await made(context, CUSTOMER, name="Ann", discount="10")
    deal = await made(context, DEAL, name="Big", customer=customer, secret="psst")
    product = await made(context, PRODUCT, name="Pen", price="2.50", cost="1.13", code="code77")
    line = await made(context, LINE, name="First", deal=deal, product=product, quantity=3)
    single = await made(context, LINE, name="Second", deal=deal, product=product, quantity=1)
    return {"customer": customer, "deal": deal, "product": product, "line": line, "single": single}


def inputs(found: Explanation) -> dict[str, Input]:
    return {one.path: one for one in found.inputs}


async def test_a_formula_is_explained_by_its_inputs_and_steps(shop: Context) -> None:
    ids = await scene(shop)
    ada = await person(shop, "Ada", "core.admin")
    await write(ada, PRODUCT, [Update(ids["product"], {"price": "3.00"})])

    found = await explain(ada, LINE, ids["line"], "amount")

    assert (found.kind, found.stored, found.shown.value) == (Kind.FORMULA, True, Decimal("9.00"))
    assert (found.record.title, found.differs, found.fresh, found.stale) == ("First", False, Decimal("9.00"), None)
    assert found.text is not None
    assert found.text.source == "round(quantity * product.price, 2)"
    assert found.text.labelled == "round({Quantity} * {Product › Unit price}, 2)"
    price = inputs(found)["product.price"]
    assert (price.labels, price.shown.value, price.computed) == (("Product", "Unit price"), Decimal("3.00"), False)
    assert price.record is not None
    assert (price.record.id, price.record.title) == (ids["product"], "Pen")
    assert price.writer is not None
    assert (price.writer.name, price.writer.user) == ("Ada", ada.actor.id)
    quantity = inputs(found)["quantity"]
    assert quantity.writer is not None
    assert (quantity.writer.user, quantity.writer.name) == (None, None)
    assert quantity.record is not None
    assert quantity.record.id == ids["line"]
    assert [(step.text.labelled, step.value) for step in found.steps] == [
        ("{Quantity}", 3),
        ("{Product › Unit price}", Decimal("3.00")),
        ("{Quantity} * {Product › Unit price}", Decimal("9.00")),
        ("round({Quantity} * {Product › Unit price}, 2)", Decimal("9.00")),
    ]


async def test_labels_are_in_the_language_of_the_reader(shop: Context) -> None:
    ids = await scene(shop)

    found = await explain(replace(shop, locale="zh-CN"), LINE, ids["line"], "amount")

    assert found.text is not None
    assert found.text.labelled == "round({数量} * {Product › 单价}, 2)"
    assert inputs(found)["product.price"].field.caption == "单价"


async def test_formulas_upon_others_can_be_followed_down(shop: Context) -> None:
    ids = await scene(shop)

    net = await explain(shop, DEAL, ids["deal"], "net")
    total = inputs(net)["total"]
    profit = await explain(shop, LINE, ids["line"], "profit")

    assert (net.shown.value, total.computed, total.writer) == (Decimal("6.75"), True, None)
    assert inputs(net)["customer.discount"].shown.value == Decimal("10.00")
    margin = inputs(profit)["product.margin"]
    assert margin.record is not None
    assert margin.computed
    deeper = await explain(shop, margin.record.entity, margin.record.id, margin.field.key)
    assert deeper.shown.value == margin.shown.value == Decimal("1.37")


async def test_a_roll_up_is_explained_by_the_records_it_counts(shop: Context) -> None:
    ids = await scene(shop)
    gone = await made(shop, LINE, deal=ids["deal"], product=ids["product"], quantity=50)
    await write(shop, LINE, [Delete(gone)])
    await made(shop, LINE, name="Priceless", deal=ids["deal"], quantity=5)

    found = await explain(shop, DEAL, ids["deal"], "total")

    assert (found.kind, found.stored, found.shown.value, found.differs) == (Kind.ROLLUP, True, Decimal("7.50"), False)
    about = found.children
    assert about is not None
    assert about.where is not None
    assert (about.entity, about.aggregate, about.labels, about.empty) == (LINE, "sum", ("Amount",), Decimal(0))
    assert (about.where.source, about.where.labelled) == ("quantity > 1", "{Quantity} > 1")
    assert (about.all, about.left_out, about.without_value, about.counted) == (3, 1, 1, 1)
    assert (about.more, about.unreadable) == (0, 0)
    (child,) = about.shown
    assert (child.record.id, child.record.title, child.shown.value) == (ids["line"], "First", Decimal("7.50"))


async def test_only_readable_children_are_shown_and_the_others_counted(shop: Context) -> None:
    ids = await scene(shop)
    clerk = await person(shop, "Carl", "shop.clerk")
    own = [
        await made(clerk, LINE, name=f"Own {n}", deal=ids["deal"], product=ids["product"], quantity=2)
        for n in range(23)
    ]

    about = (await explain(clerk, DEAL, ids["deal"], "total")).children
    virtual = (await explain(clerk, DEAL, ids["deal"], "dearest")).children

    assert about is not None
    assert virtual is not None
    assert (about.counted, about.left_out, about.unreadable, about.more) == (24, 1, 1, 3)
    assert [child.record.id for child in about.shown] == own[:20]
    assert (virtual.all, virtual.counted, virtual.unreadable, virtual.where) == (25, 25, 2, None)
    assert {child.shown.value for child in virtual.shown} == {Decimal("2.50")}
    assert virtual.labels == ("Product", "Unit price")


async def test_hidden_inputs_are_named_but_never_told(shop: Context) -> None:
    ids = await scene(shop)
    clerk = await person(shop, "Carl", "shop.clerk")
    line = await made(clerk, LINE, name="Own", deal=ids["deal"], product=ids["product"], quantity=4)

    kind = await explain(clerk, LINE, line, "kind")
    net = await explain(clerk, DEAL, ids["deal"], "net")
    coded = await explain(clerk, LINE, line, "coded")

    cost = inputs(kind)["product.cost"]
    assert (cost.shown.hidden, cost.shown.value, cost.writer, cost.labels) == (True, None, None, ("Product", "Cost"))
    assert kind.shown.value == "many"
    assert kind.steps == ()
    discount = inputs(net)["customer.discount"]
    assert (discount.shown.hidden, discount.record, discount.writer) == (True, None, None)
    assert [step.text.source for step in net.steps] == ["total"]
    code = inputs(coded)["product.code"]
    assert (code.shown.masked, code.shown.value, code.writer) == (True, "••••", None)
    assert [step.text.source for step in coded.steps] == ["name"]
    for found in (kind, net):
        assert all(secret not in str(found) for secret in ("1.13", "Ann", ids["customer"], "Decimal('10"))
    assert "code77" not in str((coded.inputs, coded.steps))


async def test_who_may_not_read_the_record_or_the_field_learns_nothing(shop: Context) -> None:
    ids = await scene(shop)
    clerk = await person(shop, "Carl", "shop.clerk")
    guest = await person(shop, "Gus")

    for entity_id, record, key in (
        (LINE, ids["line"], "amount"),
        (CUSTOMER, ids["customer"], "turnover"),
        (DEAL, ids["deal"], "secret"),
        (DEAL, ids["deal"], "nothing"),
        (PRODUCT, ids["product"], "code"),
        (DEAL, ids["line"], "total"),
        (DEAL, "1", "total"),
        ("shop.nothing", ids["deal"], "total"),
    ):
        with pytest.raises(NotFound):
            await explain(clerk, entity_id, record, key)
    with pytest.raises((Forbidden, NotFound)):
        await explain(guest, DEAL, ids["deal"], "total")


async def test_a_value_that_waits_says_since_when(shop: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = await scene(shop)
    for number in range(3):
        await made(shop, LINE, name=f"L{number}", deal=ids["deal"], product=ids["product"], quantity=2)
    dear = await made(shop, PRODUCT, name="Ink", price="400")
    other = await made(shop, LINE, name="Ink", deal=await made(shop, DEAL), product=dear, quantity=2)
    monkeypatch.setattr(computed, "INLINE", 2)
    await write(shop, PRODUCT, [Update(ids["product"], {"price": "1.00"})])

    amount = await explain(shop, LINE, ids["line"], "amount")
    double = await explain(shop, LINE, ids["line"], "double")
    unaffected = await explain(shop, LINE, other, "amount")
    total = await explain(shop, DEAL, ids["deal"], "total")
    product = await explain(shop, PRODUCT, ids["product"], "price")

    assert amount.stale is not None
    assert (amount.stale.since, amount.stale.done) == (CLOCK.now(), 0)
    assert (amount.shown.value, amount.fresh, amount.differs) == (Decimal("7.50"), Decimal("3.00"), True)
    assert (double.stale, inputs(double)["amount"].stale) == (None, True)
    assert (unaffected.stale, total.stale, product.stale) == (None, None, None)
    assert product.shown.value == Decimal("1.00")


async def test_a_virtual_formula_is_explained_as_of_today(shop: Context) -> None:
    ids = await scene(shop)

    found = await explain(shop, DEAL, ids["deal"], "age")

    assert (found.stored, found.shown.value, found.fresh, found.differs) == (False, -14, -14, False)
    assert ("today()", date(2026, 11, 21)) in [(step.text.source, step.value) for step in found.steps]


async def test_a_formula_that_no_database_computes_is_explained_for_its_reader(shop: Context) -> None:
    ada = await person(shop, "Ada", "core.admin")
    deal = await made(ada, DEAL, name="Big", tags=["hot", "new"])
    await made(ada, LINE, deal=deal)

    own = await explain(ada, DEAL, deal, "whose")
    others = await explain(await person(shop, "Ben", "core.admin"), DEAL, deal, "whose")
    page = await list_records(ada, Query(LINE, ("deal.whose",)))

    assert (own.shown.value, own.fresh, others.shown.value, others.fresh) == ("big!", "big!", "theirs", "theirs")
    assert [row["deal.whose"] for row in page.records()] == ["big!"]
    assert {path: one.shown.value for path, one in inputs(own).items()} == {
        "tags": ("hot", "new"), "created_by": ada.actor.id, "sign": "big",
    }  # fmt: skip
    assert (inputs(own)["created_by"].shown.label, inputs(own)["created_by"].writer) == ("Ada", None)


async def test_entered_values_are_explained_by_their_last_writer(shop: Context) -> None:
    ids = await scene(shop)
    ada = await person(shop, "Ada", "core.admin")
    await write(ada, DEAL, [Update(ids["deal"], {"secret": "pssst"})])
    await write(shop, DEAL, [Update(ids["deal"], {"name": "Bigger"})])

    secret = await explain(shop, DEAL, ids["deal"], "secret")
    customer = await explain(shop, DEAL, ids["deal"], "customer")
    due = await explain(shop, DEAL, ids["deal"], "due")
    empty = await explain(shop, LINE, await made(shop, LINE, deal=ids["deal"]), "quantity")

    assert (secret.kind, secret.shown.value, secret.text, secret.inputs) == (Kind.ENTERED, "pssst", None, ())
    assert secret.writer is not None
    assert secret.writer.name == "Ada"
    assert secret.writer.at == datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
    assert (customer.shown.value, customer.shown.label) == (ids["customer"], "Ann")
    assert due.default is not None
    assert due.default.source == "add_days(today(), 14)"
    assert (empty.shown.value, empty.writer) == (None, None)


@pytest.mark.parametrize(
    ("entity_id", "record", "key", "statements"),
    [
        (LINE, "line", "amount", 5),
        (DEAL, "deal", "total", 6),
        (DEAL, "deal", "dearest", 5),
        (DEAL, "deal", "secret", 3),
    ],
)
async def test_an_explanation_takes_few_statements(
    shop: Context, entity_id: str, record: str, key: str, statements: int
) -> None:
    ada = await person(shop, "Ada", "core.admin")
    ids = await scene(ada)
    counting = CountingDatabase(shop.database)
    home = OpenWorkspace(cast(Database, counting), shop.workspace, CLOCK)
    reader = (await home.context()).with_actor(ada.actor)
    await explain(reader, entity_id, ids[record], key)

    with counting.counting() as tally:
        await explain(reader, entity_id, ids[record], key)

    assert len(tally) == statements

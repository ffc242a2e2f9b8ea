"""A shop whose computed fields stand upon each other: products, lines, deals and customers."""

from itertools import count
from typing import Any

from tests.support.publishing import entity
from trellis.engine.query import Query
from trellis.metadata.load import load_folder
from trellis.places import packs_folder
from trellis.services import queries
from trellis.services.commands import Create
from trellis.services.context import Context
from trellis.services.records import write
from trellis.services.verifying import verify

Raw = dict[str, Any]
MONEY = {"type": "currency", "precision": 16}


def formula(returns: str, expr: str, **members: Any) -> Raw:
    return {"type": "formula", "returns": returns, "expr": expr, **members}


def rollup(returns: str, agg: str, field: str | None = None, **members: Any) -> Raw:
    about = {"field": field} if field else {}
    return {"type": "rollup", "returns": returns, "over": "shop.line.deal", "agg": agg, **about, **members}


def documents(keep: str) -> list[Raw]:
    """Products, lines, deals and customers, with computed fields that are virtual where they can be, or stored."""
    core = [dict(raw) for raw in load_folder(packs_folder()).documents if raw["id"].split(".")[0] == "core"]
    kept = {"storage": keep}
    return [
        *core,
        {"kind": "pack", "format": 1, "id": "shop", "label": "Shop", "version": "1", "requires": {"core": ">=0.1"}},
        entity("shop.product", fields={"price": MONEY, "weight": {"type": "integer"}}),
        entity(
            "shop.customer",
            fields={
                "bonus": {"type": "integer"},
                "turnover": rollup("currency", "sum", "total", empty="0", storage="stored")
                | {"over": "shop.deal.customer"},
                "rank": formula("integer", "when(turnover > 1000, 1, 2) + coalesce(bonus, 0)", storage="stored"),
            },
        ),
        entity(
            "shop.deal",
            fields={
                "customer": {"type": "lookup", "target": "shop.customer"},
                "discount": MONEY,
                "total": rollup("currency", "sum", "amount", where="not cancelled", empty="0", storage="stored"),
                "lines": rollup("integer", "count", **kept),
                "average": rollup("currency", "avg", "amount", **kept),
                "dearest": rollup("currency", "max", "amount", **kept),
                "first": rollup("integer", "first", "quantity", **kept),
                "last": rollup("integer", "last", "quantity", **kept),
                "names": rollup("text", "concat", "product.name", **kept),
                "net": formula("currency", "total - discount", storage="stored") | {"nulls": "zero"},
                "label": formula("text", "name + ': ' + customer.name", **kept),
                "good": formula("boolean", "total > 100 and customer.rank == 1", storage="virtual"),
                "shout": formula("text", "name + when(today() > date(2020, 1, 1), '!', '?')", storage="virtual"),
            },
        ),
        entity(
            "shop.line",
            traits={"childOf": "deal"},
            fields={
                "deal": {"type": "lookup", "target": "shop.deal", "required": True, "onDelete": "cascade"},
                "product": {"type": "lookup", "target": "shop.product"},
                "quantity": {"type": "integer"},
                "cancelled": {"type": "boolean", "default": False},
                "price": formula("currency", "product.price", storage=keep),
                "amount": formula("currency", "product.price * quantity", storage="stored"),
            },
        ),
    ]


NUMBERS = count(1)


async def made(context: Context, entity_id: str, **values: Any) -> str:
    """A new record; ids grow, as they do when time passes."""
    record = f"01930000-0000-7000-8000-{next(NUMBERS):012d}"
    (outcome,) = await write(context, entity_id, [Create({"name": "N", **values}, id=record)])
    return outcome.id


async def seen(context: Context, entity_id: str, record: str, *fields: str) -> tuple[Any, ...]:
    found = await queries.get_record(context, entity_id, record, fields)
    return tuple(found.values[field] for field in fields)


async def found(context: Context, entity: str, name: str) -> str:
    """The id of the record with a name."""
    page = await queries.list_records(context, Query(entity, filter=f"name == '{name}'", limit=1))
    return str(page.rows[0][0])


async def untrue(context: Context) -> list[tuple[str, object]]:
    """The stored fields that are not what they should be."""
    return [(one.key, one.samples) for one in await verify(context) if one.differing or one.waiting]


async def scene(context: Context) -> dict[str, str]:
    """A customer with a deal of two lines."""
    customer = await made(context, "shop.customer", name="Ann")
    deal = await made(context, "shop.deal", name="Big", customer=customer, discount=10)
    pen = await made(context, "shop.product", name="Pen", price="2.50")
    ink = await made(context, "shop.product", name="Ink", price="400")
    lines = [
        await made(context, "shop.line", deal=deal, product=pen, quantity=3),
        await made(context, "shop.line", deal=deal, product=ink, quantity=2),
    ]
    return {"customer": customer, "deal": deal, "pen": pen, "ink": ink, "first": lines[0], "second": lines[1]}

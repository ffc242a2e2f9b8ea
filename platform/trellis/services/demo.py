"""Believable data for a first look: five teams, 300 accounts, 1,500 deals over 18 months."""

from collections.abc import Iterable, Iterator
from datetime import date

from trellis.services import demo_deals, demo_people, demo_work
from trellis.services.demo_draw import Draw, Values

Batch = tuple[str, list[Values]]
"""An entity id and the values of records to create; an id that came before means new values for that record."""

_BATCH = 500


def demo_commands(seed: int, today: date) -> Iterator[Batch]:
    """Records to write, in an order in which every link leads to a record that came before.

    The same seed and day always give the same records. Values are plain domain values; each record brings its own `id`.
    """
    draw = Draw(seed, today)
    sales = demo_people.teams(draw)
    catalogue = demo_deals.products(draw)
    accounts = demo_people.companies(draw, sales)
    contacts = demo_people.add_contacts(draw, accounts)
    deals = demo_deals.deals(draw, accounts, catalogue)

    yield from _batches("core.team", [team.values for team in sales])
    yield from _batches("core.user", demo_people.users_first(sales))
    yield "core.team", [{"id": team.values["id"], "manager": team.users[0]["id"]} for team in sales]
    yield from _batches("sales.product", catalogue)
    yield from _batches("sales.account", [company.values for company in accounts])
    yield from _batches("sales.contact", contacts)
    yield from _batches("sales.opportunity", [deal.values for deal in deals])
    yield from _batches(
        "sales.opportunity_line", [line for deal in deals for line in deal.lines if deal.stage != "lost"]
    )
    yield from _batches("sales.lead", demo_work.leads(draw, sales, deals, catalogue))
    yield from _batches("core.task", demo_work.tasks(draw, deals))
    yield from _batches("core.note", demo_work.notes(draw, accounts))


def demo_roles(user: Values) -> tuple[str, ...]:
    """The roles of a demonstration user."""
    return ("sales.rep",) if user["title"] == demo_people.SELLER else ("sales.manager",)


def _batches(entity: str, rows: Iterable[Values]) -> Iterator[Batch]:
    """The rows in batches that one transaction holds well, without the values that are not known."""
    known = [{key: value for key, value in row.items() if value is not None} for row in rows]
    for start in range(0, len(known), _BATCH):
        yield entity, known[start : start + _BATCH]

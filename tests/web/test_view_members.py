"""What a view says takes effect in the list: for whom it is, whose records it begins with, what its menu offers."""

from datetime import timedelta
from typing import Any

import pytest

from tests.web.conftest import Server
from trellis.services.commands import Create
from trellis.services.records import write
from trellis.services.studio import drafts, plans

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])

DEAL = "sales.opportunity"
LIST = f"/records/{DEAL}"


async def publish(server: Server, view: str, **members: Any) -> None:
    """Change a view and publish it."""
    context = (await server.workspaces.named("main")).context
    asking = (await context()).as_system()
    draft = await drafts.load(asking)
    await drafts.save(asking, {**draft.raw(view), **members})
    planned = await plans.plan_draft(asking)
    await plans.publish_draft(asking, planned.fingerprint, [step.consent for step in planned.consents], "test")


async def test_a_view_for_a_role_is_first_for_its_people_and_not_there_for_others(server: Server) -> None:
    audience = {"roles": ["sales.manager"], "priority": 5}
    await publish(server, "sales.opportunity_large", default=True, audience=audience)
    async with await server.browser("Mia", "sales.manager") as mia, await server.browser("Rita", "sales.rep") as rita:
        hers, others = (await mia.get(LIST)).text, (await rita.get(LIST)).text

    tab = f'href="{LIST}?view=sales.opportunity_large"'
    assert f'{tab} aria-current="page"' in hers
    assert tab not in others


async def test_a_view_begins_with_ones_own_records_and_one_click_shows_all(server: Server) -> None:
    async with await server.browser("Mia", "sales.manager") as mia:
        await write(server.context, "sales.account", [Create({"name": "Not hers"})])
        address = "/records/sales.account?view=sales.account_mine"
        own, everything = (await mia.get(address)).text, (await mia.get(f"{address}&scope=all")).text

    assert "Not hers" not in own
    assert 'aria-current="true">Only mine</a>' in own
    assert "&amp;scope=all" in own
    assert "Not hers" in everything


async def test_the_menu_of_a_list_offers_what_its_view_says(server: Server) -> None:
    await publish(server, "sales.opportunity_all", bulkActions=["export"])
    async with await server.browser("Mia", "sales.manager") as mia:
        some = (await mia.get(f"{LIST}?view=sales.opportunity_all")).text
        every = (await mia.get(f"{LIST}?view=sales.opportunity_open")).text

    assert "Export to CSV" in some
    assert f'href="{LIST}/import"' not in some
    assert f'href="{LIST}/bin"' not in some
    assert f'href="{LIST}/import"' in every
    assert f'href="{LIST}/bin"' in every


async def test_the_bar_of_chosen_rows_offers_what_the_view_says(server: Server) -> None:
    await write(server.context, DEAL, [Create({"name": "Harbour", "stage": "proposal", "amount": "9000000.00"})])
    await publish(server, "sales.opportunity_all", bulkActions=["delete", "bin"])
    await publish(server, "sales.opportunity_open", bulkActions=["bin"])
    async with await server.browser("Ada", "core.admin") as ada:
        shown = {
            name: (await ada.get(f"{LIST}?view=sales.opportunity_{name}")).text for name in ("all", "open", "large")
        }

    offered = {
        name: {word for word in ("assign", "share", "change", "delete") if f"{LIST}/{word}?" in text}
        for name, text in shown.items()
    }
    assert offered == {"all": {"delete"}, "open": set(), "large": {"assign", "share", "change", "delete"}}
    assert {name: 'type="checkbox" name="id"' in text for name, text in shown.items()} == {
        "all": True,
        "open": False,
        "large": True,
    }


async def test_the_column_that_says_so_leads_to_the_record(server: Server) -> None:
    await write(server.context, DEAL, [Create({"name": "Harbour", "stage": "proposal"})])
    columns = {"name": {"order": 10}, "stage": {"order": 20, "link": True}}
    await publish(server, "sales.opportunity_open", columns=columns)
    async with await server.browser("Mia", "sales.manager") as mia:
        shown = (await mia.get(f"{LIST}?view=sales.opportunity_open")).text

    row = shown[shown.index("<tbody") :]
    assert row.index("Harbour") < row.index(f'<td class="t-main-cell"><a href="{LIST}/')


async def test_columns_are_added_up_over_all_pages_and_dates_told_by_their_distance(server: Server) -> None:
    columns = {
        "name": {"order": 10, "link": True, "width": 28},
        "amount": {"order": 20, "summary": "sum"},
        "close_date": {"order": 30, "format": "relative", "summary": "count"},
    }
    await publish(server, "sales.opportunity_all", columns=columns, paging={"size": 1})
    day = (server.context.today() + timedelta(days=3)).isoformat()
    deals = [{"name": "One", "amount": "1000.10", "close_date": day}, {"name": "Two", "amount": "2000.20"}]
    await write(server.context, DEAL, [Create(deal) for deal in deals])
    async with await server.browser("Mia", "sales.manager") as mia:
        shown = (await mia.get(f"{LIST}?view=sales.opportunity_all")).text
        second = (await mia.get(f"{LIST}?view=sales.opportunity_all&sort=-amount")).text

    assert f'<time datetime="{day}"' in shown + second
    assert "in 3 days</time>" in shown + second
    assert "¥3,000.30" in shown
    assert 'data-label="Close date"><span class="t-3">Filled in</span> 1<' in shown
    assert '<th scope="col" class="" width="224">' in shown


async def test_what_takes_long_is_added_up_afterwards(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trellis.engine.query.COUNT_CAP", 1)
    monkeypatch.setattr("trellis.storage.reading.COUNT_CAP", 1)
    await write(server.context, DEAL, [Create({"name": name, "amount": "1500000"}) for name in ("A", "B", "C")])
    async with await server.browser("Mia", "sales.manager") as mia:
        address = f"{LIST}?view=sales.opportunity_large"
        first = (await mia.get(address)).text
        later = (await mia.get(f"{address}&totals=1")).text

    assert "4,500,000" not in first
    assert f'hx-get="{address}&amp;totals=1"' in first
    assert "¥4,500,000.00" in later

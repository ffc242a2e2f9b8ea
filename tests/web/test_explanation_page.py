"""How a value came about, as a page and in a dialog; and what lists and records say of values that wait."""

import html
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.services.test_verifying import spoil
from tests.web.conftest import NOW, Server
from tests.web.test_live_formulas import ORDER, orders
from trellis.kernel.clock import FixedClock
from trellis.services.commands import Create, Delete
from trellis.services.records import write
from trellis.storage import stale
from trellis.storage.stale import Mark

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])

DEAL, LINE = "sales.opportunity", "sales.opportunity_line"


@pytest.fixture
async def rep(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """The browser of somebody who sells, and does not see what products cost."""
    async with await server.browser("Rep", "sales.rep") as client:
        yield client


async def made(server: Server, entity: str, **values: Any) -> str:
    (outcome,) = await write(server.context, entity, [Create(values)])
    return outcome.id


async def scene(server: Server, **deal: Any) -> dict[str, str]:
    """A deal with a line that counts and one that does not."""
    opportunity = await made(server, DEAL, name="Big & small", amount="1500", probability="30", **deal)
    product = await made(server, "sales.product", name="Pen <b>", list_price="9", cost="3.33", tax_rate="10")
    about = {"opportunity": opportunity, "product": product, "unit_price": "9"}
    line = await made(server, LINE, quantity="2", **about)
    await made(server, LINE, quantity="5", cancelled=True, **about)
    return {"deal": opportunity, "product": product, "line": line}


async def why(browser: httpx.AsyncClient, entity: str, record: str, key: str, **headers: str) -> str:
    """What the page says, with its markup."""
    answer = await browser.get(f"/records/{entity}/{record}/explain/{key}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


def words(page: str) -> str:
    """What one reads."""
    main = page.partition('<section class="t-why"')[2].partition("</section>")[0]
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", "<" + main).split()))


async def test_a_formula_is_shown_with_its_inputs_and_who_wrote_them(
    server: Server, browser: httpx.AsyncClient
) -> None:
    ids = await scene(server)

    page = await why(browser, DEAL, ids["deal"], "weighted_amount")

    said = words(page)
    assert "Weighted amount ¥450.00" in said
    assert "round({Amount} * {Probability} / 100, 2)" in said
    assert re.search(r"Computed from Amount ¥1,500.00 System, .* Probability 30% System", said)
    assert "Step by step" in said
    assert f'href="/records/{DEAL}/{ids["deal"]}">Big &amp; small</a>' in page


async def test_a_roll_up_is_shown_with_the_records_that_count(server: Server, browser: httpx.AsyncClient) -> None:
    ids = await scene(server)

    page = await why(browser, DEAL, ids["deal"], "products_total")

    said = words(page)
    assert "Products total ¥18.00 Roll-up stored" in said
    assert "The sum of Total · Products" in said
    assert "not {Cancelled}" in said
    assert "1 of 2 records count. 1 do not meet the condition." in said
    assert f'<a href="/records/{LINE}/{ids["line"]}">' in page


async def test_inputs_that_are_computed_lead_on(server: Server, browser: httpx.AsyncClient) -> None:
    ids = await scene(server)
    link = f'href="/records/{LINE}/{ids["line"]}/explain/line_total" data-dialog'

    page = await why(browser, LINE, ids["line"], "gross_total")

    assert link in page
    assert "Total ¥18.00" in words(await why(browser, LINE, ids["line"], "line_total"))


async def test_an_input_that_one_may_not_see_is_named_and_never_told(database_url: str) -> None:
    async with orders(database_url) as shop:
        order = await made(shop, ORDER, name="N", quantity=2, price="9.10", cost="3.33")
        async with await shop.browser("Clerk", "shop.clerk") as clerk:
            page = await why(clerk, ORDER, order, "gain")
        async with await shop.browser("Ada", "core.admin") as ada:
            open_page = await why(ada, ORDER, order, "gain")

    assert "Cost hidden from you" in words(page)
    assert "3.33" not in page
    assert f"/{ORDER}/{order}/explain/cost" not in page
    assert "Cost ¥3.33" in words(open_page)


async def test_what_one_may_not_read_has_no_explanation(server: Server, rep: httpx.AsyncClient) -> None:
    ids = await scene(server)
    gone = await made(server, DEAL, name="Gone")
    await write(server.context, DEAL, [Delete(gone)])

    for entity, record, key in (
        (DEAL, ids["deal"], "weighted_amount"),
        ("sales.product", ids["product"], "cost"),
        ("sales.product", ids["product"], "nothing"),
        ("sales.product", "1", "markup"),
        ("sales.nothing", ids["product"], "markup"),
        ("sales.product", ids["product"], "<script>"),
    ):
        answer = await rep.get(f"/records/{entity}/{record}/explain/{key}")
        assert answer.status_code == 404, (entity, record, key)
        assert "Big" not in answer.text


async def test_in_a_dialog_only_the_explanation_comes(server: Server, browser: httpx.AsyncClient) -> None:
    ids = await scene(server)

    page = await why(browser, DEAL, ids["deal"], "weighted_amount")
    inside = await why(browser, DEAL, ids["deal"], "weighted_amount", **{"x-dialog": "1"})

    assert "<html" in page
    assert "<html" not in inside
    assert inside.strip().startswith('<section class="t-why"')
    assert words(inside) == words(page)


async def test_the_record_leads_to_the_explanations(server: Server, browser: httpx.AsyncClient) -> None:
    ids = await scene(server)

    record = (await browser.get(f"/records/{DEAL}/{ids['deal']}")).text

    links = re.findall(rf'href="(/records/{DEAL}/{ids["deal"]}/explain/\w+)" data-dialog', record)
    assert f"/records/{DEAL}/{ids['deal']}/explain/weighted_amount" in links
    for link in links:
        assert (await browser.get(link)).status_code == 200, link


async def test_a_value_that_is_not_what_the_formula_gives_is_told(server: Server, browser: httpx.AsyncClient) -> None:
    ids = await scene(server)
    await spoil(server.context, LINE, "line_total", "100", ids["line"])
    await spoil(server.context, DEAL, "products_total", "NULL", ids["deal"])

    line = await why(browser, LINE, ids["line"], "line_total")
    total = await why(browser, DEAL, ids["deal"], "products_total")
    tax = await why(browser, LINE, ids["line"], "tax")

    for page in (line, total):
        assert re.search(r'role="alert">.*The stored value is not what the formula gives now.', page, re.S)
    assert "¥1.00" in words(line)
    assert "The stored value is not" in words(tax), "the tax follows from the spoilt total"


async def test_markup_in_values_stays_text(server: Server, browser: httpx.AsyncClient) -> None:
    text = "<script>alert(1)</script>"
    product = await made(server, "sales.product", name=text, list_price="9")
    deal = await made(server, DEAL, name=text)
    line = await made(server, LINE, opportunity=deal, product=product, quantity="1", unit_price="9")

    for entity, record, key in (
        (DEAL, deal, "products_total"), (DEAL, deal, "product_names"), (DEAL, deal, "name"),
        (LINE, line, "tax"), (LINE, line, "product"),
    ):  # fmt: skip
        assert "<script>alert" not in await why(browser, entity, record, key)


async def test_explanations_speak_chinese(server: Server, browser: httpx.AsyncClient) -> None:
    ids = await scene(server)
    browser.cookies.set("trellis_locale", "zh-CN")

    formula = words(await why(browser, DEAL, ids["deal"], "weighted_amount"))
    rollup = words(await why(browser, DEAL, ids["deal"], "products_total"))

    assert "加权金额 ¥450.00 公式" in formula
    assert "round({金额} * {赢率} / 100, 2)" in formula
    for english in ("Formula", "stored", "Computed from", "System", "Roll-up", "records", "The sum of"):
        assert english not in formula + rollup


async def waiting(server: Server, entity: str, *keys: str) -> Mark:
    """A mark, as a change of many records leaves it behind."""
    mark = Mark.of_all(entity, keys, NOW)
    async with server.context.database.write(server.context.workspace) as connection:
        await stale.mark(connection, mark)
    let_pass(server)
    return mark


async def done(server: Server, mark: Mark) -> None:
    async with server.context.database.write(server.context.workspace) as connection:
        await stale.clear(connection, mark)
    let_pass(server)


def let_pass(server: Server) -> None:
    """The second that a process may not have looked."""
    assert isinstance(server.workspaces.clock, FixedClock)
    server.workspaces.clock.advance(timedelta(seconds=1))


async def test_a_value_that_waits_says_so_wherever_it_is_shown(server: Server, browser: httpx.AsyncClient) -> None:
    ids = await scene(server)
    line, tax = f"/records/{LINE}/{ids['line']}", "being worked out"
    assert tax not in (await browser.get(line)).text

    mark = await waiting(server, LINE, "line_total")

    page = (await browser.get(line)).text
    assert tax in page
    assert "&lt;span" not in page
    own = words(await why(browser, LINE, ids["line"], "line_total"))
    assert re.search(r"This value is being worked out anew since .*2026.*; 0 records are done", own)
    assert "Total fx ¥18.00 being worked out" in words(await why(browser, LINE, ids["line"], "gross_total"))

    await done(server, mark)

    assert tax not in (await browser.get(line)).text
    assert tax not in await why(browser, LINE, ids["line"], "line_total")


async def test_a_list_says_what_of_it_waits(server: Server, browser: httpx.AsyncClient) -> None:
    await scene(server)
    banner = "Being worked out anew, so some values may be old: {}."
    mark = await waiting(server, DEAL, "products_total", "weighted_amount")

    shown = (await browser.get(f"/records/{DEAL}", params={"columns": "name,weighted_amount"})).text
    sorted_by = (await browser.get(f"/records/{DEAL}", params={"columns": "name", "sort": "-products_total"})).text
    filtered = (await browser.get(f"/records/{DEAL}", params={"columns": "name", "filter": "products_total > 1"})).text
    through = (await browser.get(f"/records/{LINE}", params={"filter": "opportunity.products_total > 1"})).text
    neither = (await browser.get(f"/records/{DEAL}", params={"columns": "name"})).text
    behind = (await browser.get(f"/records/{LINE}", params={"columns": "product,opportunity.products_total"})).text

    assert banner.format("Weighted amount") in shown
    assert banner.format("Products total") in sorted_by
    assert banner.format("Products total") in filtered
    assert banner.format("Products total") in through
    assert "Being worked out" not in neither
    assert banner.format("Products total") in behind

    browser.cookies.set("trellis_locale", "zh-CN")
    chinese = (await browser.get(f"/records/{DEAL}", params={"columns": "name,weighted_amount"})).text
    assert "加权金额" in chinese
    assert "Being worked out" not in chinese

    await done(server, mark)

    browser.cookies.set("trellis_locale", "en")
    assert "Being worked out" not in (await browser.get(f"/records/{DEAL}")).text


async def test_a_mark_of_a_field_that_one_may_not_read_is_not_told(server: Server, rep: httpx.AsyncClient) -> None:
    await waiting(server, "sales.account", "credit_limit")

    for asked in ({"filter": "credit_limit > 1"}, {"columns": "name,credit_limit"}, {"sort": "credit_limit"}):
        assert "Being worked out" not in (await rep.get("/records/sales.account", params=asked)).text

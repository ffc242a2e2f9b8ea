"""The page to try expressions on, and what a field says while one writes."""

import html
import re
from typing import Any

import httpx
import pytest

from tests.support.hostile import hostile_strings
from tests.web.conftest import Server
from trellis.services.commands import Create
from trellis.services.records import write

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])

DEAL = "sales.opportunity"


async def check(browser: httpx.AsyncClient, expr: str, **about: str) -> str:
    """What the fragment says."""
    answer = await browser.get("/expressions/check", params={"expr": expr, "entity": DEAL, **about})
    assert answer.status_code == 200, answer.text
    assert "<html" not in answer.text
    return html.unescape(answer.text)


async def desk(browser: httpx.AsyncClient, expr: str = "", **about: str) -> str:
    """What the page says."""
    answer = await browser.get("/expressions", params={"expr": expr, "entity": DEAL, **about})
    assert answer.status_code == 200, answer.text
    return answer.text


async def made(server: Server, entity: str = DEAL, **values: Any) -> str:
    (outcome,) = await write(server.context, entity, [Create({"name": "Big", **values})])
    return outcome.id


async def test_a_right_formula_is_told_with_its_type_and_what_it_reads(browser: httpx.AsyncClient) -> None:
    said = await check(browser, "amount * 2")

    assert "<dt>Gives</dt>" in said
    assert '<span class="t-tag" title="amount">Amount</span>' in said
    assert "t-slip" not in said
    assert "<output>" not in said


async def test_a_slip_is_marked_and_mended(browser: httpx.AsyncClient) -> None:
    said = await check(browser, "round(amuont * 2, 2)")

    assert "<code>round(<mark>amuont</mark> * 2, 2)</code>" in said
    assert 'role="alert"' not in said
    assert (
        '<button class="btn btn-small" type="button" data-fix="amount" data-from="6" data-to="12">amount</button>'
        in said
    )
    assert "<dt>Gives</dt>" not in said


async def test_what_is_missing_at_the_end_is_marked_there(browser: httpx.AsyncClient) -> None:
    said = await check(browser, "amount *")

    assert "The expression ends too early." in said
    assert "<code>amount <mark>*</mark></code>" in said


async def test_nothing_is_said_of_an_empty_field(browser: httpx.AsyncClient) -> None:
    assert (await check(browser, "  ")).strip() == ""


async def test_a_filter_must_be_a_condition(browser: httpx.AsyncClient) -> None:
    right = await check(browser, "amount > 10 and stage != 'lost'", purpose="filter")
    number = await check(browser, "amount + 10", purpose="filter")

    assert "<dt>Gives</dt>" in right
    assert "t-error" in number


async def test_the_filter_field_of_a_list_is_checked_by_its_own_name(browser: httpx.AsyncClient) -> None:
    listed = (await browser.get(f"/records/{DEAL}", params={"filter": "amuont > 1"})).text
    said = await browser.get(
        "/expressions/check", params={"_name": "filter", "filter": "amuont > 1", "entity": DEAL, "purpose": "filter"}
    )

    assert re.search(r'<textarea[^>]* name="filter"[^>]*>amuont &gt; 1</textarea>', listed)
    assert "<mark>amuont</mark>" in said.text


async def test_a_formula_is_tried_on_a_record(server: Server, browser: httpx.AsyncClient) -> None:
    deal = await made(server, amount="1500", probability="30")

    assert "<output>¥450.00</output>" in await check(browser, "amount * probability / 100", record=deal)
    shown = await desk(browser, "amount * 2", record=deal)
    assert f'<option value="{deal}" selected>Big</option>' in shown
    assert "<output>¥3,000.00</output>" in shown


async def test_a_record_of_another_entity_is_forgotten(server: Server, browser: httpx.AsyncClient) -> None:
    account = await made(server, "sales.account")

    shown = await desk(browser, "amount * 2", record=account)

    assert "<dt>Gives</dt>" in shown
    assert account not in shown


@pytest.mark.parametrize("record", ["1", "01930000-0000-7000-8000-000000000009", "' or 1=1 --"])
async def test_a_record_that_is_not_there_is_forgotten(browser: httpx.AsyncClient, record: str) -> None:
    shown = await desk(browser, "amount * 2", record=record)

    assert "<dt>Gives</dt>" in shown
    assert "<output>" not in shown


async def test_a_purpose_that_the_page_does_not_offer_is_a_formula(browser: httpx.AsyncClient) -> None:
    for purpose in ("lookup_filter", "nothing"):
        shown = await desk(browser, "amount * 2", purpose=purpose)

        assert '<option value="formula" selected>' in shown
        assert "<dt>Gives</dt>" in shown


async def test_the_page_shows_the_verdict_without_a_script(browser: httpx.AsyncClient) -> None:
    wrong = await desk(browser, "amuont * 2")
    right = await desk(browser, "amount > 100", purpose="condition")
    empty = await desk(browser)

    quiet = re.search(r"<noscript>(.*?)</noscript>", wrong, re.S)
    assert quiet
    assert "<mark>amuont</mark>" in quiet[1]
    assert '<button class="btn btn-primary" type="submit">Check</button>' in wrong
    assert "amuont * 2</textarea>" in wrong
    assert f'href="/records/{DEAL}?filter=amount%20%3E%20100"' in right
    assert "Show the records" not in wrong
    assert "t-slip" not in empty


async def test_the_records_found_are_those_of_the_condition(server: Server, browser: httpx.AsyncClient) -> None:
    await made(server, name="Small fish", amount="1")
    await made(server, name="Large fish", amount="1000")
    link = re.search(r'href="(/records/[^"]+filter=[^"]+)"', await desk(browser, "amount > 100", purpose="condition"))
    assert link

    listed = (await browser.get(html.unescape(link[1]))).text

    assert "Large fish" in listed
    assert "Small fish" not in listed


async def test_what_one_may_not_read_does_not_exist(server: Server) -> None:
    hidden = await made(server, name="Secret deal", amount="77123")
    product = await made(server, "sales.product", name="Pen", list_price="9", cost="3.33")
    async with await server.browser("Rep", "sales.rep") as rep:
        shown = await desk(rep, "amount", record=hidden)
        refused = await rep.get("/expressions/check", params={"expr": "amount", "entity": DEAL, "record": hidden})
        cost = await check(rep, "cost * 2", entity="sales.product", record=product)
        price = await check(rep, "list_price * 2", entity="sales.product", record=product)
        users = await rep.get("/expressions", params={"entity": "core.role"})
        nobody = await rep.get("/expressions/check", params={"expr": "1", "entity": "core.nothing"})

    assert "Secret deal" not in shown
    assert "77,123" not in shown
    assert refused.status_code == 404
    assert "<mark>cost</mark>" in cost
    assert "3.33" not in cost
    assert "6.66" not in cost
    assert "18" in price
    assert 'value="core.role"' not in users.text
    assert nobody.status_code == 404


async def test_completions_know_only_what_one_may_read(server: Server, browser: httpx.AsyncClient) -> None:
    asked = {"entity": "sales.product", "purpose": "filter", "expr": "cos", "cursor": "3"}
    async with await server.browser("Rep", "sales.rep") as rep:
        few = (await rep.get("/expressions/complete", params=asked)).json()
    many = (await browser.get("/expressions/complete", params=asked)).json()

    assert "cost" in [item["insert"] for item in many["items"]]
    assert "cost" not in [item["insert"] for item in few["items"]]


async def test_hostile_strings_stay_text(browser: httpx.AsyncClient) -> None:
    for text in [text for text in hostile_strings() if text.strip()][::20]:
        for place in ("expr", "entity", "record", "_name", "purpose"):
            asked = {"expr": "amount", "entity": DEAL, place: text}
            for path in ("/expressions", "/expressions/check", "/expressions/complete"):
                answer = await browser.get(path, params=asked)
                assert answer.status_code < 500, (path, place, text)
                assert not re.search(r"<script>|<(img|svg|iframe|b|body|input)[^>]*\son\w+=", answer.text), (
                    path,
                    place,
                    text,
                )


async def test_markup_in_the_field_is_shown_as_it_was_written(browser: httpx.AsyncClient) -> None:
    text = "</textarea></noscript><script>alert(1)</script>'\""

    for shown in (
        await desk(browser, text),
        (await browser.get("/expressions/check", params={"expr": text, "entity": DEAL})).text,
    ):
        assert "<script>alert" not in shown
        assert "&lt;/noscript&gt;&lt;script&gt;" in shown


async def test_the_page_speaks_chinese(server: Server, browser: httpx.AsyncClient) -> None:
    browser.cookies.set("trellis_locale", "zh-CN")

    shown = await desk(browser, "amount * 2", record=await made(server, amount="5"))
    slip = await check(browser, "amuont")

    for word in ("公式", "金额", "条件", "检查", "函数"):
        assert word in shown
    assert "Gives" not in shown
    assert re.search("[\u4e00-\u9fff]", slip)
    assert "Did you mean" not in slip

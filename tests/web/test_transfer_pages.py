"""Files come in and lists go out through pages that work without a script."""

import re
from typing import Any

import httpx
import pytest

from tests.web.conftest import Server
from trellis.services import accounts
from trellis.services.transfer.uploads import KIND, import_job
from trellis.services.worker import Worker
from trellis.web.catalogues import translator

ACCOUNTS = "/records/sales.account"
CSV = "Name;Stadt;Mitarbeiter\nAcme;Köln;12\nBolt;Rom;viele\nCamp;Bern;7\n".encode("cp1252")

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])


async def post(browser: httpx.AsyncClient, path: str, fields: dict[str, Any], **more: Any) -> httpx.Response:
    """Post a form with the forgery token of its page."""
    shown = await browser.get(path)
    token = re.search(r'name="_csrf_token" value="([^"]+)"', shown.text)
    assert token, shown.text[:2000]
    return await browser.post(path, data={"_csrf_token": token[1], **fields}, **more)


async def uploaded(browser: httpx.AsyncClient, content: bytes = CSV, name: str = "firms.csv") -> str:
    """The address of a fresh draft."""
    response = await post(browser, f"{ACCOUNTS}/import", {}, files={"file": (name, content)})
    assert response.status_code == 303, response.text
    return response.headers["location"]


COLUMNS = {
    "column": ["Name", "Stadt", "Mitarbeiter"], "field-0": "name", "field-1": "billing_city", "field-2": "employees",
    "encoding": "cp1252", "delimiter": ";", "header": "1", "key": "name",
}  # fmt: skip


async def work(server: Server) -> None:
    """What the worker does."""
    await Worker(server.workspaces, {KIND: import_job(translator)}, "test").run_due()


async def test_encoding_delimiter_and_columns_are_shown_and_guessed(browser: httpx.AsyncClient) -> None:
    draft = (await browser.get(await uploaded(browser))).text

    assert re.search(r"<option selected>cp1252</option>", draft)
    assert re.search(r'<option value=";" selected>', draft)
    assert "Köln" in draft
    assert re.search(r'<option value="name" selected>Name</option>', draft)


async def test_a_file_is_tried_started_and_brought_in(server: Server, browser: httpx.AsyncClient) -> None:
    address = await uploaded(browser)

    tried = await post(browser, address, {**COLUMNS, "action": "preview"})
    started = await post(browser, address, {**COLUMNS, "action": "start"})
    waiting = (await browser.get(address)).text
    await work(server)
    done = (await browser.get(f"{address}/progress")).text
    rejects = await browser.get(f"{address}/rejects")

    assert "Of the first 3 rows 2 would be created, 0 updated, 0 left as they are and 1 rejected." in tried.text
    assert "Row 3" in tried.text
    assert "“viele” is not a number." in tried.text
    assert (started.status_code, started.headers["location"]) == (303, address)
    assert 'hx-trigger="every 1s"' in waiting
    assert "Finished" in done
    assert "hx-get" not in done
    assert [line.rpartition(",")[0] for line in rejects.content.decode("utf-8-sig").splitlines()[1:]] == [
        "Bolt,Rom,viele,3"
    ]
    assert "Köln" in (await browser.get(ACCOUNTS)).text


async def test_trying_leaves_nothing_behind(server: Server, browser: httpx.AsyncClient) -> None:
    await post(browser, await uploaded(browser), {**COLUMNS, "action": "preview"})

    assert "No Accounts yet" in (await browser.get(ACCOUNTS)).text


async def test_faults_are_shown_and_nothing_typed_is_lost(browser: httpx.AsyncClient) -> None:
    address = await uploaded(browser)

    response = await post(browser, address, {**COLUMNS, "field-0": "", "field-1": "", "field-2": "", "action": "start"})
    wrong = await post(browser, address, {**COLUMNS, "encoding": "utf-8", "action": "read"})

    assert response.status_code == 422
    assert "Choose at least one column." in response.text
    assert wrong.status_code == 422
    assert "This file is not written in utf-8. Choose another encoding." in wrong.text


async def test_what_is_no_table_is_refused(browser: httpx.AsyncClient) -> None:
    for content in (b"", bytes(range(256)) * 20, b"PK\x03\x04"):
        response = await post(browser, f"{ACCOUNTS}/import", {}, files={"file": ("x.csv", content)})
        assert response.status_code == 422
        assert 'role="alert"' in response.text


async def test_the_import_speaks_chinese(server: Server, browser: httpx.AsyncClient) -> None:
    browser.cookies.set("trellis_locale", "zh-CN")

    address = await uploaded(browser, "客户名称,城市\n平安银行,深圳\n".encode("gb18030"))
    page = (await browser.get(address)).text

    assert "<option selected>gb18030</option>" in page
    assert "编码" in page


async def test_only_who_may_import_sees_the_page_and_only_ones_own_imports(
    server: Server, browser: httpx.AsyncClient
) -> None:
    address = await uploaded(browser)
    user = await accounts.create_user(
        server.context, email="rita@example.com", name="Rita", roles=["core.employee", "sales.rep"]
    )
    secret = await accounts.start_session(server.context, user)
    async with server.client() as other:
        other.cookies.set("trellis_session", secret)
        statuses = [
            (await other.get(path)).status_code for path in (f"{ACCOUNTS}/import", address, f"{address}/rejects")
        ]

    assert statuses == [403, 403, 403]


async def test_a_list_is_exported_as_it_is_shown(server: Server, browser: httpx.AsyncClient) -> None:
    await post(browser, await uploaded(browser), {**COLUMNS, "action": "start"})
    await work(server)

    response = await browser.get(
        f"{ACCOUNTS}/export", params={"format": "csv", "columns": "name,billing_city", "f": "name:is:Acme"}
    )
    workbook = await browser.get(f"{ACCOUNTS}/export", params={"format": "xlsx"})

    assert response.content.decode("utf-8-sig") == "Name,Billing city\r\nAcme,Köln\r\n"
    assert workbook.content.startswith(b"PK")

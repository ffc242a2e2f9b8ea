"""Files that people send: what they may be, and how they come back."""

import httpx
import pytest

from tests.support.pageforms import Form

PDF = b"%PDF-1.7\nhello"
HTML = b"<html><script>alert(1)</script>"
NEW = "/records/sales.product/new"
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])


async def sent(browser: httpx.AsyncClient, name: str, content: bytes, kind: str) -> httpx.Response:
    form = Form(browser, NEW, (await browser.get(NEW)).text, 'enctype="multipart/form-data"')
    form.put("name", "Board").put("code", "B-1").put("sku", "B-1")
    return await browser.post(
        NEW, data=dict(form.pairs), files={"data_sheet": (name, content, kind)}, follow_redirects=True
    )


async def test_a_file_that_is_not_what_the_field_takes_stands_as_an_error_in_the_form(
    browser: httpx.AsyncClient,
) -> None:
    for name, kind, reason in (
        ("a.pdf", "application/pdf", "not what its name says"),
        ("a.html", "application/pdf", "not what its name says"),
        ("a.html", "text/html", "Only files of these kinds"),
    ):
        answer = await sent(browser, name, HTML, kind)

        assert answer.status_code == 422
        assert 'value="Board"' in answer.text
        assert reason in answer.text


async def test_a_file_comes_back_as_a_download_that_runs_nowhere(browser: httpx.AsyncClient) -> None:
    shown = await sent(browser, '../x\u202e"\r\n<b>.pdf', PDF, "application/pdf")
    (address,) = {part.partition('"')[0] for part in shown.text.split('href="') if part.startswith("/files/")}

    answer = await browser.get(address)

    assert answer.content == PDF
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment; filename*=UTF-8''")
    assert all(sign not in disposition for sign in '"<>/\r\n\u202e')

"""The editor of translations, as an administrator without a script uses it."""

from typing import Any

import httpx
import pytest

from tests.support.pageforms import Form, opened
from tests.web.conftest import Server
from trellis.services.studio import drafts
from trellis.services.studio.translationedits import words

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])

CHINESE = "/studio/translations/zh-CN"
NAME = "sales.account#/fields/name/label"


async def raw(server: Server, document: str) -> dict[str, Any]:
    return dict((await drafts.load(server.context.as_system())).raw(document))


async def own_texts(server: Server, locale: str) -> dict[str, str]:
    return dict(words((await drafts.load(server.context.as_system())).merged.raw, locale).own)


async def test_texts_are_translated_many_at_once(server: Server, browser: httpx.AsyncClient) -> None:
    form = await opened(browser, f"{CHINESE}?document=sales.account", 'id="texts"')
    form.put(f"text:{NAME}", "公司名称").put("text:sales.account#/label", "")

    answer = await form.send()

    assert await own_texts(server, "zh-CN") == {NAME: "公司名称"}
    assert "The pack says “客户名称”." in answer.text
    assert str(answer.url).endswith("?document=sales.account")


async def test_two_translators_lose_nothing_of_each_other(server: Server, browser: httpx.AsyncClient) -> None:
    first = await opened(browser, f"{CHINESE}?document=sales.account", 'id="texts"')
    async with await server.browser("Bea", "core.admin") as other:
        hers = await opened(other, f"{CHINESE}?document=sales.account", 'id="texts"')
        await hers.put(f"text:{NAME}", "她的").put("text:sales.account#/label", "企业").send()

    lost = await first.put(f"text:{NAME}", "他的").put("text:sales.account#/labelPlural", "企业们").send()

    assert lost.status_code == 422
    assert "Bea changed some of these texts" in lost.text
    assert "Theirs: 她的" in lost.text
    await Form(browser, CHINESE, lost.text, 'id="texts"').send()
    assert await own_texts(server, "zh-CN") == {
        NAME: "他的", "sales.account#/label": "企业", "sales.account#/labelPlural": "企业们",
    }  # fmt: skip


async def test_a_language_is_added_and_filled(server: Server, browser: httpx.AsyncClient) -> None:
    listed = await opened(browser, "/studio/translations", "t-inline-form")
    refused = (
        await Form(browser, "", (await browser.get("/studio/translations")).text, "t-inline-form")
        .put("locale", "Klingonisch")
        .send()
    )
    made = await listed.put("locale", "de").send()
    missing = await opened(browser, "/studio/translations/de?show=missing&q=sales.lead_source%23/label", 'id="texts"')
    place = next(name for name, _ in missing.pairs if name.startswith("text:sales.lead_source"))
    await missing.put(place, "Herkunft").send()

    page = (await browser.get("/studio/translations")).text

    assert refused.status_code == 422
    assert 'value="Klingonisch"' in refused.text
    assert str(made.url).endswith("/studio/translations/de")
    assert "Deutsch" in page
    assert await own_texts(server, "de") == {"sales.lead_source#/label": "Herkunft"}


async def test_texts_go_to_a_translator_and_come_back(server: Server, browser: httpx.AsyncClient) -> None:
    await (await opened(browser, "/studio/translations", "t-inline-form")).put("locale", "de").send()
    csrf = (await opened(browser, "/studio/translations/de", "t-file-form")).value("_csrf_token")[0]
    sheet = (await browser.get("/studio/translations/de/texts.csv?document=sales.account")).content.decode("utf-8-sig")
    rows = sheet.replace(f"{NAME},Name,,", f"{NAME},Name,,Kunde") + "sales.gone#/label,Gone,,Weg\r\n"

    answer = await browser.post(
        "/studio/translations/de/import", data={"_csrf_token": csrf}, files={"file": ("de.csv", rows.encode())}
    )

    assert sheet.startswith("place,source,pack,translation\r\nsales.account#/label,Account,,")
    assert "1 texts were taken into the draft" in answer.text
    assert "There is no text at “sales.gone#/label”." in answer.text
    assert await own_texts(server, "de") == {NAME: "Kunde"}


async def test_places_in_braces_are_kept(server: Server, browser: httpx.AsyncClient) -> None:
    context = server.context.as_system()
    entity = await raw(server, "sales.account")
    rule = {"order": 5, "fail": "employees < 0", "message": "At least {count}."}
    await drafts.save(context, {**entity, "validations": {**entity.get("validations", {}), "x_few": rule}})
    place = "text:sales.account#/validations/x_few/message"

    answer = await (await opened(browser, f"{CHINESE}?show=missing", 'id="texts"')).put(place, "至少。").send()

    assert answer.status_code == 422
    assert "These places must be in the text, each once: {count}" in answer.text
    assert Form(browser, CHINESE, answer.text, 'id="texts"').value(place) == ["至少。"]


@pytest.mark.parametrize(
    "address", ["/studio/translations/xx", "/studio/translations/..%2fzh", "/studio/roles/sales.account"]
)
async def test_what_is_not_there_is_not_found(browser: httpx.AsyncClient, address: str) -> None:
    assert (await browser.get(address)).status_code == 404

"""The lists of options in the Studio, in a browser without a script."""

import httpx

from tests.web.conftest import Server
from tests.web.test_studio_entities import Form, filled, post, raw
from trellis.services.studio import drafts

SOURCE = "/studio/optionsets/sales.lead_source"


async def test_a_list_gives_back_what_it_shows(server: Server, browser: httpx.AsyncClient) -> None:
    for document in (await drafts.load(server.context)).merged.raw.values():
        if document["kind"] == "optionset":
            url = f"/studio/optionsets/{document['id']}"
            assert (await post(browser, url, await filled(browser, url))).status_code == 303

    assert (await drafts.load(server.context)).changes == ()


async def test_an_option_is_added_to_a_list_of_a_pack(server: Server, browser: httpx.AsyncClient) -> None:
    asked = await post(browser, SOURCE, await filled(browser, SOURCE, _act="add:/options"))
    values = [
        (name, "Podcast" if name == "/options#+1/label" else value) for name, value in Form(asked.text, SOURCE).values
    ]

    answer = await post(browser, SOURCE, [*values, ("@zh-CN/options#+1/label", "播客")])

    assert answer.status_code == 303
    options = (await raw(server, "sales.lead_source"))["options"]
    (key,) = [key for key, option in options.items() if option["label"] == "Podcast"]
    assert key.startswith("x_")
    place = f"sales.lead_source#/options/{key}/label"
    assert (await raw(server, "x.zh_cn"))["entries"] == {place: "播客"}


async def test_an_option_is_retired_for_another(server: Server, browser: httpx.AsyncClient) -> None:
    values = await filled(browser, SOURCE, **{"/options#cold/replacedBy": "phone_in"})
    values = [(name, value) for name, value in values if name != "/options#cold/active"]

    assert (await post(browser, SOURCE, values)).status_code == 303

    option = (await raw(server, "sales.lead_source"))["options"]["cold"]
    assert option["active"] is False
    assert option["replacedBy"] == "phone_in"


async def test_one_option_is_reset_to_the_pack(server: Server, browser: httpx.AsyncClient) -> None:
    await post(browser, SOURCE, await filled(browser, SOURCE, **{"/options#cold/label": "Cold"}))

    await post(browser, SOURCE, await filled(browser, SOURCE, _reset="/options#cold/label"))

    assert (await drafts.load(server.context)).changes == ()


async def test_a_new_list_is_made_and_removed(server: Server, browser: httpx.AsyncClient) -> None:
    url = "/studio/optionsets"
    made = await post(browser, url, await filled(browser, url, label="Sizes"))
    page = made.headers["location"]
    assert page == "/studio/optionsets/x.sizes"

    await post(browser, f"{page}/remove", await filled(browser, page, f"{page}/remove"))

    assert (await drafts.load(server.context)).changes == ()
    assert (await post(browser, url, await filled(browser, url))).status_code == 422

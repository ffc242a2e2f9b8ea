"""Whatever is posted to the editors of the Studio, none of them breaks, and nothing comes back as markup."""

import random
import re
from typing import Any

import httpx
import pytest

from tests.support.hostile import hostile_strings
from tests.support.pageforms import opened
from tests.web.conftest import Server
from trellis.services.studio import drafts

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])

EDITORS = (
    ("/studio/views/sales.opportunity_open", 'id="designer"'), ("/studio/navigation/sales.main_nav", 'id="designer"'),
    ("/studio/roles/sales.rep?entity=sales.lead", 'id="designer"'), ("/studio/navigation", 'id="menus"'),
    ("/studio/translations/zh-CN?document=sales.lead_source", 'id="texts"'), ("/studio/translations", "t-inline-form"),
    ("/studio/new-view", 'action="/studio/new-view"'), ("/studio/roles", "t-inline-form"),
)  # fmt: skip
PRESSES = (
    "", "up:x", "down:", "remove:name", "add:account.owner.team.name.x", "add:", "at:'\"><b>", "drop:filter:0", "reset:/nowhere",
    "sort-up:9", "quick-remove:x", "quick-show:x", "show:x/y", "nest:leads", "raise:leads", "open:nobody", "undo", "new",
)  # fmt: skip
MARKUP = re.compile(r"<script>|<(img|svg|iframe|body)[^>]*\son\w+=|<b>bold", re.I)


@pytest.mark.parametrize(("url", "marker"), EDITORS)
async def test_nothing_that_is_posted_breaks_an_editor(
    server: Server, browser: httpx.AsyncClient, url: str, marker: str
) -> None:
    chance = random.Random(url)
    strings = [text for text in hostile_strings() if "\x00" not in text]
    for press in PRESSES:
        await drafts.discard(server.context.as_system(), None)
        form = await opened(browser, url, marker)
        names = [name for name, _ in form.pairs if name not in ("_csrf_token", "_version")]
        for name in chance.sample(names, min(len(names), 4)):
            form.put(name, *(chance.choice(strings)[:500] for _ in form.value(name)))

        answer = await form.send(press)
        again = await browser.get(url)

        assert answer.status_code < 500, (press, form.pairs)
        assert again.status_code < 500, (press, form.pairs)
        assert not MARKUP.search(answer.text + again.text), press


UNREADABLE: tuple[dict[str, Any], ...] = (
    {"kind": "view", "id": "x.broken", "entity": "sales.lead", "type": "list", "columns": [], "sort": {}, "quickFilters": 5},
    {"kind": "navigation", "id": "x.broken", "items": {"a": [], "b": {"children": 7}}, "order": "first"},
    {"kind": "role", "id": "x.broken", "system": "all", "entities": {"sales.lead": {"read": "yes", "fields": []}}},
    {"kind": "translation", "id": "x.de", "locale": 7, "of": "x", "entries": ["a"]},
)  # fmt: skip


@pytest.mark.parametrize("raw", UNREADABLE)
async def test_a_document_that_cannot_be_read_is_mended_as_json(
    server: Server, browser: httpx.AsyncClient, raw: dict[str, Any]
) -> None:
    await drafts.save(server.context.as_system(), raw)
    folders = {"view": "views", "role": "roles", "navigation": "navigation"}

    for url in ("/studio/navigation", "/studio/roles", "/studio/translations", "/studio/translations/zh-CN?show=all"):
        assert (await browser.get(url)).status_code == 200, url
    if raw["kind"] in folders:
        answer = await browser.get(f"/studio/{folders[raw['kind']]}/{raw['id']}")
        assert answer.headers["location"] == "/studio/documents/x.broken"

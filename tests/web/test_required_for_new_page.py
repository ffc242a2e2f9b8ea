"""The form of an old record says that a field is required for new records only."""

import copy
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.support.application import build
from tests.support.publishing import CLOCK
from tests.support.ruled import COMPANY, documents, ruled
from tests.web.conftest import Server
from tests.web.test_transfer_pages import post
from trellis.kernel.actor import SYSTEM
from trellis.kernel.settings import Settings
from trellis.services.commands import Create
from trellis.services.publishing import install_packs
from trellis.services.records import write
from trellis.services.workspaces import Workspaces

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])

OLD = "0190163d-8694-739b-aea5-966c26f8ad91"
HINT = "Required for new records."


@pytest.fixture
async def server(database_url: str, tmp_path: Path) -> AsyncIterator[Server]:
    """The application over a company without a city, which new companies must have."""
    async with ruled(database_url, tmp_path) as home:
        await write(await home.context(), COMPANY, [Create({"name": "Old"}, id=OLD)])
        changed = copy.deepcopy(documents())
        for raw in changed:
            if raw["id"] == COMPANY:
                raw["fields"]["city"] |= {"required": True, "requiredFor": "new"}
        await install_packs(home.database, home.workspace, changed, CLOCK, actor=SYSTEM, note="test")
        workspaces = Workspaces(home.database, home.clock)
        context = await (await workspaces.named("main")).context()
        yield Server(build(workspaces, Settings(data=database_url)), workspaces, context)


async def test_old_records_are_saved_without_a_value_and_new_ones_are_not(browser: httpx.AsyncClient) -> None:
    old, new = f"/records/{COMPANY}/{OLD}/edit", f"/records/{COMPANY}/new"

    assert HINT in (await browser.get(old)).text
    assert HINT not in (await browser.get(new)).text
    saved = await post(browser, old, {"name": "Older", "city": "", "_version": "1"})
    refused = await post(browser, new, {"name": "New", "city": ""})

    assert saved.status_code == 303, saved.text
    assert refused.status_code == 422
    assert "City is required." in refused.text

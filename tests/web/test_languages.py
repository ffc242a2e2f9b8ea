"""A language that the customer adds can be chosen, and labels come in it."""

import re

import pytest

from tests.web.conftest import Server
from trellis.services.studio import plans
from trellis.services.studio.translations import set_translations

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])

TEXTS = {"sales.account#/labelPlural": "Kunden", "sales.account#/fields/name/label": "Firmenname"}


async def test_a_language_that_was_added_is_offered_and_spoken(server: Server) -> None:
    context = (await (await server.workspaces.named("main")).context()).as_system()
    await set_translations(context, "de", TEXTS)
    planned = await plans.plan_draft(context)
    await plans.publish_draft(context, planned.fingerprint, [], "German")
    async with await server.browser("Mia", "sales.manager") as mia:
        before = (await mia.get("/records/sales.account")).text
        token = re.search(r'name="_csrf_token" value="([^"]+)"', before)
        assert token
        await mia.post("/preferences", data={"_csrf_token": token[1], "locale": "de", "back": "/"})
        after = (await mia.get("/records/sales.account")).text
        await mia.post("/preferences", data={"_csrf_token": token[1], "locale": "fr", "back": "/"})
        unknown = (await mia.get("/records/sales.account")).text

    assert '<button type="submit" name="locale" value="de" lang="de">Deutsch</button>' in before
    assert '<html lang="en"' in before
    assert '<html lang="de"' in after
    assert "<h1>Kunden</h1>" in after
    assert "Firmenname" in after
    assert '<html lang="de"' in unknown

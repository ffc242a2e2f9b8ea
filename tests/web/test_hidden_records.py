"""A record that somebody may not see looks exactly like one that never was: same answer, same work behind it."""

import re
from typing import cast

import httpx
import pytest
from litestar.routes import HTTPRoute

from tests.support.counting import CountingDatabase
from tests.web.conftest import Server
from trellis.services import accounts
from trellis.services.commands import Create
from trellis.services.records import write
from trellis.services.workspaces import Workspaces
from trellis.storage.database import Database
from trellis.web.application import build
from trellis.web.http import SESSION_COOKIE

pytestmark = pytest.mark.anyio
LEAD = "sales.lead"
NEVER = "01a1fd70-f1c0-7000-8000-000000000000"
CHANGES_NOTHING = frozenset({"GET"})


async def test_a_hidden_record_looks_like_none(server: Server) -> None:
    context = server.context
    other = await accounts.create_user(context, email="other@example.com", name="Other", roles=["sales.rep"])
    (lead,) = await write(context, LEAD, [Create({"name": "Zanzibar", "company": "Bergamot", "owner": other})])
    rep = await accounts.create_user(context, email="rep@example.com", name="Rep", roles=["sales.rep"])
    session, token = await accounts.start_session(context, rep), await accounts.create_token(context, rep, "test")
    counting = CountingDatabase(context.database)
    app = build(Workspaces(cast(Database, counting), server.workspaces.clock), server.app.state.site.settings)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]

    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        client.cookies.set(SESSION_COOKIE, session)
        for form in _about_records(server):
            headers = {"authorization": f"Bearer {token}"} if form.startswith("/api/") else {}
            seen = []
            for record in (lead.id, NEVER, lead.id, NEVER):
                address = re.sub(r"{\w+}", record, form.replace("{entity}", LEAD).replace("{field}", "company"))
                with counting.counting() as tally:
                    answer = await client.get(address, headers=headers)
                body = re.sub(f"{record}|[A-Za-z0-9_-]{{43,}}|[0-9a-f]{{64,}}", "…", answer.text)
                seen.append((answer.status_code, body, len(tally)))
            assert seen[2] == seen[3], form
            assert "Zanzibar" not in seen[0][1], form


def _about_records(server: Server) -> list[str]:
    """The addresses about one record of any entity."""
    return sorted(
        route.path_format
        for route in server.app.routes
        if isinstance(route, HTTPRoute)
        and route.methods & CHANGES_NOTHING
        and "{entity}" in route.path_format
        and "{record}" in route.path_format
    )

"""A record that somebody may not see looks exactly like one that never was: same answer, same work behind it."""

import re
from typing import cast

import httpx
import pytest
from litestar.routes import HTTPRoute

from tests.support.counting import CountingDatabase
from tests.web.conftest import Server
from trellis.services import accounts, queries
from trellis.services.commands import Create
from trellis.services.records import write
from trellis.services.workspaces import Workspaces
from trellis.storage.database import Database
from trellis.web.application import build
from trellis.web.http import SESSION_COOKIE
from trellis.web.security import CSRF_COOKIE, CSRF_HEADER

pytestmark = pytest.mark.anyio
LEAD = "sales.lead"
NEVER = "01a1fd70-f1c0-7000-8000-000000000000"
TOLD_APART_BY_NOBODY = re.compile(r"[A-Za-z0-9_-]{43,}|[0-9a-f]{64,}")
"""Forgery tokens and nonces, which are new in each answer."""


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
        await client.get("/")
        forgery = {CSRF_HEADER: str(client.cookies.get(CSRF_COOKIE))}
        for method, form in _about_records(server):
            headers = {"authorization": f"Bearer {token}"} if form.startswith("/api/") else forgery
            sent = _sent(method, form, rep)
            seen = []
            for record in (lead.id, NEVER, lead.id, NEVER):
                address = re.sub(r"{\w+}", record, form.replace("{entity}", LEAD).replace("{field}", "company"))
                with counting.counting() as tally:
                    answer = await client.request(method, address, headers=headers, **sent)  # type: ignore[arg-type]
                body = TOLD_APART_BY_NOBODY.sub("…", answer.text.replace(record, "…"))
                seen.append((answer.status_code, answer.headers.get("location"), body, len(tally)))
            assert seen[2] == seen[3], (method, form)
            assert "Zanzibar" not in seen[0][2], (method, form)

    assert (await queries.get_record(context, LEAD, lead.id)).version == 1


def _sent(method: str, form: str, user: str) -> dict[str, object]:
    """What a request carries: enough to be carried out, if the record were there."""
    if method == "GET":
        return {}
    if not form.startswith("/api/"):
        return {"data": {"_version": "1", "owner": user, "grantee": f"u:{user}", "actions": "read"}}
    shared = {"grantee": {"kind": "user", "id": user}, "actions": ["read"]}
    bodies = {"assign": {"owner": user}, "shares": shared, "{record}": {"name": "Other"}}
    return {"json": bodies.get(form.rpartition("/")[2], {})}


def _about_records(server: Server) -> list[tuple[str, str]]:
    """Each method of the addresses about one record of any entity."""
    return sorted(
        (method, route.path_format)
        for route in server.app.routes
        if isinstance(route, HTTPRoute) and "{entity}" in route.path_format and "{record}" in route.path_format
        for method in route.methods - {"OPTIONS", "HEAD"}
    )

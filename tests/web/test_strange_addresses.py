"""Whatever somebody writes into an address: an answer, never an error of ours."""

import re

import httpx
import pytest
from litestar.routes import HTTPRoute

from tests.web.conftest import Server
from trellis.web.security import CSRF_COOKIE, CSRF_HEADER

pytestmark = pytest.mark.anyio
HUGE = str(2**70)
STRANGE = (HUGE, "-1", "²", "\x00", "' or 1=1 --")
PARAMETERS = (
    "after", "at", "before", "change", "columns", "cursor", "entity", "expr", "filter", "format", "kind", "limit", "move", "next",
    "purpose", "q", "record", "roles", "sort", "tab", "type", "user", "view",
)  # fmt: skip


def with_numbers(server: Server) -> list[tuple[str, str]]:
    """Each method of the addresses that have a number in them, with one that is too large."""
    return sorted(
        (method, re.sub(r"{\w+}", HUGE, route.path_format))
        for route in server.app.routes
        if isinstance(route, HTTPRoute)
        and any(not isinstance(part, str) and part.type is int for part in route.path_components)
        for method in route.methods - {"OPTIONS", "HEAD"}
    )


async def test_numbers_too_large_for_a_database_lead_nowhere(server: Server, browser: httpx.AsyncClient) -> None:
    token = await server.token("Tess", "core.admin")
    await browser.get("/")
    forgery = {CSRF_HEADER: str(browser.cookies.get(CSRF_COOKIE))}
    found = with_numbers(server)
    for method, address in found:
        headers = {"authorization": f"Bearer {token}"} if address.startswith("/api/") else forgery
        assert (await browser.request(method, address, headers=headers)).status_code in (404, 422), (method, address)
    assert len(found) > 8


@pytest.mark.parametrize("given", STRANGE)
async def test_strange_parameters_get_an_answer(server: Server, browser: httpx.AsyncClient, given: str) -> None:
    for route in server.app.routes:
        if isinstance(route, HTTPRoute) and "GET" in route.methods and not route.path_format.startswith("/api/"):
            known = {"entity": "sales.opportunity", "document": "sales.opportunity", "field": "amount"}
            names = re.findall(r"{(\w+)}", route.path_format)
            address = route.path_format.format(**{name: known.get(name, "1") for name in names})
            answer = await browser.get(address, params=dict.fromkeys(PARAMETERS, given))
            assert answer.status_code != 500, address

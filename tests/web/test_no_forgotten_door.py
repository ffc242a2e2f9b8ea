"""Every address, every method: strangers, people without rights and people of other workspaces get nothing.

The addresses are those of the application itself, so that a new one is tried without being named here; what is open to
everybody is named below, with the reason.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest
import sqlalchemy as sa
from litestar.routes import HTTPRoute

from tests.web.conftest import Server
from trellis.services import accounts
from trellis.services.commands import Create
from trellis.services.context import Context
from trellis.services.records import write
from trellis.storage.connection import prepare
from trellis.storage.system import system_tables
from trellis.web.http import SESSION_COOKIE
from trellis.web.security import CSRF_COOKIE, CSRF_HEADER

pytestmark = pytest.mark.anyio
DEAL = "sales.opportunity"
SECRETS = ("Zanzibar", "Planted Person", "planted@example.com", "Bergamot")
"""Texts that only those with rights may ever see."""

LABELS = ("Opportunit", "Weighted amount", "Sales representative")
"""Names of things of which people without any right know nothing."""

OPEN = {
    "/health": "for balancers",
    "/assets/{file_path}": "styles and scripts, the same for everybody",
    "/login": "where one signs in",
    "/logout": "ends a session, if there is one",
    "/preferences": "language and look, kept in the browser",
    "/": "leads on",
}
OPEN_PREFIXES = (
    "/login/", "/link/", "/forgot",
)  # fmt: skip
"""The ways to sign in; each shows only what its own secret opens."""

OWN = ("/account", "/api/v1/me", "/search", "/expressions", "/menu", "/bin", "/import", "/api/v1/openapi.json")
"""What is about oneself, or answers with what one may see, which is nothing."""

EMPTY = (
    "/records/{entity}/form-state", "/records/{entity}/lookup/{field}", "/api/v1/expressions/",
    "/api/v1/records/{entity}/shares", "/api/v1/records/{entity}/{record}/shares", "/api/v1/records/{entity}/batch",
    "/api/v1/records/{entity}/assign", "/api/v1/access/explain", "/api/v1/users/{user}/roles", "/api/v1/users/{user}/tokens",
)  # fmt: skip
"""What says what is wrong with what was sent, or shows an empty form, before rights are asked: it must tell nothing."""


@dataclass
class House:
    """A workspace with something in it, another one, and people at the door."""

    server: Server
    record: str
    user: str
    nobody_session: str
    nobody_token: str
    foreign_session: str
    foreign_token: str
    tried: list[str] = field(default_factory=list)


@pytest.fixture
async def house(server: Server) -> House:
    context = server.context
    (account,) = await write(context, "sales.account", [Create({"name": "Bergamot"})])
    values = {"name": "Zanzibar", "account": account.id, "amount": "5.00", "close_date": "2026-12-01"}
    (deal,) = await write(context, DEAL, [Create(values)])
    planted = await accounts.create_user(
        context, email="planted@example.com", name="Planted Person", roles=["core.admin"]
    )
    nobody = await accounts.create_user(context, email="nobody@example.com", name="No Body", roles=[])
    elsewhere = await _other_workspace(server)
    boss = await accounts.create_user(elsewhere, email="boss@example.com", name="Boss", roles=["core.admin"])
    return House(
        server, deal.id, planted,
        await accounts.start_session(context, nobody), await _token(context, nobody),
        await accounts.start_session(elsewhere, boss), await accounts.create_token(elsewhere, boss, "test"),
    )  # fmt: skip


async def _token(context: Context, user: str) -> str:
    return await accounts.create_token(context, user, "test")


async def _other_workspace(server: Server) -> Context:
    from trellis.kernel.actor import SYSTEM
    from trellis.metadata.load import load_folder
    from trellis.places import packs_folder
    from trellis.services.publishing import install_packs

    database = server.workspaces.database
    workspace = await database.create_workspace("other")
    core = [raw for raw in load_folder(packs_folder()).documents if str(raw["id"]).startswith("core")]
    await install_packs(database, workspace, core, server.workspaces.clock, actor=SYSTEM, note="test")
    return await (await server.workspaces.named("other")).context()


def addresses(house: House) -> Iterator[tuple[str, str, str]]:
    """Each method of each address, filled in with what is there: method, form, address."""
    known = {
        "entity": DEAL, "record": house.record, "record_id": house.record, "view": f"{DEAL}_open", "form": f"{DEAL}_form",
        "role": "sales.rep", "menu": "sales.main_nav", "locale": "zh-CN", "key": "amount", "field": "amount",
        "member": "validations", "part": "large_discount", "number": "1", "optionset": "sales.lead_source", "document": DEAL,
        "pack": "sales", "layer": "sales", "action": "disable", "user": house.user, "user_id": house.user,
    }  # fmt: skip
    for route in house.server.app.routes:
        if isinstance(route, HTTPRoute):
            names = re.findall(r"{(\w+)}", route.path_format)
            address = route.path_format.format(**{name: known.get(name, house.record) for name in names})
            for method in sorted(route.methods - {"OPTIONS", "HEAD"}):
                yield method, route.path_format, address


def is_open(form: str) -> bool:
    """Whether everybody may come in."""
    return form in OPEN or form.startswith(OPEN_PREFIXES)


async def knocked(
    house: House, method: str, address: str, *, session: str = "", token: str = "", host: str = "test"
) -> httpx.Response:
    """What somebody gets; a form is sent with its forgery token, so that nothing but rights keeps it out."""
    async with house.server.client(token) as client:
        if session:
            client.cookies.set(SESSION_COOKIE, session)
        headers = {"host": host}
        content: dict[str, object] = {}
        if method != "GET":
            if not address.startswith("/api/"):
                await client.get("/login", headers=headers)
                headers[CSRF_HEADER] = str(client.cookies.get(CSRF_COOKIE) or "")
                content = {"data": {"_version": "0"}}
            else:
                content = {"json": {}}
        return await client.request(method, address, headers=headers, **content)  # type: ignore[arg-type]


def refused(answer: httpx.Response) -> bool:
    """Whether somebody was sent away: an error of his, or the way to the sign-in page."""
    leads = answer.headers.get("location", "")
    return answer.status_code in (401, 403, 404, 405) or (answer.status_code == 303 and leads.startswith("/login"))


def said(answer: httpx.Response, words: tuple[str, ...]) -> tuple[str, ...]:
    """What stands in an answer that must not."""
    return tuple(word for word in words if word in answer.text)


async def counts(server: Server) -> dict[str, int]:
    """How many rows there are of everything that only people with rights may write."""
    written = (
        "release",
        "draft_document",
        "history",
        "share",
        "role_assignment",
        "token",
        "handover",
        "identity_provider",
    )
    tables = system_tables(server.context.workspace.schema)
    async with server.context.database.read(server.context.workspace) as connection:
        return {
            name: int(str((await connection.fetch(_count(getattr(tables, name), connection.dialect)))[0][0]))
            for name in written
        }


def _count(table: sa.Table, dialect: str):
    return prepare(sa.select(sa.func.count()).select_from(table), dialect)


async def leaks(house: House, spared: tuple[str, ...], words: tuple[str, ...], **keys: str) -> list[object]:
    """Every address where somebody is not sent away, or is told something."""
    found: list[object] = []
    for method, form, address in addresses(house):
        if not is_open(form) and not form.startswith(spared or ("-",)):
            name = "token" if address.startswith("/api/") else "session"
            answer = await knocked(house, method, address, **({name: keys[name]} if keys else {}))
            told = said(answer, words)
            empty = form.startswith(EMPTY) and answer.status_code in (200, 422)
            if told or not (refused(answer) or empty):
                found.append((method, form, answer.status_code, answer.headers.get("location"), told))
    return found


async def test_strangers_get_nothing(house: House) -> None:
    before = await counts(house.server)

    assert await leaks(house, (), SECRETS + LABELS) == []
    assert await counts(house.server) == before


async def test_people_without_rights_get_nothing_of_others(house: House) -> None:
    before = await counts(house.server)
    keys = {"token": house.nobody_token, "session": house.nobody_session}

    assert await leaks(house, OWN, SECRETS + LABELS, **keys) == []
    assert await counts(house.server) == before


async def test_secrets_of_one_workspace_open_nothing_in_another(house: House) -> None:
    keys = {"token": house.foreign_token, "session": house.foreign_session}

    assert await leaks(house, (), SECRETS + LABELS, **keys) == []

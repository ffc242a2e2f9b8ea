"""How many statements each address runs, exactly; who is asking is known from the request before."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple, cast

import httpx
import pytest
from litestar import Litestar

from tests.services.conftest import NOW
from tests.support.application import build
from tests.support.counting import CountingDatabase
from trellis.kernel.actor import SYSTEM
from trellis.kernel.clock import FixedClock
from trellis.kernel.settings import Settings
from trellis.metadata.fieldtypes import File
from trellis.metadata.load import load_folder
from trellis.places import packs_folder
from trellis.services import accounts, oidc
from trellis.services.commands import Create, Delete
from trellis.services.context import Context
from trellis.services.files import upload
from trellis.services.publishing import install_packs
from trellis.services.records import write
from trellis.services.studio import spreadsheet
from trellis.services.transfer.acting import as_user
from trellis.services.workspaces import Workspaces
from trellis.storage.database import Database
from trellis.web.http import SESSION_COOKIE

DEAL = "sales.opportunity"
MAIL, PASSWORD = "rita@example.com", "correct horse battery"
STATEMENTS = {
    "/": 0,
    "/admin": 0,
    "/admin/access": 2,  # who is meant, and that person's roles and teams; a record takes more
    "/admin/audit": 11,  # both tables, the names of people, titles of five entities, what links lead to, and the chain twice
    "/admin/audit/file": 9,
    "/admin/sign-in": 1,
    "/admin/sign-in/new": 0,
    "/admin/sign-in/{provider}": 1,
    "/admin/handovers": 2,  # the last ones, and people to choose from
    "/admin/handovers/new": 13,  # who it is, one for each kind of belongings, the account, and people to choose from
    "/admin/teams": 1,
    "/admin/users": 3,  # how many, the page of them, and the teams
    "/admin/users/invite": 1,
    "/admin/users/new-service": 0,
    "/admin/users/{user}": 12,  # the record, the account, its browsers, tokens, links and providers, the teams, and who may be a manager
    "/account": 1,
    "/account/security": 3,  # the second factor, whether there is a password, and linked providers
    "/account/tokens": 1,
    "/api/v1/audit": 8,  # both tables, the names of people, and the titles of five entities
    "/api/v1/audit/status": 2,
    "/api/v1/handovers": 1,
    "/api/v1/handovers/preview": 11,  # one for each kind of belongings, and the account
    "/api/v1/me": 0,
    "/api/v1/metadata/documents/{document}": 0,
    "/api/v1/metadata/draft": 1,
    "/api/v1/metadata/draft/documents/{document}": 1,
    "/api/v1/metadata/entities": 0,
    "/api/v1/metadata/entities/{entity}": 0,
    "/api/v1/metadata/entities/{entity}/form": 0,
    "/api/v1/metadata/layers/{layer}": 0,
    "/api/v1/metadata/packs": 0,
    "/api/v1/metadata/packs/{pack}": 0,
    "/api/v1/metadata/packs/{pack}/plan": 10,  # roles go too, so who has which is asked
    "/api/v1/metadata/plan": 6,
    "/api/v1/metadata/releases": 1,
    "/api/v1/metadata/releases/{number}": 3,
    "/api/v1/metadata/releases/{number}/plan": 9,
    "/api/v1/metadata/usage": 1,
    "/api/v1/metadata/putaside": 1,
    "/api/v1/metadata/putaside/{entity}/{field}": 1,
    "/api/v1/metadata/retired": 2,
    "/api/v1/metadata/views": 0,
    "/api/v1/openapi.json": 0,
    "/api/v1/users": 2,
    "/api/v1/users/{user}": 7,
    "/api/v1/users/{user}/tokens": 1,
    "/api/v1/users/{user}/identities": 1,
    "/api/v1/records/{entity}": 1,
    "/api/v1/records/{entity}/export": 2,  # the rows, and the line of the log
    "/api/v1/records/{entity}/{record}": 1,
    "/api/v1/records/{entity}/{record}/explain/{field}": 2,
    "/api/v1/access/explain": 0,
    "/api/v1/records/{entity}/{record}/history": 2,
    "/api/v1/records/{entity}/{record}/shares": 2,
    "/expressions": 1,
    "/expressions/check": 0,
    "/expressions/complete": 0,
    "/files/{file}": 2,
    "/forgot": 0,
    "/link/{secret}": 0,
    "/login": 0,
    "/bin": 0,
    "/import": 0,
    "/menu": 0,
    "/records/{entity}": 2,  # what its columns come to is asked beside the page
    "/records/{entity}/assign": 6,  # the records, their names, how many there are, what goes along, and people
    "/records/{entity}/bin": 1,
    "/records/{entity}/export": 2,
    "/records/{entity}/import": 1,
    "/records/{entity}/lookup/{field}": 2,
    "/records/{entity}/new": 1,
    "/records/{entity}/change": 3,
    "/records/{entity}/share": 3,  # the records, their names, how many there are
    "/records/{entity}/share/grantees": 2,
    "/records/{entity}/{record}": 3,  # the record, its related list, its shares
    "/records/{entity}/{record}/access": 4,  # the record, its shares, the rights to comment and to export it
    "/records/{entity}/{record}/access/grantees": 3,
    "/records/{entity}/{record}/assign": 4,
    "/records/{entity}/{record}/edit": 1,
    "/records/{entity}/{record}/explain/{field}": 2,
    "/records/{entity}/{record}/reveal/{field}": 3,  # as the record
    "/search": 9,  # one for each entity that can be searched
    "/studio": 1,
    "/studio/discard": 1,
    "/studio/documents": 1,
    "/studio/documents/{document}": 1,
    "/studio/documents/{document}/download": 1,
    "/studio/entities/{entity}": 1,
    "/studio/entities/{entity}/add": 1,
    "/studio/background": 2,  # the work, and the draft
    "/studio/entities/{entity}/fields/{key}": 2,  # the draft, and the values of the field that wait
    "/studio/entities/{entity}/fields/{key}/usage": 2,
    "/studio/entities/{entity}/forms": 1,
    "/studio/entities/{entity}/indexes": 1,
    "/studio/entities/{entity}/lists": 1,
    "/studio/entities/{entity}/parts/{member}": 1,
    "/studio/entities/{entity}/parts/{member}/{part}": 1,
    "/studio/entities/{entity}/rules": 1,
    "/studio/entities/{entity}/settings": 1,
    "/studio/entities/{entity}/usage": 2,
    "/studio/expressions/check": 1,
    "/studio/expressions/complete": 1,
    "/studio/new-document": 1,
    "/studio/new-entity": 1,
    "/studio/optionsets": 1,
    "/studio/optionsets/{optionset}": 1,
    "/why": 3,  # one's manager, who looks after users, and their names
    "/studio/changes": 7,
    "/studio/packs": 1,
    "/studio/packs/{pack}": 1,
    "/studio/packs/{pack}/change/{action}": 20,  # as many more as people lose records of entities that stay
    "/studio/packs/{pack}/download": 0,
    "/studio/releases": 4,
    "/studio/releases/{number}": 6,
    "/studio/releases/{number}/restore": 10,
    "/studio/retired": 3,
    "/studio/spreadsheet": 2,
    "/studio/spreadsheet/{run}": 3,  # the file, and twice the draft: for its ids, for the bar
    "/studio/forms/{form}": 2,
    "/studio/forms/{form}/preview": 3,
    "/studio/navigation": 1,
    "/studio/navigation/{menu}": 1,
    "/studio/new-view": 1,
    "/studio/putaside": 2,
    "/studio/putaside/{entity}/{key}": 2,
    "/studio/putaside/{entity}/{key}/dismiss": 1,
    "/studio/putaside/{entity}/{key}/values.csv": 1,
    "/studio/roles": 2,  # the draft, and how many people have which role
    "/studio/roles/{role}": 2,
    "/studio/roles/{role}/try": 1,  # nobody is asked for; then one for each entity
    "/studio/sharing": 1,
    "/studio/translations": 1,
    "/studio/translations/{locale}": 1,
    "/studio/translations/{locale}/texts.csv": 1,
    "/studio/views/{view}": 2,  # the draft, and the list below
    "/studio/views/{view}/fields": 1,
}
"""By path, asked a second time; `{entity}` is the deals, `{record}` one of them. A new address stands here first."""

PARAMETERS = {
    "/admin/access": f"?user={{user}}&entity={DEAL}&action=edit",
    "/api/v1/access/explain": f"?entity={DEAL}&action=edit",
    "/why": "?entity=core.user&action=delete",
    "/admin/handovers/new": "?user={user}",
    "/api/v1/handovers/preview": "?user={user}",
    "/api/v1/metadata/packs/{pack}/plan": "?action=disable",
    "/search": "?q=deal",
    "/expressions": f"?entity={DEAL}&expr=amount",
    "/expressions/check": f"?entity={DEAL}&expr=amount",
    "/expressions/complete": f"?entity={DEAL}&expr=am",
    "/studio/expressions/check": f"?entity={DEAL}&expr=amount",
    "/api/v1/metadata/usage": f"?of={DEAL}",
    "/studio/expressions/complete": f"?entity={DEAL}&expr=am",
    "/studio/entities/{entity}/add": "?type=lookup",
}

DESIGN = "/api/v1/metadata/"
"""Where the addresses for whoever may change definitions are."""

NOT_COUNTED = {
    "/studio/sharing/{sharing}": "no pack has one; it counts what it concerns",
    "/login/code": "opens for who has just given a password",
    "/login/oidc/{provider}": "leads to another server",
    "/login/oidc/{provider}/callback": "opens for who comes back from another server",
    "/health": "asks for no record",
    "/assets/{file_path}": "files",
    "/studio/packs/uploads/{name}": "shows a file that was just sent",
    "/password": "opens for who has come by a link in a letter",
}
RUNS = (
    "/records/{entity}/import/{run}", "/records/{entity}/assign/{handover}", "/admin/handovers/{handover}",
    "/api/v1/handovers/{handover}", "/records/{entity}/bulk/{operation}",
)  # fmt: skip
"""The pages of an import or a hand-over under way are not counted: they show what another process does."""


class Web(NamedTuple):
    """The application on a database that counts, a rep and a designer who are signed in, and one deal of many."""

    app: Litestar
    database: CountingDatabase
    session: str
    designer: str
    token: str
    design_token: str
    deal: str
    file: str
    sheet: str
    user: str

    def client(self, path: str) -> httpx.AsyncClient:
        """A program with a token for the API, a browser with a session for pages."""
        transport = httpx.ASGITransport(app=self.app)  # type: ignore[arg-type]
        if path.startswith("/api/"):
            token = (
                self.design_token
                if path.startswith((DESIGN, "/api/v1/handovers", "/api/v1/audit", "/api/v1/users"))
                else self.token
            )
            return httpx.AsyncClient(
                transport=transport, base_url="http://test", headers={"authorization": f"Bearer {token}"}
            )
        session = self.designer if path.startswith(("/studio", "/admin")) else self.session
        return httpx.AsyncClient(transport=transport, base_url="http://test", cookies={SESSION_COOKIE: session})


@pytest.fixture
async def web(database_url: str, tmp_path: Path) -> AsyncIterator[Web]:
    """Thirty deals of one account, so that a list has more than a page."""
    url = database_url if database_url.startswith("postgresql:") else ""
    settings = Settings(data=str(tmp_path / "files" if url else database_url), database_url=url)
    database = await Database.open(settings)
    workspace = await database.create_workspace("main")
    clock = FixedClock(NOW)
    await install_packs(database, workspace, load_folder(packs_folder()).documents, clock, actor=SYSTEM, note="test")
    counting = CountingDatabase(database)
    workspaces = Workspaces(cast(Database, counting), clock)
    context = await (await workspaces.named("main")).context()
    deal = await _deals(context)
    user = await accounts.create_user(context, email=MAIL, name="Rita", password=PASSWORD, roles=["sales.manager"])
    token = await accounts.create_token(context, user, "test")
    session = await accounts.start_session(context, user)
    admin = await accounts.create_user(context, email="ada@example.com", name="Ada", roles=["core.admin"])
    designer = await accounts.start_session(context, admin)
    design_token = await accounts.create_token(context, admin, "test")
    file = await upload(context, File(type="file"), "a.txt", "text/plain", _pieces())
    await oidc.save(context, oidc.Provider("corp", "Corp", "https://idp.example", "trellis"))
    sheet = (await spreadsheet.upload(await as_user(context, "ada@example.com"), "a.csv", _pieces())).id
    yield Web(build(workspaces, settings), counting, session, designer, token, design_token, deal, file, sheet, user)
    await database.close()


async def _pieces() -> AsyncIterator[bytes]:
    yield b"content"


async def _deals(context: Context) -> str:
    (account,) = await write(context, "sales.account", [Create({"name": "Northwind"})])
    given = {"account": account.id, "amount": "5.00", "close_date": "2026-12-01"}
    made = await write(context, DEAL, [Create({"name": f"Deal {number}", **given}) for number in range(30)])
    await write(context, DEAL, [Delete(made[0].id)])
    return made[1].id


def paths(app: Litestar) -> set[str]:
    """The paths of all addresses that can be read."""
    return {route.path_format for route in app.routes if "GET" in (getattr(route, "methods", None) or ())}


async def test_every_address_runs_just_these_statements(web: Web) -> None:
    found = {}
    for path in sorted(path for path in paths(web.app) - NOT_COUNTED.keys() if not path.startswith(RUNS)):
        address = path.format(
            view=f"{DEAL}_open",
            menu="sales.main_nav",
            layer="sales",
            secret="secret",
            user=web.user,
            provider="corp",
            pack="sales",
            role="sales.rep",
            locale="zh-CN",
            entity=DEAL,
            key="account",
            action="disable",
            member="validations",
            part="large_discount",
            number=1,
            optionset="sales.lead_source",
            document=DEAL,
            record=web.deal,
            field="account",
            file=web.file,
            run=web.sheet,
            form=f"{DEAL}_form",
        ) + PARAMETERS.get(path, "").replace("{user}", web.user)
        async with web.client(path) as client:
            await client.get(address)
            with web.database.counting() as tally:
                answer = await client.get(address)
        found[path] = len(tally)
        assert answer.status_code < 400, (address, answer.text[:300])

    assert found == STATEMENTS

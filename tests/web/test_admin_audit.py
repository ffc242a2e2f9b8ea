"""The page of the audit log, its file, and the same for programs: only for those with the right."""

import csv
import html
import io
import re
from datetime import timedelta
from typing import cast

from tests.support.auditlog import run
from tests.web.conftest import Server
from trellis.kernel.clock import FixedClock
from trellis.services import audit
from trellis.services.audit.log import log_of
from trellis.services.audit.remembered import verify_and_remember
from trellis.services.audit.sealing import seal
from trellis.services.commands import Create, Delete, Update
from trellis.services.records import write

ACCOUNT = "sales.account"
HOSTILE = "<script>alert(1)</script>{0}{who}"


def lines(page: str) -> list[str]:
    return re.findall(r"<summary>([^<]*)</summary>\s*(?:<dl|<p)", page)


async def test_the_log_is_read_searched_and_taken_as_a_file(server: Server) -> None:
    async with await server.browser("Ada", "core.admin") as browser:
        clock = cast(FixedClock, server.context.clock)
        clock.advance(timedelta(seconds=1))
        (made,) = await write(server.context, ACCOUNT, [Create({"name": HOSTILE})])
        await write(server.context, ACCOUNT, [Update(made.id, {"name": "Acme"})])
        clock.advance(timedelta(seconds=1))
        await audit.noted(server.context, "something.new", note=HOSTILE)
        await seal(log_of(server.context))

        page = await browser.get("/admin/audit")
        assert page.status_code == 200
        assert lines(page.text)[:3] == [
            "System: something.new", "System changed Account “Acme”", "System created Account “Acme”"
        ]  # fmt: skip
        assert "<script>alert" not in page.text
        assert "Sealed up to block" in page.text

        narrowed = await browser.get("/admin/audit", params={"kind": "record", "record": made.id, "from": "2026-11-21"})
        assert len(lines(narrowed.text)) == 2
        assert "Only this one record" in narrowed.text
        nothing = await browser.get("/admin/audit", params={"until": "2020-01-01", "text": "\x00%_'\"", "kind": "x.y"})
        assert "Nothing was found." in nothing.text
        assert (await browser.get("/admin/audit?from=yesterday&before=nothing")).status_code == 400

        clock.advance(timedelta(seconds=1))
        file = await browser.get("/admin/audit/file", params={"entity": ACCOUNT})
        rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
        assert [row["kind"] for row in rows] == ["record.changed", "record.created"]
        assert (
            lines((await browser.get("/admin/audit")).text)[0] == "Ada exported lines of the audit log, from 127.0.0.1"
        )


async def test_older_lines_are_one_page_further(server: Server) -> None:
    await write(server.context, ACCOUNT, [Create({"name": f"Account {number}"}) for number in range(60)])
    async with await server.browser("Ada", "core.admin") as browser:
        first = await browser.get("/admin/audit?entity=sales.account")
        older = re.search(r'href="(/admin/audit\?[^"]*before=[^"]*)"', first.text)
        assert older
        second = await browser.get(older[1].replace("&amp;", "&"))

    assert (len(lines(first.text)), len(lines(second.text))) == (50, 10)
    assert not set(lines(first.text)) & set(lines(second.text))


async def test_the_log_is_for_those_with_the_right_only(server: Server) -> None:
    (made,) = await write(server.context, ACCOUNT, [Create({"name": "Secretive"})])
    async with await server.browser("Sam", "sales.rep") as browser, server.client(await server.token("Rob")) as api:
        for path in ("/admin/audit", "/admin/audit/file"):
            page = await browser.get(path, params={"record": made.id})
            assert page.status_code == 403
            assert "Secretive" not in page.text
        assert (await api.get("/api/v1/audit")).status_code == 403
    async with server.client() as nobody:
        assert (await nobody.get("/api/v1/audit")).status_code == 401
        assert (await nobody.get("/admin/audit")).status_code in (302, 303, 401)


async def test_programs_collect_the_log(server: Server) -> None:
    (made,) = await write(server.context, ACCOUNT, [Create({"name": "Acme"})])
    await write(server.context, ACCOUNT, [Delete(made.id)])
    async with server.client(await server.token("Ada", "core.admin")) as api:
        first = (await api.get("/api/v1/audit", params={"record": made.id, "limit": 1})).json()
        second = (await api.get("/api/v1/audit", params={"record": made.id, "cursor": first["next"]})).json()
        assert [item["kind"] for item in (*first["items"], *second["items"])] == ["record.deleted", "record.created"]
        assert first["items"][0]["text"] == "System moved Account “Acme” to the bin"
        assert second["items"][0]["changes"]["name"] == {"old": None, "new": "Acme"}
        assert second["next"] is None
        assert (await api.get("/api/v1/audit?from=soon")).status_code == 422
        assert (await api.get("/api/v1/audit?who=me")).status_code == 400
        assert (await api.get("/api/v1/audit?cursor=x")).status_code == 400


async def test_the_page_says_what_the_verification_has_found(server: Server) -> None:
    log = log_of(server.context)
    await write(server.context, ACCOUNT, [Create({"name": "Acme"})])
    await seal(log)
    async with await server.browser("Ada", "core.admin") as browser:
        first = (await browser.get("/admin/audit")).text
        await verify_and_remember(log)
        fine = (await browser.get("/admin/audit")).text
        async with server.context.database.write(log.workspace) as connection:
            await run(connection, "UPDATE {history} SET actor = 'eve' WHERE seq = 1")
        await verify_and_remember(log)
        broken = (await browser.get("/admin/audit")).text
        status = (await browser.get("/api/v1/audit/status")).json()

        cast(FixedClock, server.context.clock).advance(timedelta(days=3))
        late = (await browser.get("/admin/audit")).text

    assert ["more than two days ago" in page for page in (fine, late)] == [False, True]
    assert "The chain was not verified yet." in first
    assert "nothing was changed." in fine
    assert "behind Trellis' back, 1 findings." in html.unescape(broken)
    assert "rows 1 of the table history were edited." in broken
    assert (status["verified"]["findings"], status["verified"]["firstBroken"]) == (1, 1)
    assert status["verified"]["found"][0]["kind"] == "edited"
    async with await server.browser("Rep", "sales.rep") as rep:
        assert (await rep.get("/api/v1/audit/status")).status_code == 403

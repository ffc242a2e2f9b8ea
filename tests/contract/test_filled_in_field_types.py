"""Every registered field type in the pages: the form of a record shows its values and posts them back unharmed."""

from collections.abc import AsyncIterator
from urllib.parse import urlencode

import httpx
import pytest

from tests.support.application import build
from tests.support.browsing import PageForm, Pairs
from tests.support.fieldtypes import CASES
from tests.support.hostile import hostile_strings
from tests.support.laboratory import CLOCK, SCRATCH, Laboratory, plugin_types, spec
from trellis.engine.query import Query
from trellis.kernel.settings import Settings
from trellis.services import accounts, queries
from trellis.services.commands import Create, Update
from trellis.services.records import write
from trellis.services.workspaces import Workspaces
from trellis.web.http import SESSION_COOKIE

KEYS = tuple(key for key in CASES if spec(key).writable)
CHOSEN = ("agreed", "colour", "palette")
"""Fields in whose inputs nothing can be typed."""

FORM = {"content-type": "application/x-www-form-urlencoded"}
MOST = max(len(CASES[key].kept) for key in KEYS)


@pytest.fixture
async def browser(lab: Laboratory) -> AsyncIterator[httpx.AsyncClient]:
    """A clerk who is signed in, far from Greenwich."""
    workspaces = Workspaces(lab.context.database, CLOCK)
    with plugin_types():
        system = await (await workspaces.named("main")).context()
    mail = f"clerk{id(workspaces)}@example.com"
    user = await accounts.create_user(system, email=mail, name="Clerk", roles=["lab.clerk"])
    await write(system, "core.user", [Update(user, {"time_zone": "America/St_Johns"})])
    cookies = {SESSION_COOKIE: await accounts.start_session(system, user)}
    transport = httpx.ASGITransport(app=build(workspaces, Settings()))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", cookies=cookies) as client:
        yield client


async def form_of(browser: httpx.AsyncClient, address: str) -> PageForm:
    """The form on a page."""
    page = await browser.get(address)
    assert page.status_code == 200, page.text[:500]
    return PageForm(page.text, "record-form")


async def posted(browser: httpx.AsyncClient, form: PageForm, pairs: Pairs) -> None:
    """Post it as a browser does; it must be saved."""
    body = urlencode(pairs)
    answer = await browser.post(form.action, content=body, headers=FORM)
    assert answer.status_code == 303, answer.text[:3000]


def edit_of(record: str) -> str:
    return f"/records/{SCRATCH}/{record}/edit"


async def test_saving_an_untouched_form_changes_nothing(lab: Laboratory, browser: httpx.AsyncClient) -> None:
    rows = [{key: CASES[key].kept[place % len(CASES[key].kept)] for key in KEYS} for place in range(MOST)]
    commands = [Create({"name": f"form {place}", **row}) for place, row in enumerate([*rows, {}])]

    for outcome in await write(lab.context, SCRATCH, commands):
        before = await queries.get_record(lab.context, SCRATCH, outcome.id)
        form = await form_of(browser, edit_of(outcome.id))
        await posted(browser, form, form.pairs)
        after = await queries.get_record(lab.context, SCRATCH, outcome.id)

        assert {key: after.values[key] for key in KEYS} == {key: before.values[key] for key in KEYS}
        assert after.version == 1


async def test_a_new_record_takes_what_another_one_shows(lab: Laboratory, browser: httpx.AsyncClient) -> None:
    rows = [{key: CASES[key].kept[place % len(CASES[key].kept)] for key in KEYS} for place in range(MOST)]
    commands = [Create({"name": f"model {place}", **row}) for place, row in enumerate(rows)]

    for place, outcome in enumerate(await write(lab.context, SCRATCH, commands)):
        model = await form_of(browser, edit_of(outcome.id))
        empty = await form_of(browser, f"/records/{SCRATCH}/new")
        own = [pair for pair in empty.pairs if pair[0].startswith("_")]
        shown = [pair for pair in model.pairs if pair[0] in KEYS]
        await posted(browser, empty, [*own, ("name", f"copy {place} of {outcome.id}"), *shown])
        copies = await queries.list_records(
            lab.context, Query(SCRATCH, KEYS, filter=f"name == 'copy {place} of {outcome.id}'")
        )

        (copy,) = copies.records()
        assert {key: _without_order(copy[key]) for key in KEYS} == {
            key: _without_order(rows[place][key]) for key in KEYS
        }


def _without_order(value: object) -> object:
    """Boxes that are ticked have no order."""
    return set(value) if isinstance(value, tuple) else value


async def test_every_value_can_be_taken_out_of_its_form(lab: Laboratory, browser: httpx.AsyncClient) -> None:
    row = {key: CASES[key].kept[0] for key in KEYS}
    (made,) = await write(lab.context, SCRATCH, [Create({"name": "emptied", **row})])
    form = await form_of(browser, edit_of(made.id))

    await posted(browser, form, [(key, "" if key in KEYS else text) for key, text in form.pairs])

    record = await queries.get_record(lab.context, SCRATCH, made.id)
    assert {key: record.values[key] for key in KEYS} == {key: () if spec(key).multiple else None for key in KEYS}


async def test_a_link_is_taken_out_by_its_button(lab: Laboratory, browser: httpx.AsyncClient) -> None:
    linked = [key for key in KEYS if spec(key).target]
    row = {key: CASES[key].kept[0] for key in linked}
    (made,) = await write(lab.context, SCRATCH, [Create({"name": "unlinked", **row})])
    form = await form_of(browser, edit_of(made.id))

    for key in linked:
        button = ("_remove", f"{key}:{''.join(row[key])}")
        answer = await browser.post(form.action, content=urlencode([*form.pairs, button]), headers=FORM)
        assert answer.status_code == 200
        form = PageForm(answer.text, "record-form")
    await posted(browser, form, form.pairs)

    record = await queries.get_record(lab.context, SCRATCH, made.id)
    assert [record.values[key] for key in linked if record.values[key] not in (None, ())] == []


async def test_what_cannot_be_read_comes_back_as_typed(lab: Laboratory, browser: httpx.AsyncClient) -> None:
    typed = {key: CASES[key].bad_texts[0] for key in KEYS if CASES[key].bad_texts and key not in CHOSEN}
    form = await form_of(browser, f"/records/{SCRATCH}/new")
    pairs = [(key, typed.get(key, text)) for key, text in form.pairs]

    answer = await browser.post(form.action, content=urlencode(pairs), headers=FORM)

    assert answer.status_code == 422
    again = dict(PageForm(answer.text, "record-form").pairs)
    assert {key: again[key] for key in typed} == typed
    assert all(f'id="{key}-error"' in answer.text for key in typed)


async def test_hostile_text_passes_through_a_form(lab: Laboratory, browser: httpx.AsyncClient) -> None:
    commands = [
        Create({"name": "hostile", "line": text, "story": text, "extra": [text]}) for text in hostile_strings()[::8]
    ]

    for outcome in await write(lab.context, SCRATCH, commands, atomic=False):
        if outcome.error is None:
            form = await form_of(browser, edit_of(outcome.id))
            await posted(browser, form, form.pairs)
            assert (await queries.get_record(lab.context, SCRATCH, outcome.id)).version == 1

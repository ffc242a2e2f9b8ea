"""A proposal as documents of the draft, and the imports that wait until they are published."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from trellis.kernel.errors import NotFound
from trellis.kernel.identity import new_id
from trellis.kernel.messages import Message, Translate
from trellis.metadata.documents import Navigation
from trellis.services.context import Context
from trellis.services.proposing.documents import documents, with_entry, without_entries
from trellis.services.proposing.edits import check
from trellis.services.proposing.mappings import mapping_of_proposal
from trellis.services.proposing.proposal import Proposal
from trellis.services.proposing.separating import Separated, separated
from trellis.services.studio import drafts
from trellis.services.studio.drafts import Draft
from trellis.services.studio.spreadsheet import Start, require, save, told_of
from trellis.services.transfer import uploads
from trellis.storage import importruns
from trellis.storage.importruns import ImportRun

OWN_MENU = "x.main_nav"
_MENU = Message("Own lists")


async def open_as_draft(context: Context, start: Start, translate: Translate) -> ImportRun:
    """Put the entity and what belongs to it into the draft; raises Invalid, Forbidden.

    The file waits with its mapping until somebody has published the draft. What an earlier opening of the same file
    has put there goes.
    """
    require(context)
    draft = await drafts.load(context)
    before = set(told_of(start.run).get("documents", ()))
    known = frozenset(draft.merged.raw) - before
    check(start.wanted, known)
    whole = separated(start.wanted, start.edits.splits, {name.partition(".")[2] for name in known})
    wanted = [
        *(document for part in whole.parts for document in documents(part, translate, start.edits.extras)),
        *documents(whole.rows, translate, start.edits.extras),
    ]
    await _withdraw(context, before - {document["id"] for document in wanted})
    for document in wanted:
        draft = await drafts.save(context, document)
    if start.edits.menu:
        await _into_menu(context, draft, start, whole, translate)
    return await _keep(context, start, whole, [document["id"] for document in wanted])


async def _withdraw(context: Context, gone: Iterable[str]) -> None:
    """Take documents out that this file brought, and the lines of menus that lead to them."""
    draft = await drafts.load(context)
    there = [name for name in gone if name in draft.merged.raw]
    for name in _own_menus(draft) if there else ():
        menu = draft.raw(name)
        left = without_entries(menu, there)
        if left != menu:
            await drafts.save(context, left)
    for name in sorted(there, key=lambda name: draft.merged.raw[name]["kind"] == "entity"):
        await drafts.remove(context, name)


async def _into_menu(context: Context, draft: Draft, start: Start, whole: Separated, translate: Translate) -> None:
    own = _own_menus(draft)
    menu: Mapping[str, Any] = {"kind": "navigation", "id": OWN_MENU, "label": _MENU.translated(translate), "items": {}}
    if own:
        menu = draft.raw(min(own, key=lambda name: (name != OWN_MENU, name)))
    for part in (*whole.parts, whole.rows):
        menu = with_entry(menu, part, start.edits.extras)
    await drafts.save(context, menu)


def _own_menus(draft: Draft) -> list[str]:
    return [name for name in draft.merged.of_kind(Navigation) if name.startswith("x.")]


async def _keep(context: Context, start: Start, whole: Separated, ids: list[str]) -> ImportRun:
    """One import for each entity, those first to which others point."""
    parts = [_run(context, start, part) for part in whole.parts]
    async with context.database.write(context.workspace) as connection:
        for part in parts:
            await importruns.add(connection, part)
    told = {**told_of(start.run), "documents": ids, "parts": [part.id for part in parts]}
    mapping = _mapping(start, whole.rows)
    run = replace(start.run, entity=whole.rows.id, mapping=mapping, options=json.dumps(told, ensure_ascii=False))
    await save(context, run)
    return run


def _run(context: Context, start: Start, part: Proposal) -> ImportRun:
    run = replace(
        start.run, id=new_id(context.clock.now()), entity=part.id, mapping=_mapping(start, part), options="{}"
    )
    return replace(run, reject_file=str(uploads.rejects_of(context, run)))


def _mapping(start: Start, proposal: Proposal) -> str:
    return mapping_of_proposal(proposal, start.table.sheet, start.table.header).text


async def begin(context: Context, run: ImportRun) -> None:
    """Bring the rows in, now that the entity is published; raises NotFound, Invalid, Forbidden, Unreadable."""
    require(context)
    context.snapshot.entity(run.entity)
    parts = [await _part(context, part) for part in told_of(run).get("parts", ())]
    await uploads.begin_in_turn(context, [*parts, run])


async def _part(context: Context, run_id: str) -> ImportRun:
    async with context.database.read(context.workspace) as connection:
        run = await importruns.find(connection, run_id)
    if run is None:
        raise NotFound
    return run

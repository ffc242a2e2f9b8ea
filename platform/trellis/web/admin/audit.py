"""The page of the audit log: who did what and when, searched by its parts, and the state of the chain over it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get
from litestar.response import Stream

from trellis.kernel.messages import Message
from trellis.services.audit.details import details
from trellis.services.audit.entries import Entry
from trellis.services.audit.findingwords import said_of as said_of_finding
from trellis.services.audit.kinds import CHOICES
from trellis.services.audit.sentences import sentence
from trellis.services.audit.status import Chain, chain_of
from trellis.services.audit.timeline import RIGHT, Search, timeline
from trellis.services.context import Context
from trellis.services.transfer.auditfile import csv_lines
from trellis.web.admin.frame import admin_context, admin_page
from trellis.web.http import Asked, translate_for
from trellis.web.links import record_url
from trellis.web.pages.changes import Changed, changed, titles_of
from trellis.web.render.environment import formats_of
from trellis.web.render.formats import LocaleFormats

AUDIT = "/admin/audit"
TEXTS = ("actor", "kind", "entity", "record", "text")
ICONS = {
    "record": "pencil", "sign_in": "login", "session": "logout", "account": "user", "password": "lock",
    "second_factor": "shield-lock", "token": "key", "roles": "users", "share": "share", "export": "download",
    "import": "upload", "release": "history", "handover": "arrows-exchange", "audit": "shield-lock", "field": "eye",
}  # fmt: skip
OTHER_ICON = "bolt"
LATE = timedelta(days=2)
"""How old a verification is when nobody seems to do it any more."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what happened in words, where it leads, and what else is known."""

    when: str
    exact: str
    text: Message
    icon: str
    url: str
    same_actor: str
    same_record: str
    details: tuple[tuple[Message | str, Message | str], ...]
    changes: tuple[Changed, ...]
    created: bool
    hidden: int


@dataclass(frozen=True, slots=True)
class AuditPage:
    """The search and the lines that it found; `sealed` and `verified` are moments in words, empty where there is none; `whole` is when all of it was, `late` that it was long ago."""

    search: Search
    who: str
    lines: tuple[Line, ...]
    older: str
    newest: str
    file: str
    all: str
    chain: Chain
    sealed: str
    verified: str
    whole: str
    late: bool
    findings: tuple[Message, ...]
    choices: Mapping[str, Message]
    entities: tuple[tuple[str, str], ...]


@get(AUDIT, include_in_schema=False)
async def audit_page(request: Asked) -> Response[Any]:
    """A page of the log, newest first."""
    context = await admin_context(request, RIGHT)
    search, before = search_of(request.query_params), request.query_params.get("before")
    found = await timeline(context, search, cursor=before or None)
    formats, chain, said = formats_of(request, context), await chain_of(context), said_of(search)
    named = (entry.actor_name for entry in found.entries if entry.actor == search.actor)
    page = AuditPage(
        search,
        who=next(named, search.actor[:8]),
        lines=await _lines(context, found.entries, formats),
        older=_address({**said, "before": found.next}) if found.next else "",
        newest=_address(said) if before else "",
        file=_address(said, "/file"),
        all=AUDIT if said else "",
        chain=chain,
        sealed=formats.datetime(chain.sealed_at) if chain.sealed_at else "",
        verified=formats.datetime(chain.verdict.at) if chain.verdict else "",
        whole=formats.datetime(chain.verdict.whole_at) if chain.verdict and chain.verdict.whole_at else "",
        late=bool(chain.verdict and context.now() - chain.verdict.at > LATE),
        findings=tuple(map(said_of_finding, chain.verdict.found)) if chain.verdict else (),
        choices=CHOICES,
        entities=_entities(context),
    )
    return await admin_page(request, context, "admin/audit.html", page)


@get(AUDIT + "/file", include_in_schema=False)
async def audit_file(request: Asked) -> Stream:
    """The lines that a search finds, as CSV; the log says that they were taken."""
    context = await admin_context(request, RIGHT)
    search = search_of(request.query_params)
    pieces = csv_lines(context, search, said_of(search), translate_for(request, context))
    name = f"audit-{context.today().isoformat()}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Stream(pieces, media_type="text/csv", headers=headers)


def search_of(given: Mapping[str, str]) -> Search:
    """The search that an address asks for; days that are none do not matter."""
    texts = {name: given.get(name, "").replace("\0", "").strip()[:200] for name in TEXTS}
    return Search(_day(given.get("from", "")), _day(given.get("until", "")), **texts)


def said_of(search: Search) -> dict[str, str]:
    """The search as an address says it."""
    days = {"from": search.since, "until": search.until}
    said = {name: day.isoformat() for name, day in days.items() if day}
    texts = {name: getattr(search, name) for name in TEXTS}
    return said | {name: text for name, text in texts.items() if text}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _address(said: Mapping[str, str], below: str = "") -> str:
    return f"{AUDIT}{below}?{urlencode(said)}" if said else f"{AUDIT}{below}"


def _entities(context: Context) -> tuple[tuple[str, str], ...]:
    localised = context.snapshot.localised(context.locale)
    return tuple(
        sorted(((entity.id, entity.plural) for entity in localised.entities.values()), key=lambda pair: pair[1])
    )


async def _lines(context: Context, entries: Sequence[Entry], formats: LocaleFormats) -> tuple[Line, ...]:
    titles: dict[str, str] = {}
    snapshot = context.snapshot.localised(context.locale)
    for entity in dict.fromkeys(entry.entity for entry in entries if entry.changes):
        changes = [entry.changes for entry in entries if entry.entity == entity]
        titles |= await titles_of(context, snapshot.entity(entity), changes, set())
    return tuple(_line(context, entry, titles, formats) for entry in entries)


def _line(context: Context, entry: Entry, titles: Mapping[str, str], formats: LocaleFormats) -> Line:
    entity = context.snapshot.localised(context.locale).entities.get(entry.entity)
    fields = entity.all_fields if entity is not None else {}
    return Line(
        when=formats.datetime(entry.at),
        exact=entry.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        text=sentence(context, entry),
        icon=ICONS.get(entry.kind.partition(".")[0], OTHER_ICON),
        url=record_url(entry.entity, entry.record) if entry.seen and entry.kind != "record.deleted" else "",
        same_actor=_address({"actor": entry.actor}) if entry.actor else "",
        same_record=_address({"entity": entry.entity, "record": entry.record}) if entry.record else "",
        details=tuple(details(entry)),
        changes=tuple(
            changed(fields[key], old, new, titles, formats)
            for key, (old, new) in entry.changes.items()
            if key in fields
        ),
        created=entry.kind == "record.created",
        hidden=entry.hidden,
    )


HANDLERS: list[Any] = [audit_page, audit_file]

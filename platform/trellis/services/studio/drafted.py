"""What a draft is over a release: the same for everybody who works on it, and kept until somebody changes it."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from trellis.kernel.errors import Finding
from trellis.metadata.intent import Intent
from trellis.metadata.layers.places import MISSING, value_at
from trellis.metadata.merged import Merged
from trellis.metadata.pointers import parts_of
from trellis.metadata.snapshot import Snapshot
from trellis.services.context import Context, Release
from trellis.services.studio.assembling import Assembled, assembled, same_text
from trellis.services.studio.decisions import Decisions
from trellis.services.studio.judging import findings_of
from trellis.services.studio.layering import about, body_in, replaced
from trellis.storage import drafts as storage
from trellis.storage.connection import Connection
from trellis.storage.drafts import Held, body_hash

Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DraftChange:
    """One document that will be another one: `what` is added, changed or removed; `by` is the id of a user.

    With `conflict` somebody published another state of it since the change began; see `resolve`.
    """

    document: str
    what: str
    by: str
    at: datetime
    version: int
    conflict: bool
    can_undo: bool
    can_redo: bool


@dataclass(frozen=True, eq=False)
class Drafted:
    """A draft without whoever looks at it; `stamp` changes with every save."""

    release: int
    stamp: int
    held: Mapping[str, Held]
    decisions: Decisions
    assembled: Assembled
    changes: tuple[DraftChange, ...]
    intent: Intent
    findings: Mapping[str, tuple[Finding, ...]]

    @property
    def merged(self) -> Merged:
        return self.assembled.merged


async def current(context: Context) -> Drafted:
    """The draft as it is now: one statement when nothing changed since somebody looked, three otherwise."""
    async with context.database.read(context.workspace) as connection:
        number = await storage.stamp(connection)
        found = kept(context.release)
        if found is not None and found.stamp == number:
            return found
        content = await _content(connection)
    return await _made(context.release, number, *content)


def kept(release: Release) -> Drafted | None:
    """The draft that was looked at last in this process."""
    found = release.derived.get(Drafted)
    return found if isinstance(found, Drafted) else None


async def read(connection: Connection, release: Release, number: int) -> Drafted:
    """The draft from the database; it is the one of a stamp, or newer."""
    return await _made(release, number, *await _content(connection))


async def _content(connection: Connection) -> tuple[tuple[Held, ...], str | None]:
    return await storage.held(connection), await storage.decisions(connection)


async def _made(release: Release, number: int, held: Iterable[Held], decisions: str | None) -> Drafted:
    rows = {row.document: row for row in held}
    # a big model takes a while: others go on being served
    made = await asyncio.to_thread(_drafted, release, number, rows, Decisions.read(decisions))
    known = kept(release)
    if known is None or known.stamp <= number:
        release.derived[Drafted] = made
    return made


def in_force(snapshot: Snapshot, document: str) -> Raw | None:
    """The customer's source for a document in the release."""
    return body_in(snapshot.composition, document)


def _drafted(release: Release, number: int, held: Mapping[str, Held], decisions: Decisions) -> Drafted:
    base = release.snapshot
    bodies = {key: row.body for key, row in held.items() if not same_text(row.body, in_force(base, key))}
    made = assembled(base, replaced(base.composition, bodies) if bodies else base.sources.values())
    return Drafted(
        release.number,
        number,
        held,
        decisions,
        made,
        tuple(_change(base, made, held[key]) for key in bodies),
        decisions.intent(lambda path: _is_at(base.raw, path), lambda path: _is_at(made.merged.raw, path)),
        _by_effective(made.merged, findings_of(base, made)),
    )


def _change(base: Snapshot, made: Assembled, row: Held) -> DraftChange:
    before, after = row.document in base.raw, row.document in made.merged.raw
    what = "changed" if before == after else "added" if after else "removed"
    conflict = row.base_hash != body_hash(in_force(base, row.document))
    return DraftChange(
        row.document, what, row.updated_by, row.updated_at, row.version, conflict, row.can_undo, row.can_redo
    )


def _is_at(documents: Mapping[str, Raw], path: str) -> bool:
    """Whether documents have the thing at a path of the ledger."""
    document, _, place = path.partition("#")
    return document in documents and value_at(documents[document], tuple(parts_of(place))) is not MISSING


def _by_effective(merged: Merged, findings: Iterable[Finding]) -> Mapping[str, tuple[Finding, ...]]:
    """Findings by the effective document that they are about, also those about its extension."""
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(_about(merged, finding.document), []).append(finding)
    return {key: tuple(entries) for key, entries in sorted(found.items())}


def _about(merged: Merged, document: str) -> str:
    source = merged.snapshot.sources.get(document)
    return about(source) if source is not None else document

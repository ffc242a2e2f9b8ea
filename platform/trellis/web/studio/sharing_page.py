"""What the pages of documents that share records show."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trellis.kernel.messages import Message
from trellis.metadata.documents import Sharing
from trellis.metadata.snapshot import Snapshot
from trellis.services.context import Context
from trellis.services.studio.drafts import Draft
from trellis.services.studio.sharingedits import ACTIONS, Concerned, To, concerned, granted, read_to, teams
from trellis.web.http import Asked, locale_of
from trellis.web.render.sharing import ACTIONS as WORDS
from trellis.web.studio.editing import Refusal, Texts
from trellis.web.studio.onedocument import Standing, bench_of, standing_of, whose
from trellis.web.studio.panels.controls import Bench, Control, Wrong, controls_of, wrong_at
from trellis.web.studio.panels.specs import specs_of
from trellis.web.studio.panels.texts import texts_of, typed_over

Raw = Mapping[str, Any]
APART = frozenset({"entity", "to", "grant"})
"""Members that have inputs of their own."""


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One document in the list."""

    id: str
    label: str
    entity: str
    to: tuple[str, ...]
    may: tuple[Message, ...]
    origin: str
    what: str
    defects: int


@dataclass(frozen=True)
class RulesPage:
    """All of them, and the entities whose records can be shared."""

    rows: tuple[RuleLine, ...]
    entities: tuple[tuple[str, str], ...]
    wrong: Message | None = None


@dataclass(frozen=True, slots=True)
class Pick:
    """One thing to pick."""

    value: str
    label: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class ToRow:
    """One of those with whom records are shared; the last row is empty."""

    number: int
    value: str
    below: bool
    unknown: str
    wrong: tuple[Wrong, ...] = ()


@dataclass(frozen=True)
class SharingPage:
    """One document, to be filled in."""

    head: Standing
    label: str
    entity: str
    controls: tuple[Control, ...]
    rows: tuple[ToRow, ...]
    roles: tuple[Pick, ...]
    teams: tuple[Pick, ...]
    actions: tuple[tuple[str, Message, bool], ...]
    concerned: Concerned
    editable: bool
    wrong: tuple[Wrong, ...] = ()
    conflict: bool = False


def rules_page_of(request: Asked, draft: Draft, wrong: Message | None = None) -> RulesPage:
    """The list."""
    words = draft.merged.snapshot.localised(locale_of(request, draft.context))
    rows = sorted(_lines(draft, words), key=lambda row: (row.origin != "yours", row.label))
    wholes = [entity for entity in words.entities.values() if entity.traits.child_of is None]
    return RulesPage(
        tuple(rows), tuple(sorted(((one.id, one.plural) for one in wholes), key=lambda one: one[1])), wrong
    )


async def sharing_page_of(
    request: Asked, context: Context, draft: Draft, raw: Raw, texts: Texts | None, refusal: Refusal | None
) -> SharingPage:
    """One document with what was typed."""
    key, specs = str(raw["id"]), specs_of(Sharing, APART)
    bench = sharing_bench(request, draft, raw, refusal)
    known = await teams(context)
    below = draft.below(key)
    named, entity = bench.snapshot.documents.get(key), bench.snapshot.entities.get(str(raw.get("entity")))
    return SharingPage(
        head=standing_of(draft, key),
        label=(named.label if named else "") or str(raw.get("label") or key),
        entity=entity.plural if entity else str(raw.get("entity")),
        controls=controls_of(bench, specs, typed_over(texts_of(specs, raw), texts)),
        rows=tuple(_rows(bench, read_to(raw), known, editable=below is None)),
        roles=tuple(
            Pick(f"role:{role.id}", role.label)
            for role in sorted(bench.snapshot.roles.values(), key=lambda role: role.label)
        ),
        teams=tuple(Pick(f"team:{code}", name) for code, name in known),
        actions=tuple((action, WORDS[action], action in granted(raw)) for action in ACTIONS),
        concerned=await concerned(context, raw),
        editable=below is None,
        wrong=_elsewhere(bench, refusal),
        conflict=bool(refusal and refusal.conflict),
    )


def sharing_bench(request: Asked, draft: Draft, raw: Raw, refusal: Refusal | None = None) -> Bench:
    """What it takes to make the inputs; its conditions are about the records that are shared."""
    return bench_of(request, draft, raw, refusal, str(raw.get("entity", "")))


def _rows(bench: Bench, to: Sequence[To], known: Sequence[tuple[str, str]], *, editable: bool) -> Iterator[ToRow]:
    codes = {code for code, _ in known}
    for number, one in enumerate(to):
        there = one.name in (bench.snapshot.roles if one.kind == "role" else codes)
        wrong = wrong_at(bench.findings, ("to", str(number)))
        yield ToRow(number, one.value, one.below, "" if there else one.name, wrong)
    if editable:
        yield ToRow(len(to), "", False, "")


def _elsewhere(bench: Bench, refusal: Refusal | None) -> tuple[Wrong, ...]:
    """What is wrong with members that have no input to say it at."""
    found = (wrong_at(bench.findings, (member,), exact=True) for member in ("entity", "to", "grant"))
    listed = [wrong for part in found for wrong in part]
    return (
        *listed,
        *(Wrong(one.message, one.hint) for one in (refusal.findings if refusal else ()) if not one.pointer),
    )


def _lines(draft: Draft, words: Snapshot) -> Iterator[RuleLine]:
    changes = {change.document: change.what for change in draft.changes}
    for key, raw in draft.merged.raw.items():
        if raw.get("kind") != "sharing":
            continue
        named, entity = words.documents.get(key), words.entities.get(str(raw.get("entity")))
        yield RuleLine(
            id=key,
            label=(named.label if named else "") or str(raw.get("label") or key),
            entity=entity.plural if entity else str(raw.get("entity")),
            to=tuple(_name(words, one) for one in read_to(raw)),
            may=tuple(WORDS[action] for action in ("read", *granted(raw))),
            origin=whose(draft, key),
            what=changes.get(key, ""),
            defects=len(draft.findings(key)),
        )


def _name(words: Snapshot, one: To) -> str:
    role = words.roles.get(one.name) if one.kind == "role" else None
    return (role.label or role.id) if role else one.name

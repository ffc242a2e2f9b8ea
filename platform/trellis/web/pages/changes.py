"""What others changed while somebody was editing, and history in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from trellis.kernel.events import impersonator_of
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.metadata.fieldtypes import FieldType, Refused
from trellis.services import queries
from trellis.services.context import Context
from trellis.web.render.formats import LocaleFormats
from trellis.web.render.values import display


@dataclass(frozen=True)
class Changed:
    """One field of one save."""

    label: str
    old: Markup
    new: Markup


@dataclass(frozen=True)
class Saved:
    """One save in words."""

    who: str
    when: str
    action: str
    changes: tuple[Changed, ...]


@dataclass(frozen=True)
class Conflict:
    """What others saved since the form was opened."""

    saves: tuple[Saved, ...]


async def conflict_of(context: Context, entity: Entity, record: str, version: int, formats: LocaleFormats) -> Conflict:
    """The saves that came after a version."""
    current = await queries.get_record(context, entity.id, record, (), labels=False)
    newer = max(1, current.version - version)
    return Conflict((await saves_of(context, entity, record, formats))[:newer])


async def saves_of(
    context: Context, entity: Entity, record: str, formats: LocaleFormats, before: int | None = None
) -> tuple[Saved, ...]:
    """The history of a record in words, newest first; links show the titles of today."""
    entries = await queries.history(context, entity.id, record, before=before, limit=50)
    people = {entry.actor for entry in entries} | {impersonator_of(entry.causation) for entry in entries}
    titles = await titles_of(context, entity, [entry.changes for entry in entries], people)
    return tuple(
        Saved(
            _who(entry.actor, impersonator_of(entry.causation), titles, formats),
            formats.datetime(entry.at),
            entry.action.value,
            tuple(
                changed(entity.all_fields[key], old, new, titles, formats)
                for key, (old, new) in entry.changes.items()
                if key in entity.all_fields
            ),
        )
        for entry in entries
    )


def _who(actor: str, impersonator: str, titles: Mapping[str, str], formats: LocaleFormats) -> str:
    who = titles.get(actor, "") or formats.words("System")
    if not impersonator:
        return who
    other = titles.get(impersonator, "") or Message("Somebody else").translated(formats.words)
    return Message("{who} (done by {other})", {"who": who, "other": other}).translated(formats.words)


def changed(field: FieldType, old: Any, new: Any, titles: Mapping[str, str], formats: LocaleFormats) -> Changed:
    """One field of one save in words; `titles` are those of the records that links lead to."""
    return Changed(
        formats.words(field.caption), _shown(field, old, titles, formats), _shown(field, new, titles, formats)
    )


def _shown(field: FieldType, printed: Any, titles: Mapping[str, str], formats: LocaleFormats) -> Markup:
    """A value of the history, which keeps it as the API prints it."""
    if field.multiple:
        values = tuple(printed or ())
        return display(field, values, [(item, titles.get(item)) for item in values], formats)
    if field.target is not None:
        return display(field, printed, titles.get(printed or ""), formats)
    try:
        value = field.from_text(str(printed)) if isinstance(printed, str) and field.type != "longtext" else printed
    except Refused:
        return Markup("{}").format(printed)
    if field.numeric and isinstance(printed, int):
        value = printed
    return display(field, value, None, formats)


async def titles_of(
    context: Context, entity: Entity, changes: Sequence[Mapping[str, tuple[Any, Any]]], actors: set[str]
) -> dict[str, str]:
    """The titles of people, and of the records that links of some saves lead to, as far as the reader may see them."""
    wanted: dict[str, set[str]] = {"core.user": {actor for actor in actors if actor}}
    for change in changes:
        for key, pair in change.items():
            field = entity.field(key)
            if field is not None and field.target is not None:
                for printed in pair:
                    ids: list[Any] = printed if isinstance(printed, list) else [printed]
                    wanted.setdefault(field.target, set()).update(item for item in ids if item)
    found: dict[str, str] = {}
    for target, asked in wanted.items():
        if asked and context.access.allows(target, "read"):
            chosen = await queries.choices(context, target, ids=sorted(asked), limit=len(asked))
            found |= {choice.id: choice.label for choice in chosen}
    return found

"""Warnings on a form: what to look at again, and the button that saves anyway."""

from dataclasses import dataclass

from trellis.kernel.errors import FieldError, Warned
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.services import queries
from trellis.services.context import Context
from trellis.web.links import record_url

AGAIN = ":again"


@dataclass(frozen=True, slots=True)
class Other:
    """Another record that a warning is about."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Warning:
    """One warning: `others` are records one may open, `hidden` tells that there are some that one may not see."""

    path: str
    label: str
    message: Message
    others: tuple[Other, ...] = ()
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Warnings:
    """All warnings of one save; `confirmation` is what the button posts to save in spite of exactly these."""

    items: tuple[Warning, ...]
    found: tuple[FieldError, ...]
    confirmation: str


async def warnings_of(context: Context, entity: Entity, error: Warned, *, again: bool) -> Warnings:
    """The warnings of a save in the words of the reader; `entity` is in the reader's language."""
    ids = list(dict.fromkeys(record for found in error.warnings for record in found.records if record))
    chosen = await queries.choices(context, entity.id, ids=ids, limit=len(ids)) if ids else []
    titles = {choice.id: choice.label for choice in chosen}
    items = tuple(_warning(entity, found, titles) for found in error.warnings)
    return Warnings(items, error.warnings, error.fingerprint + (AGAIN if again else ""))


def _warning(entity: Entity, found: FieldError, titles: dict[str, str]) -> Warning:
    field = entity.all_fields.get(found.path)
    others = tuple(Other(titles[record], record_url(entity.id, record)) for record in found.records if record in titles)
    hidden = len(others) < len(found.records)
    return Warning(found.path, field.caption if field else "", found.message, others, hidden)

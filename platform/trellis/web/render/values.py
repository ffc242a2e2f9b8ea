"""Values in read mode as HTML: one small function per kind of field, found once per column."""

import hashlib
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from html import escape
from typing import Any

from markupsafe import Markup

from trellis.engine.access import Access
from trellis.engine.query import Masked
from trellis.kernel.clock import Clock
from trellis.metadata.documents import Level
from trellis.metadata.fieldtypes import Boolean, Email, FieldType, Json, LongText, MultiSelect, Phone, Select, Url
from trellis.web.links import record_url
from trellis.web.render.formats import LocaleFormats, distance

Cell = Callable[[Any, Any], str]
"""From the value and the title behind it (for links) to HTML."""

TONES = {"success": "ok", "danger": "bad", "warning": "warn"}
HIDDEN = Markup('<span class="t-3">{}</span>')
EMPTY = '<span class="t-3" aria-hidden="true">–</span>'


def cell_for(access: Access, field: FieldType, named: FieldType, formats: LocaleFormats) -> Cell:
    """How to show the values of a field to somebody, masked or not record by record; `named` is in his language."""
    level = access.level(field.entity, field.key)
    if level >= Level.READ or access.highest(field.entity, field.key) < Level.READ:
        return cell_of(named, formats, level)
    masked, plain = cell_of(named, formats, Level.MASKED), cell_of(named, formats)
    return lambda value, label: (masked if isinstance(value, Masked) else plain)(value, label)


def or_hidden(cell: Cell, formats: LocaleFormats) -> Cell:
    """A cell that takes the level of its field instead of a title, and tells where there is nothing to be seen."""
    hidden = str(HIDDEN.format(formats.words("hidden from you")))
    return lambda value, level: hidden if level is Level.NONE else cell(value, None)


def told_by_distance(cell: Cell, clock: Clock, formats: LocaleFormats) -> Cell:
    """A cell that tells dates and moments by their distance from now, with the date itself at hand."""

    def told(value: Any, label: Any) -> str:
        if not isinstance(value, date):
            return cell(value, label)
        away = escape(distance(value, clock.now(), formats))
        return f'<time datetime="{value.isoformat()}" title="{cell(value, label)}">{away}</time>'

    return told


def cell_of(field: FieldType, formats: LocaleFormats, level: Level = Level.EDIT) -> Cell:
    """How to show the values of a field; masked ones are text already."""
    if level is Level.MASKED:
        return lambda value, label: "" if value is None else f'<span class="t-2">{escape(value)}</span>'
    if isinstance(field, Select):
        return _select(field)
    if isinstance(field, MultiSelect):
        tags = _select(field)
        return lambda value, label: " ".join(tags(key, None) for key in value or ())
    if field.target == "core.user" and not field.multiple:
        return _person
    if field.target == "core.file":
        return _file
    if field.target is not None:
        return _links(field) if field.multiple else _link(field)
    return _plain(field, formats)


def _plain(field: FieldType, formats: LocaleFormats) -> Cell:
    display = field.display
    if isinstance(field, Email):
        return lambda value, label: "" if value is None else f'<a href="mailto:{escape(value)}">{escape(value)}</a>'
    if isinstance(field, Phone):
        return lambda value, label: (
            ""
            if value is None
            else f'<a href="tel:{escape(value.partition(";")[0])}">{escape(display(value, formats))}</a>'
        )
    if isinstance(field, Url):
        return lambda value, label: "" if value is None else _outside(value)
    if isinstance(field, LongText):
        return lambda value, label: "" if value is None else escape(value).replace("\n", "<br>")
    if isinstance(field, Json):
        return lambda value, label: "" if value is None else f"<code>{escape(display(value, formats))}</code>"
    if isinstance(field, Boolean):
        yes, no = escape(formats.words("Yes")), escape(formats.words("No"))
        return lambda value, label: "" if value is None else (yes if value else no)
    if field.numeric:
        return lambda value, label: "" if value is None else display(value, formats)
    return lambda value, label: "" if value is None else escape(display(value, formats))


def _outside(url: str) -> str:
    text = url.removeprefix("https://").removeprefix("http://").rstrip("/")
    return f'<a href="{escape(url)}" rel="noopener noreferrer" target="_blank">{escape(text)}</a>'


def _select(field: Select | MultiSelect) -> Cell:
    tags = {key: tag(option.label or key, option.tone) for key, option in field.choices.items()}
    return lambda value, label: "" if value is None else tags.get(value) or tag(str(value), None)


def tag(text: str, tone: str | None) -> str:
    """A short word on a coloured ground; the tone never stands alone."""
    if tone is None:
        return f'<span class="t-tag">{escape(text)}</span>'
    name = TONES.get(tone, tone)
    return f'<span class="t-tag" data-tone="{name}"><span class="t-dot" aria-hidden="true"></span>{escape(text)}</span>'


def _person(value: Any, label: Any) -> str:
    return "" if value is None else person(str(label or "…"))


@lru_cache(maxsize=5_000)
def person(name: str) -> str:
    """A name with its initials."""
    return f'<span class="t-person">{avatar(name)}{escape(name)}</span>'


def avatar(name: str) -> str:
    """The initials of a name on a ground that belongs to the name."""
    tone = hashlib.sha256(name.encode()).digest()[0] % 5
    return f'<span class="t-avatar" data-tone="{tone}" aria-hidden="true">{escape(initials(name))}</span>'


def initials(name: str) -> str:
    """Two letters of a Latin name, one character of a Chinese one."""
    words = name.split()
    if not words:
        return "?"
    if ord(words[0][0]) > 0x2E7F:
        return words[0][0]
    return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()


def _link(field: FieldType) -> Cell:
    start = f'<a href="{record_url(field.target or "", "")}'
    return lambda value, label: "" if value is None else _to(start, value, label)


def _to(start: str, value: str, label: Any) -> str:
    return f'{start}{value}">{escape(label)}</a>' if label else '<span class="t-3">…</span>'


def _links(field: FieldType) -> Cell:
    start = f'<a href="{record_url(field.target or "", "")}'
    return lambda value, label: ", ".join(_to(start, identity, title) for identity, title in label or ())


def _file(value: Any, label: Any) -> str:
    return "" if value is None else f'<a href="/files/{escape(value)}" hx-boost="false">{escape(label or "…")}</a>'


def display(field: FieldType, value: Any, label: Any, formats: LocaleFormats, level: Level = Level.EDIT) -> Markup:
    """One value on a record page; a dash where there is none."""
    return Markup(cell_of(field, formats, level)(value, label) or EMPTY)  # noqa: S704 - every cell escapes what it shows

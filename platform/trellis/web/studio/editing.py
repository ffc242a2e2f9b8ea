"""Saving what was edited in the Studio: what was posted, what the draft made of it, and what was wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar.response import Redirect

from trellis.kernel.errors import Conflict, FieldError, Finding, Invalid
from trellis.kernel.messages import Message
from trellis.metadata.pointers import pointer
from trellis.metadata.structure import read
from trellis.services.context import Context
from trellis.services.studio import drafts
from trellis.services.studio.drafts import Draft
from trellis.services.studio.translationedits import default_language, languages, own_id, with_words, words
from trellis.web.flash import flash_cookie
from trellis.web.http import Asked, locale_of
from trellis.web.render.environment import words as sentences

Raw = Mapping[str, Any]
Texts = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was not saved: what is wrong and where, or that somebody else was faster."""

    findings: tuple[Finding, ...] = ()
    conflict: Conflict | None = None


async def posted(request: Asked) -> Texts:
    """The texts of the form by name, in the order in which they came."""
    found: Texts = {}
    for name, value in (await request.form()).items():  # multi_items() loses the order
        if isinstance(value, str):
            found.setdefault(name, []).append(value)
    return found


def one(texts: Mapping[str, list[str]], name: str) -> str:
    """The last text of a name, trimmed; '' when there is none."""
    return next(iter(texts.get(name, ())[-1:]), "").strip()


def version_in(texts: Mapping[str, list[str]]) -> int | None:
    """The version of the document that the form was made for."""
    text = one(texts, "_version")
    return int(text) if text.isdecimal() and len(text) < 12 else None


async def save(context: Context, wanted: Raw, version: int | None, below: str | None = None) -> Draft | Refusal:
    """The draft with a document; findings at and below a place of a shape that cannot be read keep it from being saved."""
    wrong = tuple(
        finding
        for finding in read(wanted).findings
        if below is not None and (finding.pointer == below or finding.pointer.startswith(below + "/"))
    )
    if wrong:
        return Refusal(wrong)
    try:
        return await drafts.save(context, wanted, version=version)
    except Conflict as error:
        return Refusal(conflict=error)
    except Invalid as error:
        return Refusal(tuple(_finding(str(wanted["id"]), entry) for entry in error.errors))


def _finding(document: str, entry: FieldError) -> Finding:
    return Finding(entry.code, entry.message, document, entry.path)


def other_languages(draft: Draft) -> dict[str, Mapping[str, str]]:
    """For each language besides that of the documents the texts by place, ours before those of packs."""
    raw = draft.merged.raw
    source = default_language(raw)
    found = {locale: words(raw, locale) for locale in languages(raw) if locale != source}
    return {locale: {**known.packs, **known.own} for locale, known in found.items()}


async def save_translations(
    context: Context, draft: Draft, texts: Mapping[str, list[str]], document: str, path: tuple[str, ...]
) -> Draft:
    """The draft with the texts in other languages of a part of a document; the inputs are named `@<locale>/<member>`."""
    at = f"{document}#{pointer(path)}"
    for locale, known in other_languages(draft).items():
        start = f"@{locale}"
        given = {
            at + _way(texts, name[len(start) :]): values[-1]
            for name, values in texts.items()
            if name.startswith(start + "/") and values
        }
        changed = {place: text for place, text in given.items() if text.strip() != known.get(place, "")}
        if changed:
            wanted = with_words(draft.merged.raw, locale, changed)
            draft = await drafts.save(context, wanted, version=draft.version(own_id(locale)))
    return draft


def _way(texts: Mapping[str, list[str]], name: str) -> str:
    """The pointer of a name; a row of a table stands under its key."""
    table, row, rest = name.partition("#")
    if not row:
        return name
    key, _, member = rest.partition("/")
    return f"{table}/{one(texts, f'{table}#{key}/key') or key}/{member}"


def told(request: Asked, context: Context, url: str, message: Message, undo: str = "") -> Redirect:
    """To another page, with a message; `undo` is the address that takes it back."""
    text = str(sentences(locale_of(request, context))(message))
    return Redirect(url, status_code=303, cookies=[flash_cookie(text, undo)])

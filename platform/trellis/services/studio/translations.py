"""Texts in other languages in the shared draft."""

from collections.abc import Mapping

from trellis.kernel.errors import Conflict, FieldError, Invalid
from trellis.kernel.messages import Message
from trellis.metadata.texts import Text, is_language, texts_of
from trellis.services.context import Context
from trellis.services.studio import drafts
from trellis.services.studio.drafts import Draft
from trellis.services.studio.translationedits import (
    default_language,
    is_needed,
    languages,
    new_language,
    own_id,
    refusal,
    with_words,
    words,
)

TRIES = 5


def labels_of(draft: Draft, place: str) -> Mapping[str, str]:
    """The texts at a place such as `sales.account#/label`, by language; '' where there is none yet.

    The language in which the documents are written is not among them.
    """
    documents = draft.merged.raw
    source = default_language(documents)
    return {locale: words(documents, locale).text(place) for locale in languages(documents) if locale != source}


async def set_translation(context: Context, locale: str, place: str, text: str) -> Draft:
    """Puts one text of a language into the draft; '' takes it out, so that the pack's holds again. Raises Invalid."""
    return await set_translations(context, locale, {place: text})


async def set_translations(context: Context, locale: str, texts: Mapping[str, str]) -> Draft:
    """Puts texts of a language into the draft by place, all or none; raises Invalid with an entry per place.

    Texts that others put in at the same time stay.
    """
    draft = await drafts.load(context)
    for left in reversed(range(TRIES)):
        _check(draft, texts)
        try:
            return await _put(context, draft, locale, texts)
        except Conflict:
            if not left:
                raise
            draft = await drafts.load(context)
    return draft


def _check(draft: Draft, texts: Mapping[str, str]) -> None:
    said = ((place, refusal(draft.merged.raw, place, text)) for place, text in texts.items())
    errors = [FieldError(place, "translation", message) for place, message in said if message is not None]
    if errors:
        raise Invalid(errors)


async def _put(context: Context, draft: Draft, locale: str, texts: Mapping[str, str]) -> Draft:
    documents = draft.merged.raw
    wanted, document = with_words(documents, locale, texts), own_id(locale)
    if wanted == documents.get(document) or (document not in documents and not wanted["entries"]):
        return draft
    if is_needed(documents, wanted):
        return await drafts.save(context, wanted, version=draft.version(document))
    return await drafts.remove(context, document, version=draft.version(document))


async def add_language(context: Context, locale: str) -> Draft:
    """A language more, without texts yet; raises Invalid for what is no language."""
    if not is_language(locale):
        message = Message("“{locale}” is not written like a language, such as de or pt-BR.", {"locale": locale[:40]})
        raise Invalid([FieldError("locale", "language", message)])
    draft = await drafts.load(context)
    if locale in languages(draft.merged.raw):
        return draft
    return await drafts.save(context, new_language(locale), version=draft.version(own_id(locale)))


def texts_in(draft: Draft) -> Mapping[str, tuple[Text, ...]]:
    """The texts of each document that has any; documents that did not change since are not read again."""
    known = draft.context.release.derived
    found = {}
    for key, raw in draft.merged.raw.items():
        kept = known.get((Text, key))
        if not isinstance(kept, tuple) or kept[0] is not raw:
            kept = known[(Text, key)] = (raw, tuple(texts_of(raw)))
        if kept[1]:
            found[key] = kept[1]
    return found

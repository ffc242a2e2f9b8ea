"""Translations: every text belongs to a place that has a text."""

from collections.abc import Iterator

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.checks.references import reference
from trellis.metadata.documents import Pack, Translation
from trellis.metadata.findings import did_you_mean, error, near_or_all, warning
from trellis.metadata.merged import Merged
from trellis.metadata.pointers import at, parts_of, pointer
from trellis.metadata.texts import MEMBERS, is_language, is_text

CUSTOMER = "x"


def pack(translation: Translation, merged: Merged) -> Iterator[Finding]:
    """The pack that is translated exists; the customer's translations may be about any document."""
    if translation.pack == translation.of == CUSTOMER:
        return
    yield from reference(translation, "/of", translation.of, Pack, merged)


def locale(translation: Translation, merged: Merged) -> Iterator[Finding]:
    """The language is one that the pack offers; the customer may add any."""
    if translation.pack == CUSTOMER and not is_language(translation.locale):
        text = "'{locale}' is not written like a language."
        example = Message("Write it like '{example}'.", {"example": "pt-BR"})
        yield error(translation, "/locale", "locale_unknown", text, hint=example, locale=translation.locale[:40])
    found = merged.snapshot.packs.get(translation.of)
    if found is not None and translation.locale not in found.locales:
        text = "The pack '{pack}' does not offer the language '{locale}'."
        hint = near_or_all(translation.locale, found.locales)
        yield error(translation, "/locale", "locale_unknown", text, hint=hint, pack=found.id, locale=translation.locale)


def entries(translation: Translation, merged: Merged) -> Iterator[Finding]:
    """Each entry leads to a text; one whose target is gone does no harm."""
    for key in translation.entries:
        place = pointer(("entries", key))
        document, mark, where = key.partition("#")
        if not mark or not where.startswith("/"):
            hint = Message("Write it like '{example}'.", {"example": "sales.account#/label"})
            text = "'{key}' is not a place, written as <document>#/<pointer>."
            yield error(translation, place, "place_shape", text, hint=hint, key=key[:100])
        elif document in merged.raw:
            yield from _place(translation, place, document, where, merged)
        elif document not in merged.lost and not merged.is_left_out(document):
            near = did_you_mean(document, merged.raw)
            text = "There is no document '{document}' any more."
            yield warning(translation, place, "translation_gone", text, hint=near, document=document)


def _place(translation: Translation, place: str, document: str, where: str, merged: Merged) -> Iterator[Finding]:
    raw = merged.raw[document]
    *parents, last = parts_of(where)
    if not _exists(raw, pointer(parents)):
        text = "'{document}' has nothing at '{where}' any more."
        yield warning(translation, place, "translation_gone", text, document=document, where=pointer(parents))
        return
    if not is_text(raw, where, merged.snapshot.types):
        text = "'{name}' is not a text that people read."
        hint = near_or_all(last, sorted(MEMBERS))
        yield error(translation, place, "translation_not_text", text, hint=hint, name=last)


def _exists(raw: object, where: str) -> bool:
    try:
        at(raw, where)
    except KeyError:
        return False
    return True


def filled(translation: Translation, merged: Merged) -> Iterator[Finding]:
    """An empty translation would hide the text."""
    for key, text in translation.entries.items():
        if not text.strip():
            yield error(translation, pointer(("entries", key)), "translation_empty", "The translation is empty.")


CHECKS = {Translation: (pack, locale, entries, filled)}

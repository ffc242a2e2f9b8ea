"""The languages of a workspace on the pages of the Studio, and the inputs for texts in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from babel import Locale, UnknownLocaleError

from trellis.services.studio.drafts import Draft
from trellis.services.studio.translationedits import default_language
from trellis.web.catalogues import language_name
from trellis.web.studio.editing import other_languages

Texts = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Language:
    """One language with the name that its speakers give it."""

    locale: str
    name: str


@dataclass(frozen=True, slots=True)
class TextInputs:
    """What the inputs for texts in other languages of one document show; an input is named `@zh-CN/label`."""

    document: str
    source: str
    known: Mapping[str, Mapping[str, str]]
    typed: Texts

    def get(self, locale: str, pointer: str) -> str:
        """The text of an input: what was typed, else what the draft has."""
        name = f"@{locale}{pointer}"
        if name in self.typed:
            return self.typed[name][-1]
        return self.known[locale].get(f"{self.document}#{pointer}", "")

    @property
    def own_name(self) -> str:
        """The language of the documents, where there are others."""
        return name_of(self.source) if self.known else ""

    @property
    def languages(self) -> tuple[Language, ...]:
        """The languages besides that of the documents."""
        return tuple(Language(locale, name_of(locale)) for locale in self.known)


def text_inputs(draft: Draft, document: str, typed: Texts | None = None) -> TextInputs:
    """The inputs for a document, with what was typed into them."""
    source = default_language(draft.merged.raw)
    return TextInputs(document, source, other_languages(draft), typed or {})


def name_of(locale: str, reader: str | None = None) -> str:
    """What a language is called by its own speakers, or in the language of a reader; the tag where nobody knows."""
    if reader is None:
        return language_name(locale)
    try:
        return Locale.parse(locale, sep="-").get_display_name(reader.replace("-", "_")) or locale
    except (UnknownLocaleError, ValueError):
        return locale

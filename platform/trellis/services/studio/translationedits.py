"""Texts in other languages, as edits of the customer's translation documents."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from trellis.kernel.messages import Message
from trellis.metadata.pointers import at
from trellis.metadata.texts import Text, is_text, placeholders, texts_of

Raw = Mapping[str, Any]
Documents = Mapping[str, Raw]

CUSTOMER = "x"
DEFAULT = "en"
LONGEST = 4_000


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one language by place: those that packs bring, and the customer's, which come first."""

    locale: str
    packs: Mapping[str, str]
    own: Mapping[str, str]

    def text(self, place: str) -> str:
        """What people of the language read at a place, or nothing where there is no translation."""
        return self.own.get(place) or self.packs.get(place, "")


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of some texts are there in a language."""

    total: int
    done: int

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 means all of them."""
        return 100 * self.done // self.total if self.total else 100


def own_id(locale: str) -> str:
    """The document that holds the customer's texts of a language."""
    return f"{CUSTOMER}.{locale.lower().replace('-', '_')}"


def default_language(documents: Documents) -> str:
    """The language in which the documents are written."""
    packs = (raw for raw in documents.values() if raw["kind"] == "pack")
    return next((str(raw.get("defaultLocale", DEFAULT)) for raw in packs), DEFAULT)


def languages(documents: Documents) -> tuple[str, ...]:
    """All languages that packs offer or that the customer added; the one of the documents first."""
    found: list[Any] = [default_language(documents)]
    for raw in documents.values():
        if raw["kind"] == "pack":
            found += raw.get("locales", [])
        elif raw["kind"] == "translation":
            found.append(raw.get("locale"))
    return tuple(dict.fromkeys(locale for locale in found if isinstance(locale, str)))


def words(documents: Documents, locale: str) -> Words:
    """The texts that there are in a language."""
    packs: dict[str, str] = {}
    for raw in documents.values():
        if raw["kind"] == "translation" and raw.get("locale") == locale and not _is_own(raw):
            packs |= _entries(raw)
    return Words(locale, packs, _entries(documents.get(own_id(locale), {})))


def _entries(raw: Raw) -> dict[str, str]:
    """The texts of a document, as far as they are texts."""
    found = raw.get("entries")
    return {key: text for key, text in found.items() if isinstance(text, str)} if isinstance(found, Mapping) else {}


def coverage(texts: Iterable[Text], found: Words, source: str) -> Coverage:
    """How far texts are translated; in the language `source` in which they are written all are."""
    known = list(texts)
    if found.locale == source:
        return Coverage(len(known), len(known))
    return Coverage(len(known), sum(bool(found.text(text.place)) for text in known))


def all_texts(documents: Documents) -> dict[str, tuple[Text, ...]]:
    """The texts of each document that has any."""
    found = {key: tuple(texts_of(raw)) for key, raw in documents.items()}
    return {key: texts for key, texts in found.items() if texts}


def with_words(documents: Documents, locale: str, texts: Mapping[str, str]) -> Raw:
    """The customer's document of a language with some texts by place; an empty text, or the pack's, takes it out."""
    known = words(documents, locale)
    entries = dict(known.own)
    for place, text in texts.items():
        cleaned = text.strip()
        if cleaned and cleaned != known.packs.get(place):
            entries[place] = cleaned
        else:
            entries.pop(place, None)
    document = documents.get(own_id(locale)) or new_language(locale)
    return {**document, "entries": dict(sorted(entries.items()))}


def new_language(locale: str) -> Raw:
    """An empty document for the customer's texts of a language."""
    return {"kind": "translation", "id": own_id(locale), "locale": locale, "of": CUSTOMER, "entries": {}}


def is_needed(documents: Documents, wanted: Raw) -> bool:
    """Whether a document of the customer says something: a text, or that there is the language at all."""
    offered = (raw for key, raw in documents.items() if key != wanted["id"])
    return bool(wanted["entries"]) or wanted["locale"] not in languages({raw["id"]: raw for raw in offered})


def refusal(documents: Documents, place: str, text: str) -> Message | None:
    """Why a text cannot stand at a place, if so."""
    document, _, where = place.partition("#")
    raw = documents.get(document)
    if raw is None or not where.startswith("/") or not _stands(raw, where) or not is_text(raw, where):
        return Message("There is no text at “{place}”.", {"place": place[:120]})
    if len(text) > LONGEST:
        return Message("A text has at most {limit} characters.", {"limit": LONGEST})
    if not text.strip():
        return None
    wanted = placeholders(_source(raw, where))
    if wanted and placeholders(text) != wanted:
        return Message("These places must be in the text, each once: {places}.", {"places": " ".join(wanted)})
    return None


def _source(raw: Raw, where: str) -> str:
    try:
        return str(at(raw, where))
    except KeyError:
        return ""


def _stands(raw: Raw, where: str) -> bool:
    """Whether there is something that could have a text at a place."""
    try:
        at(raw, where.rpartition("/")[0])
    except KeyError:
        return False
    return True


def _is_own(raw: Raw) -> bool:
    return str(raw["id"]).partition(".")[0] == CUSTOMER

"""What the pages of translations show."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from trellis.kernel.messages import Message
from trellis.metadata.snapshot import Snapshot
from trellis.metadata.texts import Text
from trellis.services.context import Context
from trellis.services.studio.drafts import Draft
from trellis.services.studio.translationedits import (
    Coverage,
    Words,
    coverage,
    default_language,
    languages,
    own_id,
    words,
)
from trellis.services.studio.translationfiles import Sheet
from trellis.services.studio.translations import texts_in
from trellis.web.http import Asked, locale_of
from trellis.web.studio.languages import name_of
from trellis.web.studio.people import name_of_user

MOST = 100
"""Texts on one page."""

OFFERED = (
    "ar", "cs", "da", "de", "el", "es", "fi", "fr", "he", "hi", "hu", "id", "it", "ja", "ko", "ms", "nb", "nl", "pl",
    "pt", "pt-BR", "ro", "ru", "sv", "th", "tr", "uk", "vi", "zh-Hant",
)  # fmt: skip
"""Languages that are proposed; one may type the tag of any other."""

KINDS = {
    "pack": Message("Pack"), "entity": Message("Entity"), "optionset": Message("Option list"), "form": Message("Form"),
    "view": Message("List view"), "role": Message("Role"), "navigation": Message("Menu"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """Which texts are wanted."""

    show: str = ""
    search: str = ""
    document: str = ""
    page: int = 1

    @property
    def narrowed(self) -> bool:
        """Whether texts are wanted, and not just how far the documents are."""
        return bool(self.show or self.search or self.document)

    def url(self, locale: str, path: str = "", **changes: object) -> str:
        """The address of the texts, with some changes."""
        changed = replace(self, **changes)  # type: ignore[arg-type]
        pairs = {"show": changed.show, "q": changed.search, "document": changed.document}
        pairs |= {"page": str(changed.page)} if changed.page > 1 else {}
        query = urlencode({key: value for key, value in pairs.items() if value})
        return f"/studio/translations/{locale}{path}" + (f"?{query}" if query else "")


@dataclass(frozen=True, slots=True)
class Slips:
    """What keeps texts from being taken: what is wrong with them, or what somebody else wrote in the meantime."""

    wrong: Mapping[str, Message] = field(default_factory=dict)
    lost: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TextTyped:
    """What was typed and refused, by place."""

    texts: Mapping[str, str] = field(default_factory=dict)
    slips: Slips = field(default_factory=Slips)

    @property
    def refused(self) -> bool:
        return bool(self.slips.wrong or self.slips.lost)


@dataclass(frozen=True, slots=True)
class LanguageLine:
    """One language in the list."""

    locale: str
    name: str
    known_as: str
    coverage: Coverage
    own: int
    source: bool


@dataclass(frozen=True)
class LanguagesPage:
    """All languages, and some that could be added."""

    lines: tuple[LanguageLine, ...]
    offered: tuple[tuple[str, str], ...]
    typed: str
    error: Message | None


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """One document with how far it is translated."""

    id: str
    kind: Message
    label: str
    coverage: Coverage
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class TextRow:
    """One text with its translations."""

    place: str
    pointer: str
    source: str
    pack: str
    shown: str
    was: str
    own: bool
    error: Message | None
    theirs: str | None

    @property
    def long(self) -> bool:
        """Whether one line is too small for it."""
        return len(self.source) > 60 or "\n" in self.source


@dataclass(frozen=True, slots=True)
class TextGroup:
    """The texts of one document."""

    document: DocumentLine
    rows: tuple[TextRow, ...]


@dataclass(frozen=True)
class TextsPage:
    """The texts of one language."""

    locale: str
    name: str
    coverage: Coverage
    own: int
    question: Question
    documents: tuple[DocumentLine, ...]
    groups: tuple[TextGroup, ...]
    found: int
    previous: str
    next: str
    export: str
    refused: bool
    who: str


@dataclass(frozen=True)
class ImportedPage:
    """What became of a file."""

    locale: str
    name: str
    sheet: Sheet


def question_of(request: Asked) -> Question:
    """Which texts the address asks for."""
    params = request.query_params
    page = params.get("page", "")
    show = params.get("show", "")
    return Question(
        show if show in ("missing", "own", "all") else "",
        params.get("q", "").strip()[:200],
        params.get("document", ""),
        int(page) if page.isdecimal() and 0 < len(page) < 6 else 1,
    )


def languages_page_of(request: Asked, draft: Draft, typed: str, error: Message | None) -> LanguagesPage:
    """The list of languages."""
    documents, reader = draft.merged.raw, locale_of(request, draft.context)
    source = default_language(documents)
    texts = [text for found in texts_in(draft).values() for text in found]
    known = languages(documents)
    lines = tuple(_line(words(documents, locale), texts, source, reader) for locale in known)
    offered = tuple((locale, name_of(locale, reader)) for locale in OFFERED if locale not in known)
    return LanguagesPage(lines, tuple(sorted(offered, key=lambda item: item[1])), typed, error)


async def texts_page_of(request: Asked, context: Context, draft: Draft, locale: str, typed: TextTyped) -> TextsPage:
    """The texts of a language that are asked for, with what was typed."""
    documents, question = draft.merged.raw, question_of(request)
    known, source = words(documents, locale), default_language(documents)
    shown = draft.merged.snapshot.localised(locale_of(request, context))
    every = texts_in(draft)
    lines = {key: _document(shown, documents, key, every[key], known, source, locale, question) for key in every}
    found = chosen_texts(draft, known, question) if question.narrowed or typed.refused else {}
    wanted = [(key, text) for key, texts in found.items() for text in texts]
    start = (question.page - 1) * MOST
    part = wanted[start : start + MOST]
    change = draft.change(own_id(locale)) if typed.slips.lost else None
    return TextsPage(
        locale=locale,
        name=name_of(locale),
        coverage=coverage((text for texts in every.values() for text in texts), known, source),
        own=len(known.own),
        question=question,
        documents=tuple(lines.values()),
        groups=tuple(_groups(part, lines, known, typed)),
        found=len(wanted),
        previous=question.url(locale, page=question.page - 1) if question.page > 1 else "",
        next=question.url(locale, page=question.page + 1) if start + MOST < len(wanted) else "",
        export=question.url(locale, "/texts.csv", page=1),
        refused=typed.refused,
        who=await name_of_user(context, change.by) if change else "",
    )


def imported_page_of(locale: str, sheet: Sheet) -> ImportedPage:
    """What became of a file."""
    return ImportedPage(locale, name_of(locale), sheet)


def chosen_texts(draft: Draft, known: Words, question: Question) -> dict[str, tuple[Text, ...]]:
    """The texts that are asked for, by document."""
    found = {}
    for key, texts in texts_in(draft).items():
        if question.document in ("", key):
            chosen = tuple(text for text in texts if _is_asked(text, known, question))
            if chosen:
                found[key] = chosen
    return found


def _is_asked(text: Text, known: Words, question: Question) -> bool:
    translation = known.text(text.place)
    if (question.show == "missing" and translation) or (question.show == "own" and text.place not in known.own):
        return False
    wanted = question.search.casefold()
    return not wanted or any(wanted in part.casefold() for part in (text.text, translation, text.place))


def _groups(
    part: Iterable[tuple[str, Text]], lines: Mapping[str, DocumentLine], known: Words, typed: TextTyped
) -> list[TextGroup]:
    groups: dict[str, list[TextRow]] = {}
    for key, text in part:
        groups.setdefault(key, []).append(_row(text, known, typed))
    return [TextGroup(lines[key], tuple(rows)) for key, rows in groups.items()]


def _row(text: Text, known: Words, typed: TextTyped) -> TextRow:
    place, was = text.place, known.text(text.place)
    return TextRow(
        place, text.pointer, text.text, known.packs.get(place, ""), typed.texts.get(place, was), was,
        place in known.own, typed.slips.wrong.get(place), typed.slips.lost.get(place),
    )  # fmt: skip


def _line(known: Words, texts: list[Text], source: str, reader: str) -> LanguageLine:
    locale = known.locale
    found = coverage(texts, known, source)
    return LanguageLine(locale, name_of(locale), name_of(locale, reader), found, len(known.own), locale == source)


def _document(
    shown: Snapshot,
    documents: Mapping[str, Mapping[str, object]],
    key: str,
    texts: tuple[Text, ...],
    known: Words,
    source: str,
    locale: str,
    question: Question,
) -> DocumentLine:
    raw, named = documents[key], shown.documents.get(key)
    kind = KINDS.get(str(raw["kind"]), Message("{name}", {"name": raw["kind"]}))
    label = (named.label if named else "") or str(raw.get("label") or "") or key
    entity = shown.entities.get(str(raw.get("entity", "")))
    label = f"{entity.plural} › {label}" if entity else label
    url = question.url(locale, document=key, page=1, search="")
    return DocumentLine(key, kind, label, coverage(texts, known, source), url, question.document == key)

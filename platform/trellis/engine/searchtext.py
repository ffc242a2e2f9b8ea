"""One normal form for everything that is searched, equal on every database: folded words, single Han characters, pinyin."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

from trellis.metadata.documents import Entity

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002ebef]")
_WORD = re.compile(r"\w+")
MAX_TERMS = 12


def folded(text: str) -> str:
    """Case and accents removed; recomposed, so that Korean syllables stay whole."""
    bare = "".join(mark for mark in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(mark))
    return unicodedata.normalize("NFC", bare)


def words(text: str) -> list[str]:
    """The words of a text; every Han character is a word."""
    return _WORD.findall(_HAN.sub(lambda found: f" {found[0]} ", folded(text).replace("_", " ")))


def index_text(texts: Iterable[str]) -> str:
    """What is put into the search index for the texts of one record, pinyin and initials of Chinese included."""
    found: list[str] = []
    for text in texts:
        found += words(text[:500])
        if _HAN.search(text):
            found += _pinyin("".join(_HAN.findall(text))[:60])
    return " ".join(dict.fromkeys(found)) if not _has_han(found) else " ".join(found)


def _has_han(found: list[str]) -> bool:
    return any(len(word) == 1 and _HAN.match(word) for word in found)


@lru_cache(maxsize=20_000)
def _pinyin(text: str) -> list[str]:
    from pypinyin import lazy_pinyin

    syllables = lazy_pinyin(text, errors="ignore")
    return [*syllables, "".join(syllables), "".join(syllable[0] for syllable in syllables)]


def searched(entity: Entity) -> tuple[str, ...]:
    """The fields whose text can be searched."""
    own = [field.key for field in entity.fields.values() if field.search and not field.multiple]
    return tuple(dict.fromkeys([entity.title_field, *own]))


def search_texts(entity: Entity, values: Mapping[str, object]) -> list[str]:
    """The texts under which a record with these values is found."""
    texts = []
    for key in searched(entity):
        value, field = values.get(key), entity.fields[key]
        if value is not None and field.target is None:
            texts.append(field.option_label(str(value)) if field.type == "select" else field.to_text(value))  # type: ignore[attr-defined]
    return texts


def found_in(texts: Iterable[str], typed: str) -> bool:
    """Whether the index of these texts has what a person typed, as `fts5_query` and `tsquery` mean it."""
    indexed, phrases = index_text(texts).split(), _phrases(typed)
    return bool(phrases) and all(_occurs(phrase, indexed, phrase is phrases[-1]) for phrase in phrases)


def _occurs(phrase: list[str], indexed: list[str], last: bool) -> bool:
    *before, end = phrase
    for start in range(len(indexed) - len(before)):
        word = indexed[start + len(before)]
        if indexed[start : start + len(before)] == before and (word.startswith(end) if last else word == end):
            return True
    return False


def fts5_query(text: str) -> str | None:
    """The FTS5 expression for what a person typed: all words, the last as a prefix, Han characters in sequence."""
    phrases = _phrases(text)
    if not phrases:
        return None
    quoted = ['"' + " ".join(phrase) + '"' for phrase in phrases]
    return " AND ".join([*quoted[:-1], quoted[-1] + "*"])


def tsquery(text: str) -> str | None:
    """The PostgreSQL tsquery for what a person typed; the same meaning as `fts5_query`."""
    phrases = _phrases(text)
    if not phrases:
        return None
    parts = [" <-> ".join(f"'{word}'" for word in phrase) for phrase in phrases]
    return " & ".join(f"({part})" for part in [*parts[:-1], parts[-1] + ":*"])


def _phrases(text: str) -> list[list[str]]:
    """Words, with runs of Han characters kept together."""
    phrases: list[list[str]] = []
    for chunk in folded(text[:200]).split():
        run: list[str] = []
        for word in words(chunk):
            if _HAN.match(word):
                run.append(word)
                continue
            if run:
                phrases.append(run)
                run = []
            phrases.append([word])
        if run:
            phrases.append(run)
    return phrases[:MAX_TERMS]

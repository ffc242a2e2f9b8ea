"""One normal form for everything that is searched, equal on every database: folded words, single Han characters, pinyin."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

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

"""The text that is searched and the words that are looked for, as both databases take them."""

import re
import unicodedata

_CJK = re.compile(r"([\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])")
_WORD = re.compile(r"\w+")


def normalised(text: str) -> str:
    """Case-folded, without accents, every Chinese character a word of its own."""
    if text.isascii():
        return text.lower()
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return _CJK.sub(r" \1 ", unicodedata.normalize("NFC", plain))


def tsquery(text: str) -> str:
    """For PostgreSQL: all words in order, the last one as a beginning."""
    words = _WORD.findall(normalised(text))
    return " <-> ".join([*(f"'{word}'" for word in words[:-1]), f"'{words[-1]}':*"]) if words else ""


def fts5_query(text: str) -> str:
    """For SQLite: the same."""
    return '"' + " ".join(_WORD.findall(normalised(text))) + '"*'

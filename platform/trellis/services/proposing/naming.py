"""Keys and labels for what a file names."""

import re
from collections.abc import Collection

from trellis.kernel.names import RESERVED, is_keyword

LONGEST = 48
_PARTS = re.compile(r"[a-z0-9]+")


def key_from(label: str, taken: Collection[str], prefix: str) -> str:
    """A key that is not taken for a label, Chinese by its pinyin; one that begins with the prefix where nothing else is left."""
    from pypinyin import lazy_pinyin

    spelled = " ".join(lazy_pinyin(label.strip())) if not label.isascii() else label
    key = "_".join(_PARTS.findall(spelled.lower()))
    if not key or not key[0].isalpha():
        key = f"{prefix}_{key}".rstrip("_")
    key = key[:LONGEST].rstrip("_")
    if is_keyword(key) or key in RESERVED:
        key = f"{key}_value"
    return _free(key, taken)


def _free(key: str, taken: Collection[str]) -> str:
    count, fresh = 1, key
    while fresh in taken:
        count += 1
        fresh = f"{key[: LONGEST - 1 - len(str(count))]}_{count}"
    return fresh

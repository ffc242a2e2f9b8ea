"""How well a name suits what somebody has begun to type: by key, by label, by pinyin."""

import re

from trellis.engine.searchtext import folded, index_text

_HAN = re.compile("[\u3400-\u9fff]")
_PARTS = re.compile(r"[^\W_]+")
SHORTEST_WORD = 3
"""Letters from which on a sentence is searched; Chinese needs one."""


def likeness(typed: str, key: str, label: str, words: str = "") -> int | None:
    """0 for the closest; None when it is something else. `words` is a longer text that is searched last."""
    wanted = folded(typed.strip())
    if not wanted:
        return 0
    names = (folded(key.strip("'(")), folded(label))
    for rank, name in enumerate(names):
        if name.startswith(wanted):
            return rank
    if any(part.startswith(wanted) for name in names for part in _PARTS.findall(name)):
        return 2
    if any(wanted in name for name in names):
        return 3
    if wanted.isascii() and _HAN.search(label) and any(part.startswith(wanted) for part in _syllables(label)):
        return 4
    return 5 if _searchable(wanted) and wanted in folded(words) else None


def _syllables(label: str) -> list[str]:
    """The pinyin of a Chinese label: syllables, all of them, their initials."""
    return [part for part in index_text((label,)).split() if part.isascii()]


def _searchable(wanted: str) -> bool:
    return len(wanted) >= SHORTEST_WORD or bool(_HAN.search(wanted))

"""Columns of few words: yes or no, one of a list, several of a list."""

from collections.abc import Iterator, Mapping
from typing import Any

from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes.base import Refused
from trellis.metadata.fieldtypes.choices import Boolean
from trellis.services.proposing import words
from trellis.services.proposing.facts import Facts
from trellis.services.proposing.naming import key_from
from trellis.services.proposing.proposal import Verdict
from trellis.services.proposing.statistics import Column

_BOOLEAN = Boolean(type="boolean")
FEW_ROWS = 50
MOST_OPTIONS = 250
LABEL = 100


def choices(column: Column, facts: Facts) -> Iterator[Verdict]:
    """The types for few words that fit a column."""
    if column.overflown or not column.filled:
        return
    yield from _yes_or_no(column)
    yield from _one_of(column)
    yield from _several_of(column)


def _yes_or_no(column: Column) -> Iterator[Verdict]:
    if column.distinct > 6:
        return
    try:
        meant = {_BOOLEAN.from_text(text) for text in column.counts}
    except Refused:
        return
    flagged = words.says(column.header, words.FLAG)
    digits = all(text in ("0", "1") for text in column.counts)
    if len(meant) == 1:
        sure = 0.85 if flagged else 0.78 if not digits and _spelled(column) else 0.0
        reasons = [Message("Every cell that is filled says “{word}”.", {"word": next(iter(column.counts))})]
    elif digits:
        counted = words.says(column.header, words.MEASURE, words.IDENTITY, words.MONEY)
        sure = 0.95 if flagged else 0.3 if counted else 0.93 if column.filled >= FEW_ROWS else 0.5
        reasons = [Message("The cells are 0 and 1 only.")]
    else:
        sure, reasons = 0.97, [Message("The cells say yes and no in {words}.", {"words": _shown(column)})]
    if sure:
        yield Verdict("boolean", sure, tuple(reasons))


def _spelled(column: Column) -> bool:
    return all(len(text) > 1 or text in "xX" or text > "\x7f" for text in column.counts)


def _one_of(column: Column) -> Iterator[Verdict]:
    groups = same_words(column.counts)
    count = len(groups)
    if count < 2 or count > MOST_OPTIONS or column.longest > LABEL or column.several_lines:
        return
    sure = _repetition(column, count)
    if sure:
        params = {"count": count, "rows": column.filled}
        why = Message("{count} different values in {rows} cells.", params)
        yield Verdict("select", sure, (why,), {"options": options_of(groups)})


def _repetition(column: Column, count: int) -> float:
    """How much few values that come again and again speak for a list of options."""
    each = column.filled / count
    grouping = words.says(column.header, words.CATEGORY, words.PLACE)
    if column.numbers.alive and column.meaningful * 2 >= column.filled and not grouping:
        return 0.2 if count <= 12 and each >= 10 else 0.0
    if words.says(column.header, words.IDENTITY) and not grouping:
        return 0.3 if count <= 60 and each >= 8 else 0.0
    if words.says(column.header, words.NAME, words.NOTE) and count > 12:
        return 0.3 if count <= 60 and each >= 8 else 0.0
    if column.moments.alive and column.moments.patterns:
        return 0.0
    if count <= 12 and each >= 3:
        return min(0.95, 0.75 + each / 100 + (0.1 if grouping else 0))
    if count <= 60 and each >= 8:
        return 0.9 if grouping else 0.8
    if each >= 20 and grouping:
        return 0.75
    return 0.3 if each >= 8 and count <= 100 else 0.0


def _several_of(column: Column) -> Iterator[Verdict]:
    atoms = column.atoms
    if not atoms or column.lists < 3 or column.several_lines:
        return
    count = len(same_words(atoms))
    if not 2 <= count <= 40 or count >= column.distinct or max(map(len, atoms)) > 40:
        return
    repeated = sum(1 for times in atoms.values() if times > 1)
    if repeated * 2 > count and not (column.numbers.alive or column.moments.alive):
        why = Message("The cells are lists of {count} different values.", {"count": count})
        yield Verdict("multiselect", 0.96, (why,), {"options": options_of(same_words(atoms))})


def _shown(column: Column) -> str:
    return ", ".join(f"“{text}”" for text in list(column.counts)[:4])


def same_words(counts: Mapping[str, int]) -> dict[str, int]:
    """The values with those put together that differ in capitals only, under the most frequent spelling."""
    spellings: dict[str, list[str]] = {}
    for text in sorted(counts, key=lambda text: -counts[text]):
        spellings.setdefault(text.casefold(), []).append(text)
    return {group[0]: sum(counts[text] for text in group) for group in spellings.values()}


def options_of(counts: Mapping[str, int]) -> dict[str, Any]:
    """The options of a list, the most frequent first, numbers in their order; what is a key already keeps it."""
    labels = sorted(counts, key=lambda text: (0, int(text), "") if _is_number(text) else (1, -counts[text], text))
    plain = {label: key_from(label, set(), "option") for label in labels}
    keys: dict[str, str] = {}
    for label in sorted(labels, key=lambda label: label.casefold() != plain[label]):
        keys[label] = key_from(label, set(keys.values()), "option")
    return {keys[label]: {"order": 10 * place, "label": label} for place, label in enumerate(labels, 1)}


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16

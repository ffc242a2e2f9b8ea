"""Columns that repeat what belongs to somebody else: the customer's name and city in every order."""

from collections.abc import Sequence

from trellis.services.proposing import words
from trellis.services.proposing.plurals import plural_of
from trellis.services.proposing.proposal import ProposedColumn, Split
from trellis.services.proposing.statistics import Sheet

AGREEMENT = 0.995
REPEATS = 2.0
FEWEST = 5
_MOST_SPLITS = 3


def splits(sheet: Sheet, columns: Sequence[ProposedColumn], key: Sequence[str]) -> tuple[Split, ...]:
    """Groups of columns that a column with the word for a key decides, judged by rows from all over the file."""
    free = {place for place, column in enumerate(columns) if column.keep and column.header not in key}
    found: list[Split] = []
    for place in sorted(free, key=lambda place: -columns[place].distinct):
        if place not in free or not _names_something(columns[place]) or len(found) == _MOST_SPLITS:
            continue
        values = {cells[place] for cells in sheet.kept}
        if len(values) < FEWEST or len(sheet.kept) < REPEATS * len(values):
            continue
        decided = _decided(sheet, columns, place, free)
        if decided:
            found.append(_split(sheet, columns, place, decided))
            free -= {place, *decided}
    return tuple(found)


def _names_something(column: ProposedColumn) -> bool:
    return column.type == "text" and words.says(column.header, words.IDENTITY) and not column.blanks


def _decided(sheet: Sheet, columns: Sequence[ProposedColumn], place: int, free: set[int]) -> dict[int, float]:
    """The columns that have one value for each value of this one, nearly always, and more than one value at all."""
    shares = {
        other: _agreement(sheet.kept, place, other)
        for other in free - {place}
        if columns[other].distinct > 1 and (columns[other].distinct <= columns[place].distinct or columns[place].more)
    }
    return {other: share for other, share in shares.items() if share >= AGREEMENT}


def _agreement(rows: Sequence[Sequence[str]], place: int, other: int) -> float:
    """How many of the rows that repeat a value agree with its first row."""
    first: dict[str, str] = {}
    agreeing = repeated = 0
    for cells in rows:
        value = first.setdefault(cells[place], cells[other])
        if value is not cells[other]:
            repeated += 1
            agreeing += value == cells[other]
    return agreeing / repeated if repeated else 0.0


def _split(sheet: Sheet, columns: Sequence[ProposedColumn], place: int, decided: dict[int, float]) -> Split:
    by = columns[place]
    label = _label(by.label)
    return Split(
        by=by.header,
        columns=tuple(columns[other].header for other in sorted(decided)),
        label=label,
        plural=plural_of(label),
        records=by.distinct,
        agreement=min(decided.values()),
    )


def _label(label: str) -> str:
    """What the key is the key of: `Customer ID` belongs to a “Customer”."""
    parts = words.parts_of(label)
    kept = parts[:-1] if len(parts) > 1 and words.IDENTITY.said_by((parts[-1].lower(),)) else parts
    plain = " ".join(kept)
    for ending in words.IDENTITY.chinese_last:
        plain = plain.removesuffix(ending) or plain
    return plain

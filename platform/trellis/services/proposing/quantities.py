"""Columns of numbers: whole or with decimals, money, percent; or names that happen to be written in digits."""

from collections.abc import Iterator

from trellis.kernel.messages import Message
from trellis.services.proposing import words
from trellis.services.proposing.facts import Facts
from trellis.services.proposing.numbers import MOST_DIGITS, Numbers, Style
from trellis.services.proposing.proposal import Verdict
from trellis.services.proposing.statistics import Column

PRECISION = 18
CODE_WIDTH = 5
ENOUGH = 100
_HEADER = Message("The header says so.")
_ALL_NUMBERS = Message("Every cell is a number.")


def quantities(column: Column, facts: Facts) -> Iterator[Verdict]:
    """The number types that fit a column."""
    numbers, style = column.numbers, column.numbers.style(facts.decimal_mark)
    if style is None or not column.meaningful or column.meaningful * 2 < column.filled:
        return
    if style.whole > MOST_DIGITS or numbers.led_by_zero:
        return
    trust = 0.3 if names_things(column) else 0.9
    reasons = [_ALL_NUMBERS, *nothing_words(column)]
    values = dict.fromkeys(column.placeholders, "")
    if numbers.percent:
        yield Verdict("percent", min(0.97, trust + 0.07), (_SIGN, *reasons), _scaled(style, 6, 9), values=values)
    elif _says_percent(column) and 1.5 < numbers.high <= 1000:
        yield Verdict("percent", min(0.92, trust), (_HEADER, *reasons), _scaled(style, 6, 9), values=values)
    money = _money(column, numbers)
    if money:
        why = (_MONEY_SIGN if numbers.money else _HEADER, *reasons, *_rounded(style, 4))
        yield Verdict("currency", min(money, trust + 0.07), why, _amount(style), values=values)
    if not style.fractional:
        yield Verdict("integer", trust, (Message("Every cell is a whole number."), *reasons[1:]), values=values)
    doubt = 0.0 if style.fractional else 0.4
    why = (*reasons, *_rounded(style, 8))
    yield Verdict("decimal", max(trust - doubt, 0.1), why, _scaled(style, 8, PRECISION), values=values)


_SIGN = Message("The cells have a percent sign.")
_MONEY_SIGN = Message("The cells have a currency sign.")


def nothing_words(column: Column) -> list[Message]:
    """That cells which say “n/a” become empty."""
    count = sum(column.placeholders.values())
    if not count:
        return []
    shown = ", ".join(f"“{text}”" for text in list(column.placeholders)[:3])
    return [Message("Cells that say {words} become empty: {count}.", {"count": count, "words": shown})]


def names_things(column: Column) -> bool:
    """Whether numbers are names of something, with which nobody calculates."""
    numbers = column.numbers
    if numbers.point.fractional or numbers.money or numbers.percent:
        return False
    if words.says(column.header, words.IDENTITY, words.POSTAL, words.PHONE, words.PLACE):
        return True
    if words.says(column.header, words.MONEY, words.MEASURE, words.YEAR):
        return False
    return counts_rows(column) or numbers.same_width >= CODE_WIDTH and column.distinct >= ENOUGH


def counts_rows(column: Column) -> bool:
    """Whether the cells number the rows without a gap."""
    numbers = column.numbers
    span = numbers.high - numbers.low + 1
    return (
        column.unique
        and not column.blanks
        and column.meaningful == column.filled >= 3
        and numbers.alive
        and span == column.filled
    )


def _says_percent(column: Column) -> bool:
    return "%" in column.header or words.says(column.header, words.PERCENT)


def _money(column: Column, numbers: Numbers) -> float:
    """How sure it is that the numbers are amounts; 0 when nothing speaks for it."""
    if numbers.money:
        return 0.97
    spoken = words.words_of(column.header)
    if not words.MONEY.said_by(spoken) or words.MEASURE.said_by(spoken) or words.CATEGORY.said_by(spoken[-1:]):
        return 0.0
    return 0.92 if numbers.point.decimals <= 4 or numbers.high >= 1 else 0.5


def _amount(style: Style) -> dict[str, int]:
    return {"precision": PRECISION, "scale": min(4, max(2, style.decimals))}


def _scaled(style: Style, most: int, precision: int) -> dict[str, int]:
    scale = min(most, max(style.decimals, 1), PRECISION - style.whole)
    return {"precision": max(precision, min(PRECISION, style.whole + scale)), "scale": max(0, scale)}


def _rounded(style: Style, most: int) -> list[Message]:
    if style.decimals <= most:
        return []
    return [
        Message("Some cells have {found} decimals; {kept} are kept.", {"found": max(style.places), "kept": most}),
    ]

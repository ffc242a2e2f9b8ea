"""How values are written as text, plainly or by a pattern, and read back."""

import re
from datetime import date, datetime
from decimal import Decimal

from trellis.engine.expr.decimals import half_up

NUMBER_PATTERN = re.compile(r"(?P<group>#,##)?(?P<whole>0{1,15}|#)(?:\.(?P<fixed>0{0,12})(?P<free>#{0,12}))?")
DATE_TOKEN = re.compile(r"yyyy|yy|MM|M|dd|d|Q")
ASCII_LETTER = re.compile(r"[A-Za-z]")
NUMBER_TEXT = re.compile(r" *([+-]?[0-9]{1,38}(?:\.[0-9]{1,38})?) *")
DATE_TEXT = re.compile(r" *([0-9]{4})(?:([-/.])([0-9]{1,2})\2([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日) *")
MOST_DECIMALS = 12


def plain(value: object) -> str:
    """A value as text: numbers without needless zeros, dates and moments as ISO 8601, `true` and `false`."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return plain_number(Decimal(value))
        case datetime():
            return f"{value:%Y-%m-%dT%H:%M:%SZ}".rjust(20, "0")
        case date():
            return value.isoformat()
    return str(value)


def plain_number(number: Decimal) -> str:
    """All digits, no exponent, no zeros behind the last decimal that counts."""
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def clock(seconds: int) -> str:
    """A duration as hours, minutes and seconds: 1:30:00."""
    minutes, rest = divmod(abs(seconds), 60)
    return f"{'-' if seconds < 0 else ''}{minutes // 60}:{minutes % 60:02}:{rest:02}"


def is_number_pattern(pattern: str) -> bool:
    """Whether this is a pattern such as `#,##0.00`."""
    found = NUMBER_PATTERN.fullmatch(pattern)
    return found is not None and len(found["fixed"] or "") + len(found["free"] or "") <= MOST_DECIMALS


def is_date_pattern(pattern: str) -> bool:
    """Whether this is a pattern such as `dd.MM.yyyy`."""
    return DATE_TOKEN.search(pattern) is not None and ASCII_LETTER.search(DATE_TOKEN.sub("", pattern)) is None


def formatted_number(number: Decimal | int, pattern: str) -> str:
    """The number by a pattern: `0` is a digit that is always shown, `#` one that may be missing, `#,##` groups by thousands."""
    found = NUMBER_PATTERN.fullmatch(pattern)
    assert found is not None
    fixed, free = len(found["fixed"] or ""), len(found["free"] or "")
    rounded = half_up(number, fixed + free)
    whole, _, decimals = format(abs(rounded), f".{fixed + free}f").partition(".")
    whole = whole.rjust(len(found["whole"]), "0") if found["whole"] != "#" else whole.lstrip("0")
    whole = _grouped(whole) if found["group"] else whole
    decimals = decimals[:fixed] + decimals[fixed:].rstrip("0")
    sign = "-" if rounded < 0 else ""
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"


def _grouped(digits: str) -> str:
    first = len(digits) % 3
    groups = [digits[:first]] if first else []
    return ",".join([*groups, *(digits[place : place + 3] for place in range(first, len(digits), 3))])


def formatted_date(day: date, pattern: str) -> str:
    """The date by a pattern of `yyyy`, `yy`, `MM`, `M`, `dd`, `d`, `Q` and other signs."""
    parts = {
        "yyyy": f"{day.year:04}",
        "yy": f"{day.year % 100:02}",
        "MM": f"{day.month:02}",
        "M": str(day.month),
        "dd": f"{day.day:02}",
        "d": str(day.day),
        "Q": str((day.month + 2) // 3),
    }
    return DATE_TOKEN.sub(lambda token: parts[token[0]], pattern)


def read_number(text: str) -> Decimal | None:
    """The number that stands in a text, with at most 12 decimals; null when it is none."""
    found = NUMBER_TEXT.fullmatch(text)
    return half_up(Decimal(found[1]), MOST_DECIMALS) if found else None


def read_date(text: str) -> date | None:
    """The date that stands in a text, year first; null when it is none."""
    found = DATE_TEXT.fullmatch(text)
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[3] or found[5]), int(found[4] or found[6]))
    except ValueError:
        return None

"""The way of one value from one field type to another, before the new field checks it."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes import (
    PLAIN,
    AutoNumber,
    Boolean,
    Date,
    DateTime,
    Duration,
    Email,
    FieldType,
    Integer,
    Json,
    LongText,
    MultiSelect,
    Phone,
    Reading,
    Refused,
    Select,
    Text,
    Url,
)
from trellis.metadata.fieldtypes.base import excerpt
from trellis.metadata.fieldtypes.dates import date_from_text, moment_from_text
from trellis.metadata.fieldtypes.numbers import number_from_text
from trellis.metadata.storagekinds import DecimalKind, IdKind

EMPTY = (None, "", ())
Passage = Callable[[Any], Any]

_GROUPED = re.compile(r"\d{1,3}([,.]\d{2,3})*[,.]\d{3}")
_SHORT_NUMBER = re.compile("[0-9]{1,15}")
_NOT_IN_NUMBERS = re.compile(r"[^\d,.]")
_WORDS = re.compile(r"[A-Za-z]{3}")
_NAMED_MONTHS = ("%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y")
_EIGHT_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})")
_IN_JSON = ("{", "[")


def is_text(spec: FieldType) -> bool:
    """Whether values are text as somebody wrote it."""
    return isinstance(spec, Text | LongText | Email | Phone | Url | AutoNumber)


def is_number(spec: FieldType) -> bool:
    """Whether values are numbers, lengths of time in seconds included."""
    return isinstance(spec, Integer | Duration) or isinstance(spec.storage, DecimalKind)


def is_link(spec: FieldType) -> bool:
    """Whether values are ids of records."""
    return isinstance(spec.kind, IdKind)


def readable(spec: FieldType, value: Any) -> str:
    """The value as a person writes it: labels of options, yes or no, else its exact text."""
    if isinstance(spec, Select):
        return spec.option_label(value)
    if isinstance(spec, MultiSelect):
        return "; ".join(spec.option_label(key) for key in value)
    if isinstance(spec, Boolean):
        return "Yes" if value else "No"
    if isinstance(spec, Json) and isinstance(value, str):
        return value
    return spec.to_text(value)


def passage_of(before: FieldType, after: FieldType, reading: Reading = PLAIN) -> Passage:
    """From one value of a field to input for what it is changed to; the passage raises Refused, or ValueError."""
    if isinstance(before, Json):
        return _from_json(after, reading)
    if isinstance(after, Json):
        return _to_json(before)
    if is_number(before) and is_number(after):
        return _same
    if isinstance(before, Boolean) and is_number(after):
        return int
    if is_number(before) and isinstance(after, Boolean):
        return _truth
    if isinstance(before, Date) and isinstance(after, DateTime):
        return lambda value: _midnight(value, reading.zone)
    if isinstance(before, DateTime) and isinstance(after, Date):
        return lambda value: value.astimezone(ZoneInfo(reading.zone)).date()
    if is_link(before) and is_link(after):
        return _same
    if type(before) is type(after) and not isinstance(before, Select | MultiSelect):
        return _same
    return _through_text(before, after, reading)


def _same(value: Any) -> Any:
    return value


def _truth(value: Any) -> bool:
    if value not in (0, 1):
        raise Refused("boolean", Message("“{text}” is neither yes nor no.", {"text": excerpt(str(value))}))
    return bool(value == 1)


def _midnight(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _from_json(after: FieldType, reading: Reading) -> Passage:
    understood = _understood(after, reading)

    def passage(value: Any) -> Any:
        if isinstance(after, Json):
            return value
        if isinstance(value, bool):
            if is_number(after) or isinstance(after, Boolean):
                return value if isinstance(after, Boolean) else int(value)
            return understood("Yes" if value else "No")
        if isinstance(value, int | Decimal):
            return (
                _truth(value) if isinstance(after, Boolean) else value if is_number(after) else understood(f"{value:f}")
            )
        if isinstance(value, str):
            return understood(value)
        if is_text(after):
            return Json(type="json").to_text(value)
        raise ValueError(value)

    return passage


def _to_json(before: FieldType) -> Passage:
    if is_text(before):
        return _document
    if is_number(before) or isinstance(before, Boolean):
        return _same
    return before.to_json


def _document(text: str) -> Any:
    """Objects and lists that somebody wrote as text; everything else stays the text it is."""
    try:
        return Json(type="json").from_text(text) if text.startswith(_IN_JSON) else text
    except Refused:
        return text


def _through_text(before: FieldType, after: FieldType, reading: Reading) -> Passage:
    understood = _understood(after, reading)
    if is_text(before):
        return understood
    one = _single(before) if before.multiple else before
    keys = after.choices if isinstance(after, Select | MultiSelect) else {}

    def passage(value: Any) -> Any:
        refusal: Refused | None = None
        for text in [value] if value in keys else _spellings(one, value):
            try:
                return understood(text)
            except Refused as refused:
                refusal = refusal or refused
        assert refusal is not None
        raise refusal

    return passage


def _single(spec: FieldType) -> FieldType:
    """A field whose values are the single values of one with many."""
    if not isinstance(spec, MultiSelect):
        return Text(type="text", label=spec.label)
    one = Select(type="select", label=spec.label, options=dict(spec.choices))
    return one.bound(spec.key, spec.entity, {})


def _spellings(spec: FieldType, value: Any) -> list[str]:
    """The texts by which a value may be known, the likeliest first."""
    texts = [readable(spec, value), spec.to_text(value)]
    if isinstance(value, Decimal) and value == value.to_integral_value():
        texts.append(str(int(value)))
    return list(dict.fromkeys(texts))


def _understood(after: FieldType, reading: Reading) -> Callable[[str], Any]:
    """From text to input for the check of a field."""
    if isinstance(after, Select | MultiSelect):
        return after.option_key
    if is_text(after):
        return str
    if after.multiple:
        return str.strip
    if is_number(after) and not isinstance(after, Duration):
        whole = isinstance(after, Integer)
        return lambda text: _number(text, reading, whole)
    if isinstance(after, Date):
        return lambda text: _date(text, reading)
    if isinstance(after, DateTime):
        return lambda text: _moment(text, reading)
    return lambda text: after.from_text(text, reading)


def _number(text: str, reading: Reading, whole: bool) -> Any:
    """A number as people write it; marks between thousands are told from a decimal mark where nobody said which it is."""
    if _SHORT_NUMBER.fullmatch(text):
        return int(text)
    number = number_from_text(text, reading if reading.decimal_mark != PLAIN.decimal_mark else _marks_of(text, reading))
    return int(number) if whole and number is not None and number == number.to_integral_value() else number


def _marks_of(text: str, reading: Reading) -> Reading:
    """How to read one number: of two marks the last is the decimal mark, and so is one without three digits behind it.

    Raises Refused when the marks stand where no one would put them.
    """
    core = _NOT_IN_NUMBERS.sub("", text)
    commas, points = core.count(","), core.count(".")
    if not commas and points < 2:
        return reading
    decimal = "," if core.rfind(",") > core.rfind(".") else "."
    if not (commas and points) and _GROUPED.fullmatch(core):
        decimal = "." if commas else ","
    whole, mark, _ = core.partition(decimal)
    if core.count(decimal) > 1 or (mark and not whole.isdecimal() and not _GROUPED.fullmatch(whole)):
        raise Refused("number", Message("“{text}” is not a number.", {"text": excerpt(text)}))
    if decimal == ".":
        return reading
    return Reading(",", ".  '", reading.date_formats, reading.day_first, reading.zone)


def _date(text: str, reading: Reading) -> date:
    plain = text.strip()
    if found := _EIGHT_DIGITS.fullmatch(plain):
        return date(*(int(part) for part in found.groups()))
    if (named := _with_named_month(plain)) is not None:
        return named
    try:
        return date_from_text(plain, reading)
    except Refused:
        if ":" not in plain:
            raise
    return moment_from_text(plain, reading).astimezone(ZoneInfo(reading.zone)).date()


def _with_named_month(text: str) -> date | None:
    """A date such as 21 Nov 2026 or November 21, 2026."""
    if not (text.isascii() and _WORDS.search(text)) or len(text) > 30:
        return None
    words = " ".join(text.replace(",", " ").replace("-", " ").replace(".", " ").split())
    for pattern in _NAMED_MONTHS:
        try:
            return datetime.strptime(words, pattern).date()
        except ValueError:
            continue
    return None


def _moment(text: str, reading: Reading) -> datetime:
    plain = text.strip()
    if ":" in plain:
        return moment_from_text(plain, reading)
    return _midnight(_date(plain, reading), reading.zone)


__all__ = ["EMPTY", "Passage", "is_link", "is_number", "is_text", "passage_of", "readable"]

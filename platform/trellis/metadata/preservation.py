"""Which changes of a field's type certainly keep every value."""

from decimal import Decimal
from typing import Any

from trellis.metadata.fieldtypes import (
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
    Select,
    Text,
    Url,
)
from trellis.metadata.fieldtypes.durations import LONGEST
from trellis.metadata.passages import is_link, is_number
from trellis.metadata.storagekinds import DecimalKind

_WHOLE = 2**53 - 1
_LONGEST_NUMBER = 21


def keeps_everything(before: FieldType, after: FieldType) -> bool:
    """Whether every value can be converted and back; False where that is not certain."""
    if before == after and type(before) is type(after):
        return True
    if isinstance(after, Json):
        return after.value_schema is None and (is_number(before) or isinstance(before, Boolean | Date | DateTime))
    if isinstance(after, Text | LongText):
        return _fits_text(before, after)
    if isinstance(before, Select) and isinstance(after, Select | MultiSelect):
        return _keeps_options(before, after)
    if is_number(after):
        return _fits_number(before, after)
    if is_link(before) and is_link(after):
        return before.target == after.target and not before.multiple
    return isinstance(before, Date | DateTime | Boolean) and type(before) is type(after) and _unbounded(after)


def _unbounded(spec: Any) -> bool:
    return getattr(spec, "min", None) is None and getattr(spec, "max", None) is None


def _fits_text(before: FieldType, after: Text | LongText) -> bool:
    if isinstance(after, Text):
        if after.pattern is not None and (not isinstance(before, Text) or before.pattern != after.pattern):
            return False
        if isinstance(before, LongText):
            return False
    if isinstance(before, Select):
        return _labels_come_back(before, after)
    longest = _longest(before)
    return longest is not None and longest <= after.max_length


def _longest(spec: FieldType) -> int | None:
    """The most characters that a value has as text; None when nobody knows."""
    match spec:
        case Text() | LongText():
            return spec.max_length
        case Email():
            return 254
        case Phone():
            return 40
        case Url():
            return 1000
        case AutoNumber():
            return 120
        case Boolean():
            return 3
        case Date() | DateTime():
            return 20
        case Duration():
            return _LONGEST_NUMBER
        case _:
            return _LONGEST_NUMBER if is_number(spec) else None


def _labels_come_back(before: Select, after: Text | LongText) -> bool:
    labels = {key: before.option_label(key) for key in before.choices}
    return all(
        len(label) <= after.max_length and label == " ".join(label.split()) and before.option_key(label) == key
        for key, label in labels.items()
    )


def _keeps_options(before: Select, after: Select | MultiSelect) -> bool:
    return all(
        _finds(after, before.option_label(key)) == key and _finds(before, after.option_label(key)) == key
        for key in before.choices
        if key in after.choices
    ) and all(key in after.choices for key in before.choices)


def _finds(spec: Select | MultiSelect, text: str) -> str | None:
    folded = text.casefold()
    if text in spec.choices:
        return text
    return next(
        (key for key, option in spec.choices.items() if folded in (key.casefold(), option.label.casefold())), None
    )


def _fits_number(before: FieldType, after: FieldType) -> bool:
    if isinstance(before, Boolean):
        low, high, scale = Decimal(0), Decimal(1), 0
    elif is_number(before):
        (low, high), scale = _range(before), before.scale
    else:
        return False
    least, most = _range(after)
    return least <= low and high <= most and scale <= after.scale


def _range(spec: Any) -> tuple[Decimal, Decimal]:
    """The least and the greatest value."""
    if isinstance(spec.storage, DecimalKind):
        end = Decimal(10) ** (spec.precision - spec.scale) - Decimal(1).scaleb(-spec.scale)
    else:
        end = Decimal(_WHOLE if isinstance(spec, Integer) else LONGEST)
    low = -end if spec.min is None else max(Decimal(spec.min), -end)
    high = end if spec.max is None else min(Decimal(spec.max), end)
    return low, high

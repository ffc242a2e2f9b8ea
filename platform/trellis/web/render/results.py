"""What an expression gives, as people of a language read it."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from trellis.engine.expr.types import Kind, Type
from trellis.web.render.formats import LocaleFormats

MOST_DECIMALS = 8
_LEAST_DECIMALS: Mapping[Kind, int] = {Kind.MONEY: 2}


def result_text(value: object, kind: Type, formats: LocaleFormats, label: str | None = None) -> str:
    """The text of a value; `label` is what stands for keys and ids, nothing is an empty text."""
    match value:
        case None:
            return ""
        case bool():
            return formats.words("Yes") if value else formats.words("No")
        case int() if kind.kind is Kind.DURATION:
            return _duration(value)
        case int() | Decimal():
            return _number(Decimal(value), kind, formats)
        case datetime():
            return formats.datetime(value)
        case date():
            return formats.date(value)
        case tuple() | list():
            return label or ", ".join(str(item) for item in value)
    return label or str(value)


def _number(value: Decimal, kind: Type, formats: LocaleFormats) -> str:
    """With the decimals that it has, as far as one can take them in."""
    exponent = value.normalize().as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    scale = max(min(decimals, MOST_DECIMALS), _LEAST_DECIMALS.get(kind.kind, 0))
    if kind.kind is Kind.MONEY:
        return formats.currency(value, None, scale)
    return formats.percent(value, scale) if kind.kind is Kind.PERCENT else formats.number(value, scale)


def _duration(seconds: int) -> str:
    """Hours, minutes and seconds: 26:30:00."""
    minutes, rest = divmod(abs(seconds), 60)
    return f"{'-' if seconds < 0 else ''}{minutes // 60}:{minutes % 60:02}:{rest:02}"

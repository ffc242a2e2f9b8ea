"""Values as people of a language read them; equal to what Babel writes, but fast enough for every cell of a list."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache, lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError, dates, numbers

from trellis.kernel.clock import local_date
from trellis.kernel.messages import Translate
from trellis.web.catalogues import translator

_BABEL = {"en": "en", "zh-CN": "zh_CN"}


@dataclass(frozen=True)
class LocaleFormats:
    """The formats of one language, time zone and default currency; implements `Formats` of the field types."""

    locale: str
    zone: str
    base_currency: str

    def number(self, value: Decimal | int, scale: int) -> str:
        """With group marks and just `scale` decimals."""
        return grouped(Decimal(value), scale, self.locale)

    def currency(self, value: Decimal, code: str | None, scale: int) -> str:
        """With the sign of the currency; the workspace's own where `code` is None."""
        text = grouped(abs(value), scale, self.locale)
        sign = _own_sign(self.base_currency, self.locale) if code is None else _sign(code, self.locale)
        return f"-{sign}{text}" if value < 0 else f"{sign}{text}"

    def percent(self, value: Decimal, scale: int) -> str:
        """35 is 35%; zeros at the end are left out."""
        text = grouped(value, scale, self.locale)
        return (text.rstrip("0").rstrip(".") if "." in text else text) + "%"

    def date(self, value: date) -> str:
        """Medium length: Nov 21, 2026 or 2026年11月21日."""
        return _date(value, self.locale)

    def datetime(self, value: datetime) -> str:
        """Medium date and short time, in the reader's zone."""
        return _moment(value, self.locale, self.zone)

    def words(self, text: str) -> str:
        """A text of the platform in the language."""
        return self.translate(text)

    @property
    def translate(self) -> Translate:
        return translator(self.locale)


@cache
def formats(locale: str, zone: str, currency: str) -> LocaleFormats:
    """The formats for a reader."""
    return LocaleFormats(locale, zone, currency)


def grouped(value: Decimal, scale: int, locale: str) -> str:
    """A number with group marks; both languages group by threes with a comma."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent != -scale:
        value = value.quantize(_step(scale), rounding=ROUND_HALF_EVEN)
    return f"{value:,f}"


@cache
def _step(scale: int) -> Decimal:
    return Decimal(1).scaleb(-scale)


@cache
def babel_locale(locale: str) -> Locale:
    """Babel's object for a language; parsing its name each time would cost more than formatting."""
    try:
        return Locale.parse(_BABEL.get(locale, locale), sep="-" if locale not in _BABEL else "_")
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")


@cache
def _sign(code: str, locale: str) -> str:
    sign: str = numbers.get_currency_symbol(code, locale=babel_locale(locale))
    return sign if not sign.isalpha() else f"{sign}\u00a0"


@cache
def _own_sign(code: str, locale: str) -> str:
    """The sign of the workspace's own currency, where no country has to be told: ¥, not CN¥."""
    sign = _sign(code, locale)
    return sign.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") or sign


@lru_cache(maxsize=20_000)
def _date(value: date, locale: str) -> str:
    text: str = dates.format_date(value, "medium", locale=babel_locale(locale))
    return text


def distance(value: date, now: datetime, formats: LocaleFormats) -> str:
    """From now on: 3 days ago, in 2 hours; days without a time are counted in the reader's zone."""
    if isinstance(value, datetime):
        return _distance(value - now, "second", formats.locale)
    days = value - local_date(now, formats.zone)
    return _distance(days, "day", formats.locale) if days else formats.words("today")


def _distance(span: timedelta, smallest: Literal["day", "second"], locale: str) -> str:
    text: str = dates.format_timedelta(span, granularity=smallest, add_direction=True, locale=babel_locale(locale))
    return text


@lru_cache(maxsize=20_000)
def _moment(value: datetime, locale: str, zone: str) -> str:
    text: str = dates.format_datetime(value.astimezone(ZoneInfo(zone)), "medium", locale=babel_locale(locale))
    return text.rpartition(":")[0] + text.rpartition(":")[2][2:]

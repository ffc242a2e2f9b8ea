"""Phone numbers in international form (ITU-T E.164) and as people read them."""

from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberFormat


def international(text: str, region: str) -> str | None:
    """The number as +8613800138000, with its extension as `;ext=12`; None for what is no number."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    e164: str = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return f"{e164};ext={number.extension}" if number.extension else e164


@lru_cache(maxsize=10_000)
def readable(value: str, region: str) -> str:
    """A kept number in groups: +86 138 0013 8000."""
    try:
        number = phonenumbers.parse(value.replace(";ext=", " ext. "), region)
    except phonenumbers.NumberParseException:
        return value
    text: str = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    return text

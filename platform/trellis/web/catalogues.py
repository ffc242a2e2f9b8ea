"""The texts of the platform in other languages, read from gettext catalogues at start."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.pofile import read_po

from trellis.kernel.messages import Translate

FOLDER = Path(__file__).parent.parent / "locales"
LOCALES: Mapping[str, str] = {"en": "English", "zh-CN": "简体中文"}


@cache
def catalogue(locale: str) -> Mapping[str, str]:
    """Message id to text; empty for English, whose texts are the ids."""
    path = FOLDER / f"{locale.replace('-', '_')}.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id and message.string}


@cache
def translator(locale: str) -> Translate:
    """From message id to text; what has no translation stays English."""
    texts = catalogue(locale)
    return lambda text: texts.get(text, text)


@cache
def language_name(locale: str) -> str:
    """What the speakers of a language call it; the tag where nobody knows."""
    if locale in LOCALES:
        return LOCALES[locale]
    try:
        return Locale.parse(locale, sep="-").get_display_name() or locale
    except (UnknownLocaleError, ValueError):
        return locale


def offered(locales: Iterable[str]) -> Mapping[str, str]:
    """The languages that people can choose: those of the platform, and those that labels have been translated to."""
    return {**LOCALES, **{locale: language_name(locale) for locale in locales}}


def accepted(header: str, fallback: str) -> str:
    """The first language of an Accept-Language header that there is (RFC 9110), else `fallback`."""
    for part in header.split(","):
        language = part.partition(";")[0].strip().lower()
        if language.startswith("zh"):
            return "zh-CN"
        if language.startswith("en"):
            return "en"
    return fallback

"""The icon and the word of each type of field, as the palette and the canvas show them."""

from collections.abc import Mapping

from trellis.kernel.messages import Message

TYPES: Mapping[str, tuple[str, Message]] = {
    "text": ("forms", Message("Text")),
    "longtext": ("file-text", Message("Long text")),
    "integer": ("hash", Message("Number")),
    "decimal": ("decimal", Message("Decimal")),
    "currency": ("currency-yuan", Message("Money")),
    "percent": ("percentage", Message("Percent")),
    "date": ("calendar", Message("Date")),
    "datetime": ("clock", Message("Date, time")),
    "duration": ("hourglass", Message("Duration")),
    "boolean": ("toggle-left", Message("Yes or no")),
    "select": ("list-check", Message("Choice")),
    "multiselect": ("tags", Message("Choices")),
    "lookup": ("link", Message("Lookup")),
    "multilookup": ("affiliate", Message("Lookups")),
    "user": ("user", Message("Person")),
    "email": ("mail", Message("Email")),
    "phone": ("phone", Message("Phone")),
    "url": ("world", Message("Web link")),
    "file": ("paperclip", Message("Files")),
    "formula": ("math-function", Message("Formula")),
    "rollup": ("sum", Message("Roll-up")),
    "autonumber": ("number", Message("Serial no.")),
    "json": ("braces", Message("JSON")),
}
"""In the order of the palette; types of plugins come behind."""


def type_icon(name: str) -> str:
    """The icon of a type."""
    return TYPES[name][0] if name in TYPES else "forms"


def type_word(name: str) -> Message:
    """What people call a type."""
    return TYPES[name][1] if name in TYPES else Message("{name}", {"name": name})

"""Cells that a spreadsheet program would take for a formula (CWE-1236)."""

import re

_RISKY = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def risky(text: str) -> bool:
    """Whether text begins like a formula, perhaps behind apostrophes of our own."""
    return _RISKY.match(text) is not None


def safe(text: str) -> str:
    """The text with an apostrophe in front where it would be a formula; `original` takes it off again."""
    return "'" + text if risky(text) else text


def original(text: str) -> str:
    """The text before `safe`."""
    return text[1:] if text.startswith("'") and risky(text) else text

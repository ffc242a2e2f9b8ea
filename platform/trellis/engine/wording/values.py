"""Values of members as people read them."""

import re
from collections.abc import Mapping
from typing import Any

from trellis.engine.captions import Caption
from trellis.engine.wording.differences import Path
from trellis.engine.wording.speaker import Speaker, listed
from trellis.kernel.messages import Message

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_LONGEST = 120
_WORDS = {
    "restrict": Message("refused"),
    "clear": Message("the link is emptied"),
    "cascade": Message("this record goes too"),
    "own": Message("own"),
    "all": Message("all"),
    "create": Message("creating"),
    "edit": Message("changing"),
    "detail": Message("reading"),
    "new": Message("only new ones"),
    "asc": Message("ascending"),
    "desc": Message("descending"),
    "error": Message("refused"),
    "warning": Message("warning"),
    "warn": Message("warned about"),
    "block": Message("refused"),
    "stored": Message("stored"),
    "virtual": Message("worked out when it is read"),
    "auto": Message("decided by the platform"),
    "propagate": Message("the result is empty"),
    "zero": Message("zero"),
    "count": Message("how many there are"),
    "sum": Message("sum"),
    "avg": Message("mean"),
    "min": Message("smallest value"),
    "max": Message("largest value"),
    "first": Message("first value"),
    "last": Message("last value"),
    "concat": Message("joined values"),
    "exact": Message("exactly"),
    "casefold": Message("without capitals and spaces"),
    "letters": Message("letters and digits only"),
    "digits": Message("digits only"),
    "keep": Message("kept"),
    "fields": Message("fields"),
    "related": Message("related list"),
    "insertOnly": Message("only added"),
    "upsert": Message("added or changed"),
    "relative": Message("relative to today"),
    "absolute": Message("as a date"),
    "ok": Message("green"),
    "success": Message("green"),
    "bad": Message("red"),
    "danger": Message("red"),
    "info": Message("blue"),
    "never": Message("never"),
    "yearly": Message("every year"),
    "monthly": Message("every month"),
    "daily": Message("every day"),
}
"""What closed choices mean."""

_ELSEWHERE = {("whenHidden", "clear"): Message("emptied")}
"""Words that mean something else in one member."""

_COLOURS = {"warn": Message("amber"), "warning": Message("amber")}


def said(speaker: Speaker, document: str, path: Path, value: Any, *, now: bool) -> Caption | None:
    """A value in words; None for values that only programs read."""
    if value is None:
        return Message("nothing")
    if isinstance(value, bool):
        return Message("yes") if value else Message("no")
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list | tuple):
        parts = [said(speaker, document, (*path, number), part, now=now) for number, part in enumerate(value)]
        known = [part for part in parts if part is not None]
        return (listed(known) if known else Message("nothing")) if len(known) == len(parts) else None
    if isinstance(value, Mapping):
        inner = value.get("expr") if len(value) == 1 else None
        return _text(speaker, document, (*path, "expr"), inner, now=now) if isinstance(inner, str) else None
    return _text(speaker, document, path, value, now=now) if isinstance(value, str) else None


def _text(speaker: Speaker, document: str, path: Path, value: str, *, now: bool) -> Caption:
    named = speaker.names(document, path, now=now)
    if named is not None and is_expression(path):
        return speaker.source(document, path, now=now)
    if named is not None:
        return named
    if (special := _ELSEWHERE.get((str(path[-1]), value))) is not None:
        return special
    if path[-1] == "tone" and value in _COLOURS:
        return _COLOURS[value]
    if value in _WORDS and path[-1] not in ("label", "help", "hint", "message", "description", "empty", "default"):
        return _WORDS[value]
    if _NUMBER.fullmatch(value):
        whole, point, rest = value.partition(".")
        return f"{int(whole):,}{point}{rest}"
    return Message("“{text}”", {"text": excerpt(value)}) if not is_expression(path) else value


def is_expression(path: Path) -> bool:
    """Whether a member holds an expression."""
    return path[-1] in ("expr", "filter", "where", "when", "fail", "visible", "required", "readonly")


def excerpt(text: str) -> str:
    """A text short enough for a sentence."""
    plain = " ".join(text.split())
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"

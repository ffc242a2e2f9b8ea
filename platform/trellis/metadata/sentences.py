"""What people read when the shape of a document is wrong: pydantic's error types in our words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trellis.kernel.messages import Message
from trellis.metadata.findings import near_or_all


@dataclass(frozen=True, slots=True)
class Said:
    """The code and the words of one finding."""

    code: str
    message: Message
    hint: Message | None = None


_WANTED = {
    "string": Message("a text in quotes"),
    "bool": Message("true or false, without quotes"),
    "int": Message("a whole number, without quotes"),
    "decimal": Message('a number in quotes, like "12.50"'),
    "is_instance": Message("an object in curly brackets"),
    "dict": Message("an object in curly brackets"),
    "model": Message("an object in curly brackets"),
    "mapping": Message("an object in curly brackets"),
    "tuple": Message("a list in square brackets"),
    "list": Message("a list in square brackets"),
    "date": Message('a date in quotes, like "2026-11-21"'),
}

_BOUNDS = {
    "greater_than_equal": ("ge", "'{member}' must be at least {limit}."),
    "greater_than": ("gt", "'{member}' must be more than {limit}."),
    "less_than_equal": ("le", "'{member}' must be at most {limit}."),
    "less_than": ("lt", "'{member}' must be less than {limit}."),
    "string_too_long": ("max_length", "'{member}' must have at most {limit} characters."),
    "string_too_short": ("min_length", "'{member}' must have at least {limit} characters."),
    "too_short": ("min_length", "'{member}' must have at least {limit} members."),
    "too_long": ("max_length", "'{member}' must have at most {limit} members."),
    "string_pattern_mismatch": ("pattern", "'{member}' must match {limit}."),
}

_FIRST_WORD = re.compile(r"^(string|bool|int|decimal|is_instance|dict|model|mapping|tuple|list|date)_")


def sentence(details: Sequence[Mapping[str, Any]], path: tuple[str | int, ...], value: Any) -> Said:
    """The words for the errors of pydantic at a path that holds `value`; several when no arm of a union fits."""
    detail = details[0]
    kind = str(detail["type"])
    member = member_name(path)
    if {str(other["type"]).partition("_")[0] for other in details} >= {"bool", "string"}:
        return _type(member, Message("true, false or an expression in quotes"), value)
    context = detail.get("ctx") or {}
    if kind == "missing":
        return _missing(member, path)
    if kind == "literal_error":
        return _choice(member, value, str(context.get("expected", "")))
    if kind == "field_type":
        return _field_type(context, path)
    if kind in _BOUNDS:
        name, template = _BOUNDS[kind]
        return Said("out_of_range", Message(template, {"member": member, "limit": context.get(name)}))
    if kind == "field_shape":
        return _type(member, _WANTED["dict"], value)
    if found := _FIRST_WORD.match(kind):
        return _type(member, _WANTED[found[1]], value)
    reason = str(detail["msg"]).removeprefix("Value error, ").rstrip(".")
    params = {"member": member, "reason": reason[:1].lower() + reason[1:]}
    return Said("invalid_value", Message("'{member}' {reason}.", params))


def member_name(path: tuple[str | int, ...]) -> str:
    """What people call the place of a path: its last name, with the number of the item in a list."""
    if path and isinstance(path[-1], int):
        return f"{member_name(path[:-1])}/{path[-1]}"
    return str(path[-1]) if path else ""


def _missing(member: str, path: tuple[str | int, ...]) -> Said:
    if len(path) > 1:
        place = {"member": member, "place": path[-2]}
        return Said("missing_member", Message("'{member}' is missing in '{place}'.", place))
    return Said("missing_member", Message("'{member}' is missing.", {"member": member}))


def _choice(member: str, value: Any, expected: str) -> Said:
    levels = [name.lower() for name in re.findall(r"<\w+\.(\w+): ", expected)]
    choices = levels or re.findall(r"'([^']*)'", expected) or re.split(r", | or ", expected)
    message = Message("'{value}' is not possible for '{member}'.", {"member": member, "value": _short(value)})
    return Said("wrong_choice", message, near_or_all(str(value), choices))


def _field_type(context: Mapping[str, Any], path: tuple[str | int, ...]) -> Said:
    if context.get("name") == "None":
        place = path[-2] if len(path) > 1 else ""
        hint = Message("There are: {names}.", {"names": context.get("names", "")})
        return Said("missing_member", Message("'type' is missing in '{place}'.", {"place": place}), hint)
    near = context.get("nearest")
    names = Message("There are: {names}.", {"names": context.get("names", "")})
    hint = Message("Did you mean '{name}'?", {"name": near}) if near else names
    return Said("field_type_unknown", Message("There is no field type '{name}'.", {"name": context.get("name")}), hint)


def _type(member: str, wanted: Message, value: Any) -> Said:
    params = {"member": member, "wanted": wanted, "given": _given(value)}
    return Said("wrong_type", Message("'{member}' must be {wanted}, not {given}.", params))


def _given(value: Any) -> Message:
    if value is None:
        return Message("null")
    if isinstance(value, bool):
        return Message("{value}", {"value": str(value).lower()})
    if isinstance(value, str):
        return Message("the text '{value}'", {"value": _short(value)})
    if isinstance(value, int):
        return Message("the number {value}", {"value": value})
    return Message("a list") if isinstance(value, list) else Message("an object")


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"

"""JSON as documents may use it (RFC 8259, stricter): no key twice, no floats, no NaN, bounded size and depth."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from trellis.kernel.messages import Message
from trellis.metadata.pointers import pointer

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32
MAX_DIGITS = 30

_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_CONSTANT = re.compile(r"-?(NaN|Infinity|nan|inf)\b")
_WORDS = {"true": True, "false": False, "null": None}
_DECODER = json.JSONDecoder()
_BLANKS = re.compile(r"[ \t\n\r]*")
_SUSPICIOUS = re.compile(r"\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})|\d{31}")
_UNWANTED = re.compile("[\x00\ud800-\udfff]")

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that strict JSON refuses, at a pointer."""

    code: str
    pointer: str
    message: Message
    hint: Message | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """What could be read, and what is wrong with it; `readable` is false when there is no value at all."""

    value: Any
    problems: tuple[Problem, ...] = ()
    readable: bool = True


def parse(content: bytes) -> Parsed:
    """Reads one document and reports everything that strict JSON refuses."""
    if len(content) > MAX_BYTES:
        return _unreadable("too_large", Message("A document has at most {limit} bytes.", {"limit": MAX_BYTES}))
    if content.startswith(b"\xef\xbb\xbf"):
        rest = parse(content[3:])
        mark = Problem("byte_order_mark", "", Message("The file begins with a byte order mark."), _NO_MARK)
        return Parsed(rest.value, (mark, *rest.problems), rest.readable)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        message = Message("The file is not UTF-8: byte {number} cannot be read.", {"number": error.start + 1})
        return _unreadable("encoding", message, Message("Save the file as UTF-8 without a byte order mark."))
    return _quick(text) or _Scanner(text).read()


_NO_MARK = Message("Save the file as UTF-8 without a byte order mark.")


def _unreadable(code: str, message: Message, hint: Message | None = None) -> Parsed:
    return Parsed(None, (Problem(code, "", message, hint),), readable=False)


def _quick(text: str) -> Parsed | None:
    """The value when nothing at all is wrong: the usual case, at the speed of the standard library."""
    if _SUSPICIOUS.search(text):
        return None
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_float=_refused, parse_constant=_refused)
    except (ValueError, RecursionError):
        return None
    return Parsed(value) if _within(value, MAX_DEPTH) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refused(text: str) -> Any:
    raise ValueError(text)


def _within(value: Any, depth: int) -> bool:
    if isinstance(value, dict):
        return depth > 0 and all(_within(item, depth - 1) for item in value.values())
    if isinstance(value, list):
        return depth > 0 and all(_within(item, depth - 1) for item in value)
    return True


class _Stop(Exception):
    """Reading on makes no sense."""


class _Scanner:
    """One careful pass that knows at every moment where in the document it is."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.problems: list[Problem] = []

    def read(self) -> Parsed:
        try:
            value, end = self._value(self._blank(0), ())
            if self._blank(end) != len(self.text):
                self._stop(self._blank(end), (), Message("Something follows after the end of the document."))
        except _Stop:
            return Parsed(None, tuple(self.problems), readable=False)
        return Parsed(value, tuple(self.problems))

    def _report(self, code: str, path: Path, message: Message, hint: Message | None = None) -> None:
        self.problems.append(Problem(code, pointer(path), message, hint))

    def _stop(self, position: int, path: Path, reason: Message) -> NoReturn:
        line = self.text.count("\n", 0, position) + 1
        column = position - self.text.rfind("\n", 0, position)
        template = "Line {line}, column {column}: {reason}"
        self._report("syntax", path, Message(template, {"line": line, "column": column, "reason": reason}))
        raise _Stop

    def _blank(self, position: int) -> int:
        found = _BLANKS.match(self.text, position)
        return found.end() if found else position

    def _value(self, position: int, path: Path) -> tuple[Any, int]:
        start = self.text[position : position + 1]
        if start == '"':
            return self._string(position, path)
        if start in ("{", "["):
            if len(path) >= MAX_DEPTH:
                self._report(
                    "too_deep", path, Message("A document is at most {limit} levels deep.", {"limit": MAX_DEPTH})
                )
                raise _Stop
            return self._object(position + 1, path) if start == "{" else self._array(position + 1, path)
        return self._scalar(position, path)

    def _string(self, position: int, path: Path) -> tuple[str, int]:
        try:
            text, end = _DECODER.raw_decode(self.text, position)
        except json.JSONDecodeError as error:
            self._stop(error.pos, path, Message("A text is not closed, or holds a character that must be escaped."))
        if _UNWANTED.search(text):
            self._report("character", path, Message("This text holds a zero character or half of a surrogate pair."))
        return _UNWANTED.sub("", text), end

    def _scalar(self, position: int, path: Path) -> tuple[Any, int]:
        for word, value in _WORDS.items():
            if self.text.startswith(word, position):
                return value, position + len(word)
        if found := _CONSTANT.match(self.text, position):
            message = Message("'{text}' is not a number of JSON.", {"text": found[0]})
            self._report("nan_not_allowed", path, message, Message("Leave the member out, or give it a number."))
            return None, found.end()
        if found := _NUMBER.match(self.text, position):
            return self._number(found, path), found.end()
        self._stop(position, path, self._expected(position))

    def _number(self, found: re.Match[str], path: Path) -> Any:
        text = found[0]
        if found[2] or found[3]:
            hint = Message('Write it as text: "{text}".', {"text": text[:MAX_DIGITS]})
            self._report(
                "float_not_allowed", path, Message("Numbers with a fraction or an exponent are written as text."), hint
            )
            return text
        if len(text) > MAX_DIGITS:
            self._report(
                "number_too_long", path, Message("A number has at most {limit} digits.", {"limit": MAX_DIGITS})
            )
            return 0
        return int(text)

    def _expected(self, position: int) -> Message:
        if position >= len(self.text):
            return Message("The document ends too early.")
        if self.text[position] == "'":
            return Message("Texts stand in double quotes.")
        if self.text.startswith("//", position) or self.text.startswith("/*", position):
            return Message("JSON has no comments.")
        if self.text[position] in "}]":
            return Message("A comma stands before the end, or a value is missing.")
        return Message("A value is missing here.")

    def _array(self, position: int, path: Path) -> tuple[list[Any], int]:
        items: list[Any] = []
        for start in self._places(position, path, "]"):
            item, self.end = self._value(start, (*path, len(items)))
            items.append(item)
        return items, self.end

    def _object(self, position: int, path: Path) -> tuple[dict[str, Any], int]:
        members: dict[str, Any] = {}
        for start in self._places(position, path, "}"):
            if self.text[start : start + 1] != '"':
                self._stop(start, path, self._no_name(start))
            name, end = self._string(start, path)
            colon = self._blank(end)
            if self.text[colon : colon + 1] != ":":
                self._stop(colon, (*path, name), Message("A colon is missing after the name."))
            value, self.end = self._value(self._blank(colon + 1), (*path, name))
            if name in members:
                message = Message("'{name}' stands twice in this object.", {"name": name})
                self._report("duplicate_key", (*path, name), message, Message("Keep one of the two."))
            else:
                members[name] = value
        return members, self.end

    def _no_name(self, position: int) -> Message:
        if self.text[position : position + 1] == "}":
            return Message("A comma stands before the end of the object.")
        return (
            Message("Names of members stand in double quotes.")
            if position < len(self.text)
            else self._expected(position)
        )

    def _places(self, position: int, path: Path, closing: str) -> Iterator[int]:
        """Where the members of an object or array begin; afterwards `end` is behind the closing bracket."""
        position = self._blank(position)
        if self.text[position : position + 1] == closing:
            self.end = position + 1
            return
        while True:
            yield position
            position = self._blank(self.end)
            following = self.text[position : position + 1]
            if following == closing:
                self.end = position + 1
                return
            if following != ",":
                self._stop(position, path, Message("A comma is missing, or the bracket is not closed."))
            position = self._blank(position + 1)

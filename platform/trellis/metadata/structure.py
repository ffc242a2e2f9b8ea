"""Whether a raw document has the shape of its kind; errors of the models become findings at real JSON pointers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from pydantic import ValidationError

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.anatomy import Node, Path, nodes, plain, resolved
from trellis.metadata.documents import KINDS, Document
from trellis.metadata.fieldtypes import FieldTypes, fieldtypes
from trellis.metadata.misplaced import unknown_member
from trellis.metadata.pointers import pointer
from trellis.metadata.sentences import member_name, sentence

Raw = Mapping[str, Any]
Details = Sequence[Mapping[str, Any]]

_ROUNDS = 12


@dataclass(frozen=True, slots=True)
class Read:
    """A raw document with its findings, and what is left of it when its faulty parts are taken out.

    `sound` is None when nothing is left; `removed` holds the pointers of what was taken out.
    """

    raw: Raw
    sound: Raw | None
    removed: frozenset[str]
    findings: tuple[Finding, ...]


def read(raw: Raw, types: FieldTypes = fieldtypes) -> Read:
    """Checks one document that has a known kind and an id."""
    plain_raw = {key: value for key, value in raw.items() if key != "$schema"}
    errors = _errors(plain_raw, types)
    findings = [_finding(plain_raw, path, details, types) for path, details in errors]
    findings += [
        finding for finding in _loose(plain_raw, types) if finding.pointer not in {f.pointer for f in findings}
    ]
    if not findings:
        return Read(raw, plain_raw, frozenset(), ())
    sound, removed = _salvaged(plain_raw, [path for path, _ in errors], types)
    return Read(raw, sound, removed, tuple(findings))


def _errors(raw: Raw, types: FieldTypes) -> list[tuple[Path, Details]]:
    """What the model refuses by real path; of a union only the arm that was meant, or all when none was."""
    try:
        KINDS[raw["kind"]].model_validate(raw, context={"fieldtypes": types})
    except ValidationError as error:
        found: dict[Path, list[Mapping[str, Any]]] = {}
        for detail in error.errors(include_url=False):
            found.setdefault(real_path(raw, detail["loc"]), []).append(detail)
        return [(path, details) for path, details in found.items() if not _only_other_arm(path, found)]
    return []


def _only_other_arm(path: Path, found: Mapping[Path, Details]) -> bool:
    """Whether an error at `path` only says that a deeper, better understood value is not of another type."""
    if not all(str(detail["type"]).endswith("_type") for detail in found[path]):
        return False
    return any(len(other) > len(path) and other[: len(path)] == path for other in found)


def real_path(raw: Raw, loc: tuple[str | int, ...]) -> Path:
    """The place of an error in the document: its location without the names of union arms."""
    value: Any = raw
    path: Path = ()
    for index, part in enumerate(loc):
        if _holds(value, part):
            value = value[part]
            path = (*path, part)
        elif index == len(loc) - 1 and isinstance(value, Mapping) and _is_name(part):
            path = (*path, part)
    return path


def _holds(value: Any, part: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(part, int) and part < len(value)
    return isinstance(value, Mapping) and part in value


def _is_name(part: str | int) -> bool:
    return isinstance(part, str) and part not in ("[key]", "bool", "str", "int") and "[" not in part


def _finding(raw: Raw, path: Path, details: Details, types: FieldTypes) -> Finding:
    if details[0]["type"] == "extra_forbidden":
        return unknown_member(raw, path, types)
    said = sentence(details, path, _value_at(raw, path))
    place = path[:-1] if said.code == "missing_member" else path
    return Finding(said.code, said.message, raw["id"], pointer(place), said.hint)


def _value_at(raw: Any, path: Path) -> Any:
    for part in path:
        if not _holds(raw, part):
            return None
        raw = raw[part]
    return raw


def _loose(raw: Raw, types: FieldTypes) -> Iterator[Finding]:
    """Scalars that the model would silently convert: `"yes"` for true, `"10"` for 10, 10 for "10"."""
    for node in nodes(raw, types):
        wanted = _wanted(node, types)
        if node.value is None and plain(node.type) is not Any:
            message = Message("'{member}' is null.", {"member": member_name(node.path)})
            hint = Message("Leave it out, or give it a value.")
            yield Finding("null_member", message, raw["id"], pointer(node.path), hint)
        elif wanted is not None:
            message = Message("'{member}' must be {wanted}.", {"member": member_name(node.path), "wanted": wanted})
            yield Finding("wrong_type", message, raw["id"], pointer(node.path), _unquoted(node.value))


def _wanted(node: Node, types: FieldTypes) -> Message | None:
    shape = plain(resolved(node.type, node.value, types))
    if shape is bool and not isinstance(node.value, bool):
        return Message("true or false, without quotes")
    if get_origin(shape) is Literal:
        return _wanted_choice(get_args(shape), node.value)
    if shape is int and (isinstance(node.value, bool) or not isinstance(node.value, int)):
        return Message("a whole number, without quotes")
    if shape is Decimal and not isinstance(node.value, str):
        return Message('a number in quotes, like "12.50"')
    return None


def _wanted_choice(choices: tuple[Any, ...], value: Any) -> Message | None:
    """Choices that are numbers inside are words in documents; true is not 1."""
    if isinstance(choices[0], Enum) and not isinstance(value, str):
        return Message("one of {names}", {"names": ", ".join(choice.name.lower() for choice in choices)})
    return Message("the number {number}", {"number": choices[0]}) if isinstance(value, bool) else None


def _unquoted(value: Any) -> Message | None:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return Message("Write {value} without quotes.", {"value": value.lower()})
    if isinstance(value, int) and not isinstance(value, bool):
        return Message('Write "{value}" in quotes.', {"value": value})
    return None


def _salvaged(raw: Raw, paths: list[Path], types: FieldTypes) -> tuple[Raw | None, frozenset[str]]:
    """The document without its faulty parts, so that the rest can be checked too."""
    removed: set[str] = set()
    document: Any = raw
    for _ in range(_ROUNDS):
        if not paths:
            return document, frozenset(removed)
        for path in sorted(paths, key=len, reverse=True):
            gone, document = _without(document, path)
            if not gone or len(gone) == 1 and gone[0] in _required(document["kind"]):
                return None, frozenset(removed)
            removed.add(pointer(gone))
        paths = [path for path, _ in _errors(document, types)]
    return None, frozenset(removed)


def _required(kind: str) -> set[str]:
    cls: type[Document] = KINDS[kind]
    return {info.alias or name for name, info in cls.model_fields.items() if info.is_required()}


def _without(value: Any, path: Path) -> tuple[Path, Any]:
    """What was really taken out (the member, or what holds it when it is missing), and the value without it."""
    key, *rest = path
    if isinstance(value, Mapping) and key in value:
        if not rest:
            return path, {name: item for name, item in value.items() if name != key}
        gone, item = _without(value[key], tuple(rest))
        if not gone:
            return (key,), {name: kept for name, kept in value.items() if name != key}
        return (key, *gone), {**value, key: item}
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        if not rest:
            return path, value[:key] + value[key + 1 :]
        gone, item = _without(value[key], tuple(rest))
        if not gone:
            return (key,), value[:key] + value[key + 1 :]
        return (key, *gone), [*value[:key], item, *value[key + 1 :]]
    return (), value

"""Changes that follow what they are about when a pack gives it another name."""

from collections.abc import Iterable, Mapping
from typing import Any

from trellis.metadata.layers.apply import hides, mapping
from trellis.metadata.pointers import parts_of
from trellis.metadata.versions import Version

Raw = Mapping[str, Any]


def apply_renames(extension: Raw, renames: Iterable[Raw]) -> Raw:
    """The extension with the names of today; `renames` are those of the pack, the older ones first.

    Only those count that are later than what the extension was made against. Moving to another document is not followed.
    """
    for rename in renames:
        if _is_later(rename, extension):
            extension = _renamed(extension, str(rename["from"]), str(rename["to"]))
    return extension


def _is_later(rename: Raw, extension: Raw) -> bool:
    against = extension.get("madeAgainst")
    made = Version.read(str(against.get("version", ""))) if isinstance(against, Mapping) else None
    since = Version.read(str(rename["since"]))
    return made is None or since is None or since > made


def _renamed(extension: Raw, before: str, after: str) -> Raw:
    (document, _, old), (target, _, new) = before.partition("#"), after.partition("#")
    if extension["target"] != document:
        return extension
    if not old:
        return {**extension, "target": target}
    if target != document:
        return extension
    result = {**extension}
    if add := mapping(extension, "add"):
        result["add"] = {_moved(where, old, new): element for where, element in add.items()}
    if change := mapping(extension, "change"):
        result["change"] = _carried(change, parts_of(old), parts_of(new))
    if hide := list(hides(extension)):
        result["hide"] = [_moved(where, old, new) for where in hide]
    against = extension.get("madeAgainst")
    if isinstance(against, Mapping) and "seen" in against:
        seen = {_moved(where, old, new): text for where, text in against["seen"].items()}
        result["madeAgainst"] = {**against, "seen": seen}
    return result


def _moved(where: str, old: str, new: str) -> str:
    return new + where[len(old) :] if where == old or where.startswith(old + "/") else where


def _carried(patch: Raw, old: list[str], new: list[str]) -> Raw:
    """A merge patch in which what stood at one place stands at another."""
    part, rest = _taken(patch, old)
    return rest if part is None else _placed(rest, new, part)


def _taken(patch: Raw, path: list[str]) -> tuple[Any, Raw]:
    if path[0] not in patch:
        return None, patch
    rest = {name: item for name, item in patch.items() if name != path[0]}
    held = patch[path[0]]
    if len(path) == 1 or not isinstance(held, Mapping):
        return (held, rest) if len(path) == 1 else (None, patch)
    part, below = _taken(held, path[1:])
    return part, ({**rest, path[0]: below} if below else rest)


def _placed(patch: Raw, path: list[str], part: Any) -> Raw:
    if len(path) > 1:
        part = _placed(patch.get(path[0], {}), path[1:], part)
    elif isinstance(part, Mapping) and isinstance(patch.get(path[0]), Mapping):
        part = {**part, **patch[path[0]]}
    return {**patch, path[0]: part}

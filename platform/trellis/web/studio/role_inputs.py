"""What was posted to the editor of a role; only inputs that were on the page say something."""

from collections.abc import Mapping
from dataclasses import replace

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.services.studio.roleedits import (
    ACTIONS,
    ALL,
    ASSIGNEES,
    EXPORT,
    LEVEL_CHOICES,
    LEVELS,
    LIMIT,
    NOTHING,
    SYSTEM,
    Action,
    GrantInput,
    LevelInput,
    RoleInput,
    in_order,
    level_picked,
)
from trellis.web.studio.editing import Texts, one

_KNOWN = {action.name: action for action in ACTIONS}
LONGEST = 9
"""Digits of the most records that may be exported at once."""


def typed_role(texts: Texts, before: RoleInput) -> RoleInput:
    """What the form holds, on top of what the document has."""
    cells: dict[str, dict[str, GrantInput]] = {}
    levels: dict[str, dict[str, LevelInput]] = {}
    for name in texts:
        kind, _, rest = name.partition(":")
        entity, _, member = rest.partition(":")
        if kind == "cell" and member in _KNOWN:
            cells.setdefault(entity, {})[member] = _picked(texts, name, _KNOWN[member], _cell(before, entity, member))
        elif kind == "grant" and member in _KNOWN:
            cells.setdefault(entity, {})[member] = _ticked(texts, rest, _KNOWN[member], _cell(before, entity, member))
        elif kind == "level" and member and one(texts, name) in ("", *LEVEL_CHOICES):
            levels.setdefault(entity, {})[member] = _level(texts, rest)
    return replace(
        before,
        label=one(texts, "label") or before.label,
        description=one(texts, "description"),
        inherits=_kept(before.inherits, texts.get("inherits", [])) if "inherits-shown" in texts else before.inherits,
        navigation=_kept(before.navigation, texts.get("navigation", [])),
        system=frozenset(right for right in texts.get("system", []) if right in SYSTEM),
        export=_export(texts, before),
        second_factor="second-factor" in texts,
        cells={key: {**before.cells.get(key, {}), **cells.get(key, {})} for key in {**before.cells, **cells}},
        levels={**before.levels, **{key: _based(found) for key, found in levels.items()}},
    )


def wrong_limit(given: RoleInput, document: str) -> Finding | None:
    """What is wrong with the number of records that may be exported."""
    limit = given.export.removeprefix(LIMIT)
    if not given.export.startswith(LIMIT) or (limit.isascii() and limit.isdecimal() and 0 < len(limit) <= LONGEST):
        return None
    return Finding("wrong_type", Message("Write how many records, as a whole number."), document, f"/system/{EXPORT}")


def _cell(before: RoleInput, entity: str, action: str) -> GrantInput:
    return before.cells.get(entity, {}).get(action, NOTHING)


def _picked(texts: Texts, name: str, action: Action, before: GrantInput) -> GrantInput:
    """A scope picked in a line; the condition of the action stays, and goes only with all of it."""
    held = "+".join(before.scopes)
    value = one(texts, name)
    if value == held:
        return before
    scopes = tuple(scope for scope in value.split("+") if scope in action.choices)
    return replace(before, scopes=scopes) if scopes else NOTHING


def _ticked(texts: Texts, rest: str, action: Action, before: GrantInput) -> GrantInput:
    """Everything about an action, from the panel; what was ticked before keeps its order."""
    scopes = _ordered(texts.get(f"scope:{rest}", []), action.choices, before.scopes)
    to = _ordered(texts.get(f"to:{rest}", []), ASSIGNEES, before.to) if action.directed else ()
    where = one(texts, f"if:{rest}")
    if action.directed and not scopes and not where and to == ("all",):
        return NOTHING
    return GrantInput(scopes, where, to)


def _ordered(words: list[str], known: tuple[str, ...], before: tuple[str, ...]) -> tuple[str, ...]:
    found = in_order((word for word in words if word in known), known)
    return before if set(found) == set(before) else found


def _level(texts: Texts, rest: str) -> LevelInput:
    higher = one(texts, f"higher:{rest}")
    where = one(texts, f"on:{rest}")
    if higher not in LEVELS:
        higher = LEVELS[-1] if where else ""
    return level_picked(one(texts, f"level:{rest}"), higher, where)


def _based(levels: Mapping[str, LevelInput]) -> dict[str, LevelInput]:
    """Levels that rise begin somewhere: at that of all other fields, where nothing else is said."""
    others = levels.get(ALL, LevelInput())
    return {
        key: replace(level, level=others.level or LEVELS[-1], reveal=others.reveal)
        if level.higher and not level.level
        else level
        for key, level in levels.items()
    }


def _export(texts: Texts, before: RoleInput) -> str:
    choice = one(texts, EXPORT) if EXPORT in texts else before.export
    return (
        LIMIT + one(texts, "export-limit")
        if choice == "limited"
        else choice
        if choice in ("", "yes")
        else before.export
    )


def _kept(before: tuple[str, ...], chosen: list[str]) -> tuple[str, ...]:
    """What was chosen; what was there before keeps its place."""
    return (*(item for item in before if item in chosen), *(item for item in chosen if item not in before))

"""What a higher layer may do with a member of somebody else's document."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import IntEnum
from typing import Any, Literal

PolicyName = Literal["locked", "pack", "tighten", "customer"]
Hiding = Literal["flag", "retire", "leave_out"]
"""How a hidden element looks: it has `hidden`, it is not `active`, or it is not there."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A rule for overriding a member: `allows(was, now)` with the values below and on top; None is no value."""

    name: PolicyName
    allows: Callable[[Any, Any], bool]
    direction: str = ""


def _number(value: Any) -> Decimal | str | None:
    """Numbers compare as numbers however they are written, dates as texts."""
    if value is None or isinstance(value, bool):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return str(value)


def _risen(was: Any, now: Any) -> bool:
    low, high = _number(was), _number(now)
    return low is None or (high is not None and type(low) is type(high) and high >= low)  # type: ignore[operator]


def _fallen(was: Any, now: Any) -> bool:
    high, low = _number(was), _number(now)
    return high is None or (low is not None and type(low) is type(high) and low <= high)  # type: ignore[operator]


class _Levels(IntEnum):
    NONE = 0
    MASKED = 1
    READ = 2
    CREATE = 3
    EDIT = 4


def _level(value: Any) -> int:
    name = str(value).upper()
    return _Levels[name] if name in _Levels.__members__ else _Levels.EDIT


def _lowered(was: Any, now: Any) -> bool:
    """Whether a field is open no further than before, on every record and on those that meet a condition."""
    (level, higher, where), (after, rises, at) = _rule(was), _rule(now)
    return (
        after <= level
        and (rises <= level or (rises <= higher and at == where))
        and (level > _Levels.MASKED or _revealed(was) or not _revealed(now))
    )


def _revealed(value: Any) -> bool:
    """Whether masked values may be revealed."""
    return isinstance(value, Mapping) and bool(value.get("reveal"))


def _rule(value: Any) -> tuple[int, int, Any]:
    """The level on every record, the level on some, and their condition."""
    if not isinstance(value, Mapping):
        return _level(value), 0, None
    upgrade = value.get("upgrade")
    if not isinstance(upgrade, Mapping):
        return _level(value.get("level")), 0, None
    return _level(value.get("level")), _level(upgrade.get("level")), upgrade.get("where")


def _narrowed(was: Any, now: Any) -> bool:
    """Whether scopes give away no more records than before: `all` includes every other, `teamTree` the team."""
    before, after = _scopes(was), _scopes(now)
    reach = before | (_EVERY_SCOPE if "all" in before else set()) | ({"team"} if "teamTree" in before else set())
    return after <= reach


_EVERY_SCOPE = {"own", "team", "teamTree", "subordinates", "shared", "all"}


def _scopes(value: Any) -> set[str]:
    """The scopes that a value names; what is no list of scopes names itself, which no pack allows."""
    return set(map(str, value)) if isinstance(value, list | tuple) else {str(value)} if value else set()


def _right(value: Any) -> Decimal:
    """How far a right goes: no, up to a number of records, or without a limit."""
    if isinstance(value, str):
        limit = _number(value.rpartition(":")[2])
        return limit if isinstance(limit, Decimal) else Decimal(0)
    return Decimal("Infinity") if value else Decimal(0)


LOCKED = Policy("locked", lambda was, now: False)
PACK = Policy("pack", lambda was, now: True)
CUSTOMER = Policy("customer", lambda was, now: True)
TIGHTEN_ON = Policy("tighten", lambda was, now: bool(now) or not was, "may become true")
TIGHTEN_UP = Policy("tighten", _risen, "may be raised")
TIGHTEN_DOWN = Policy("tighten", _fallen, "may be lowered")
TIGHTEN_LEVEL = Policy("tighten", _lowered, "may be lowered")
TIGHTEN_RIGHT = Policy("tighten", lambda was, now: _right(now) <= _right(was), "may be taken away")
TIGHTEN_GRANT = Policy("tighten", lambda was, now: now is None, "may be taken away")
TIGHTEN_SCOPES = Policy("tighten", _narrowed, "may be narrowed")
TIGHTEN_WHERE = Policy("tighten", lambda was, now: was is None or now == was, "may be added")
TIGHTEN_ERROR = Policy("tighten", lambda was, now: now == "error" or was != "error", "may become an error")
TIGHTEN_BLOCK = Policy("tighten", lambda was, now: now == "block" or was != "block", "may become a block")

Policies = Mapping[str, Policy]
LIMITS: Policies = {"min": TIGHTEN_UP, "max": TIGHTEN_DOWN}

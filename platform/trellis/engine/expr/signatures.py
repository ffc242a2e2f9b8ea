"""What a function declares about itself, so that it can be checked, explained and compiled."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from trellis.engine.expr.types import SINGLE, Kind, Type, common


class SqlClass(StrEnum):
    """How a function behaves in a database."""

    PORTABLE = "A"
    """The same result in Python, SQLite and PostgreSQL, proven by comparison."""
    EMULATED = "B"
    """Compiled with a documented emulation, proven by comparison."""
    PYTHON = "C"
    """Only in Python: filters and sorts over it need a stored formula."""
    PARAMETER = "parameter"
    """Known before the query runs, given to it as a value."""


@dataclass(frozen=True, slots=True)
class Argument:
    """What the checker knows of an argument: its type, and its value when it is a constant."""

    type: Type
    constant: object = None


@dataclass(frozen=True, slots=True)
class Slot:
    """One parameter of a function: what it accepts; `constant` ones are part of the meaning, such as a unit."""

    name: str
    accepts: frozenset[Kind] = SINGLE
    constant: bool = False
    integer: bool = False
    choices: tuple[str, ...] = ()
    option_of: int | None = None
    """The position of the multi-value argument whose keys this one takes."""


Returns = Type | Callable[[Sequence[Argument]], Type | None]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language; `python` gets one plain value per argument."""

    name: str
    doc: str
    slots: tuple[Slot, ...]
    returns: Returns
    python: Callable[..., object]
    sql: SqlClass = SqlClass.PYTHON
    optional: int = 0
    """How many of the last slots may be left out."""
    repeats: int = 0
    """How many of the last slots may come again, as a group."""
    alike: tuple[int, ...] = ()
    """Slots whose arguments must share one type; a repeated slot counts with each argument."""
    nulls: bool = False
    """Whether `python` wants to see nulls; otherwise null in means null out."""
    folds: bool = False
    """Whether a call with constants only becomes a constant when it is checked."""
    reads: tuple[str, ...] = ()
    """Parameters, such as `me.roles`, given to `python` in front of the arguments."""
    examples: tuple[tuple[str, str], ...] = ()
    """Calls with the text of what they give, shown in the reference and run as tests; see `engine.expr.examples`."""
    scoped: bool = False
    """Whether the scope knows the value: a call `changed('amount')` becomes the parameter `changed.amount`."""

    @property
    def least(self) -> int:
        """The smallest number of arguments."""
        return len(self.slots) - self.optional

    @property
    def most(self) -> int | None:
        """The largest number of arguments; None when there is no end."""
        return None if self.repeats else len(self.slots)

    @property
    def signature(self) -> str:
        """How the function is called, such as `round(number, digits?)`."""
        names = [slot.name + ("?" if index >= self.least else "") for index, slot in enumerate(self.slots)]
        return f"{self.name}({', '.join(names)}{', …' if self.repeats else ''})"

    def slot(self, position: int) -> Slot:
        """The slot that takes the argument at `position`."""
        return self.slots[self.slot_index(position)]

    def slot_index(self, position: int) -> int:
        """The index of the slot that takes the argument at `position`."""
        if position < len(self.slots):
            return position
        start = len(self.slots) - self.repeats
        return start + (position - start) % self.repeats

    def result(self, arguments: Sequence[Argument]) -> Type | None:
        """The type of the result, or None when these arguments do not go together."""
        return self.returns if isinstance(self.returns, Type) else self.returns(arguments)


def common_type(arguments: Sequence[Argument]) -> Type | None:
    """The one type of all arguments."""
    found: Type | None = arguments[0].type
    for argument in arguments[1:]:
        found = None if found is None else common(found, argument.type)
    return found


def first_type(arguments: Sequence[Argument]) -> Type | None:
    """The type of the first argument."""
    return arguments[0].type

"""The functions of the language, ours and those of plugins, through one door."""

import re
from collections.abc import Iterable, Iterator

from trellis.engine.expr.library import choices, context, dates, durations, logic, numbers, people, texts
from trellis.engine.expr.signatures import Function

NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")


class FunctionRegistry:
    """The functions that expressions may call, by name."""

    def __init__(self, functions: Iterable[Function] = ()) -> None:
        self._functions: dict[str, Function] = {}
        for function in functions:
            self.register(function)

    def register(self, function: Function) -> None:
        """Adds a function; raises ValueError when the name is taken or not a plain lower-case word."""
        if not NAME.fullmatch(function.name):
            raise ValueError(f"{function.name!r} cannot be the name of a function")
        if function.name in self._functions:
            raise ValueError(f"there is already a function {function.name!r}")
        self._functions[function.name] = function

    def get(self, name: str) -> Function | None:
        """The function of that name."""
        return self._functions.get(name)

    def __iter__(self) -> Iterator[Function]:
        return iter(self._functions.values())

    def names(self) -> tuple[str, ...]:
        """All names, in order of registration."""
        return tuple(self._functions)


def standard_functions() -> FunctionRegistry:
    """A new registry with the functions that every workspace has."""
    return FunctionRegistry(
        (
            *logic.FUNCTIONS,
            *numbers.FUNCTIONS,
            *texts.FUNCTIONS,
            *dates.FUNCTIONS,
            *durations.FUNCTIONS,
            *choices.FUNCTIONS,
            *people.FUNCTIONS,
            *context.FUNCTIONS,
        )
    )


STANDARD = standard_functions()

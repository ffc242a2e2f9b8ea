"""The door for installed packages: functions that they add to the expression language."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points

from trellis.engine.expr import limits
from trellis.engine.expr.evaluator import PLAIN
from trellis.engine.expr.functions import STANDARD, FunctionRegistry
from trellis.sdk import Function, SqlClass

GROUP = "trellis.functions"


class PluginError(Exception):
    """An installed package cannot be used; the message names it and says why."""


def load_functions(registry: FunctionRegistry = STANDARD, found: Iterable[EntryPoint] | None = None) -> tuple[str, ...]:
    """Registers the functions of all installed packages, once at start-up; answers their names.

    Raises PluginError when an entry point gives no function, one that a database would have to know, or a taken name.
    """
    names: list[str] = []
    for entry in entry_points(group=GROUP) if found is None else found:
        for function in _functions(entry):
            _register(registry, function, entry)
            names.append(function.name)
    return tuple(names)


def _functions(entry: EntryPoint) -> Iterator[Function]:
    """The functions behind an entry point: one, or several in a sequence."""
    try:
        given = entry.load()
    except Exception as error:
        raise PluginError(f"{_named(entry)} cannot be loaded: {error}") from error
    for function in given if isinstance(given, list | tuple) else (given,):
        if not isinstance(function, Function):
            raise PluginError(f"{_named(entry)} gives {type(function).__name__} instead of Function.")
        yield function


def _register(registry: FunctionRegistry, function: Function, entry: EntryPoint) -> None:
    if function.sql is not SqlClass.PYTHON or function.scoped:
        raise PluginError(
            f"{_named(entry)}: {function.name} must be of SQL class C; databases know no other functions."
        )
    try:
        registry.register(replace(function, python=_guarded(function)))
    except ValueError as error:
        raise PluginError(f"{_named(entry)}: {error}.") from error


def _guarded(function: Function) -> Callable[..., object]:
    """The implementation, held to plain values of a decent size, as expressions need them."""

    def call(*arguments: object) -> object:
        value = function.python(*arguments)
        if type(value) not in PLAIN:
            raise TypeError(f"{function.name} gave a value of type {type(value).__name__}")
        if isinstance(value, str) and len(value) > limits.TEXT_VALUE:
            raise ValueError(f"{function.name} gave a text that is too long")
        return value

    return call


def _named(entry: EntryPoint) -> str:
    package = entry.dist.name if entry.dist else "a package"
    return f"{package}: {GROUP} {entry.name} = {entry.value}"

"""What a compiled query gives back: its columns, how driver values are read, and what is worked out row by row."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from trellis.engine.query import Masked
from trellis.metadata.documents import Level
from trellis.metadata.fieldtypes import FieldType
from trellis.metadata.storagekinds import ColumnKind
from trellis.storage.connection import Prepared

Decode = Callable[[object], object]
Values = Mapping[str, object]
NOTHING_KNOWN: Values = {}


class Form(StrEnum):
    """Which values a reader wants: those of the domain, or those that the API prints."""

    DOMAIN = "domain"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Input:
    """A value that a formula reads: its name there, its column, and how its driver value is read."""

    name: str
    element: sa.ColumnElement[Any]
    decode: Decode | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """One column of an answer and how its driver value is read; with `work` it is worked out from its inputs."""

    name: str
    element: sa.ColumnElement[Any]
    decode: Decode | None = None
    work: Callable[[Values], object] | None = None
    inputs: tuple[Input, ...] = ()


@dataclass(frozen=True, slots=True)
class Work:
    """A column that is worked out from further columns of the raw row, which stand at the places in `inputs`."""

    place: int
    work: Callable[[Values], object]
    inputs: tuple[tuple[str, int, Decode | None], ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A compiled query: run `prepared`, then read rows with `decoders`.

    Behind the columns of a raw row stand the inputs of `works`, the values it is sorted by, and the count.
    """

    prepared: Prepared
    columns: tuple[str, ...]
    decoders: tuple[tuple[int, Decode], ...]
    order_kinds: tuple[ColumnKind, ...]
    counts: bool
    parameters: frozenset[str]
    """What the statement asks of the actor and the time."""
    works: tuple[Work, ...] = ()

    def row(self, raw: Sequence[object], known: Values = NOTHING_KNOWN) -> list[object]:
        """The values of one row in column order; `known` are the parameters that formulas may read."""
        values = list(raw[: len(self.columns)])
        for place, decode in self.decoders:
            values[place] = decode(values[place])
        for item in self.works:
            given = {name: decode(raw[at]) if decode else raw[at] for name, at, decode in item.inputs}
            values[item.place] = item.work({**known, **given})
        return values

    def order_values(self, raw: Sequence[object]) -> tuple[object, ...]:
        """What a cursor at this row has to remember."""
        start = len(self.columns) + sum(len(item.inputs) for item in self.works)
        return tuple(raw[start : start + len(self.order_kinds)])


def hidden(outputs: Sequence[Output]) -> list[sa.ColumnElement[Any]]:
    """The inputs of columns that are worked out."""
    return [given.element for output in outputs for given in output.inputs]


def works_of(outputs: Sequence[Output]) -> Iterator[Work]:
    """The columns that are worked out, with the places of their inputs in a raw row."""
    at = len(outputs)
    for place, output in enumerate(outputs):
        if output.work is not None:
            inputs = tuple((given.name, at + number, given.decode) for number, given in enumerate(output.inputs))
            yield Work(place, output.work, inputs)
        at += len(output.inputs)


def masking(field: FieldType, read: Decode | None, form: Form) -> Decode:
    """From a driver value to what somebody sees who may only see that there is one."""
    made = str if form is Form.JSON else Masked

    def mask(value: object) -> object:
        text = field.masked(read(value) if read is not None else value)
        return None if text is None else made(text)

    return mask


def by_level(read: Decode | None, mask: Decode) -> Callable[[object, object], object]:
    """From a level and a driver value to what is shown of it."""

    def shown(level: object, value: object) -> object:
        if level in (Level.READ, Level.CREATE, Level.EDIT):
            return read(value) if read is not None else value
        return mask(value) if level == Level.MASKED else None

    return shown


def as_level(value: object) -> Level:
    """A level from a driver value."""
    return Level(int(str(value)))

"""Fields whose values the platform computes: formulas over a record, roll-ups over the records that point to it.

Documents write what is computed and what comes out (`returns`). Bound to its entity, such a field is a field of its
result type, `currency` for instance, that nobody can write and that knows its `Computation`.
"""

import re
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from trellis.metadata.fieldtypes.base import FieldType
from trellis.metadata.fieldtypes.choices import Boolean, Select
from trellis.metadata.fieldtypes.computations import Aggregate, Computation, FormulaSource, RollupSource
from trellis.metadata.fieldtypes.dates import Date, DateTime
from trellis.metadata.fieldtypes.durations import Duration
from trellis.metadata.fieldtypes.links import Lookup, User
from trellis.metadata.fieldtypes.numbers import Currency, DecimalNumber, Integer, Percent
from trellis.metadata.fieldtypes.texts import Text
from trellis.metadata.policies import LOCKED, Policies

RESULTS: dict[str, type[FieldType]] = {
    "text": Text,
    "integer": Integer,
    "decimal": DecimalNumber,
    "currency": Currency,
    "percent": Percent,
    "boolean": Boolean,
    "date": Date,
    "datetime": DateTime,
    "duration": Duration,
    "select": Select,
    "lookup": Lookup,
    "user": User,
}
"""What a computed field can be, by the word that documents use."""

_POINTING = {"select": "optionset", "lookup": "target"}
_TEXT_LENGTH = 1000
_CONSTANT = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_CLOCK = re.compile(r"\b(?:today|now|in_role|in_team)\s*\(|\bme\s*\.")
_NAME = re.compile(r"(?<![\w.])(?:record\.)?([a-z]\w*)")


class _Computed(FieldType):
    """What formulas and roll-ups share."""

    writable: ClassVar[bool] = False
    policies: ClassVar[Policies] = {"returns": LOCKED, "precision": LOCKED}
    returns: str
    keep: Literal["auto", "virtual", "stored"] = Field("auto", alias="storage")
    precision: int | None = Field(None, ge=1, le=18)
    decimals: int | None = Field(None, ge=0, le=8, alias="scale")

    @field_validator("returns")
    @classmethod
    def _known(cls, returns: str) -> str:
        word, _, about = returns.partition(":")
        if word not in RESULTS or bool(about) != (word in _POINTING):
            words = [f"{name}:…" if name in _POINTING else name for name in RESULTS]
            raise ValueError("must be one of " + ", ".join(words))
        return returns

    @property
    def scale(self) -> int:
        return self.decimals or 0

    def annotation(self) -> Any:
        return Any

    @abstractmethod
    def computation(self) -> Computation:
        """What is computed."""

    def bound(self, key: str, entity: str, optionsets: Mapping[str, Any]) -> Any:
        """The field of the result type, which knows its computation."""
        result = self._result().bound(key, entity, optionsets)
        result.__dict__.update(writable=False, computed=self.computation())
        return result

    def _result(self) -> FieldType:
        word, _, about = self.returns.partition(":")
        cls = RESULTS[word]
        kept = ("label", "help", "unique", "pii", "mask", "search", "ext")
        members: dict[str, Any] = {name: getattr(self, name) for name in kept} | {"type": word}
        if word in _POINTING:
            members[_POINTING[word]] = about
        if word == "text":
            members["maxLength"] = _TEXT_LENGTH
        if word in ("decimal", "currency", "percent"):
            sizes = {"precision": self.precision, "scale": self.decimals}
            members |= {name: size for name, size in sizes.items() if size is not None}
        return cls.model_validate(members)


class Formula(_Computed):
    """A value computed from the record and the records it points to."""

    title: ClassVar[str] = "Formula"
    type: Literal["formula"]
    expr: str
    nulls: Literal["propagate", "zero"] = "propagate"

    def computation(self) -> Computation:
        return FormulaSource(self.keep, self.expr, zero_nulls=self.nulls == "zero")


class Rollup(_Computed):
    """A value computed from the records that point to this one, such as their number or the sum of a field."""

    title: ClassVar[str] = "Roll-up"
    type: Literal["rollup"]
    policies: ClassVar[Policies] = {"over": LOCKED}
    over: str
    agg: Aggregate
    field: str | None = None
    where: str | None = None
    empty: str | None = None
    separator: str = Field(", ", min_length=1, max_length=5)

    def computation(self) -> Computation:
        child, _, link = self.over.rpartition(".")
        return RollupSource(
            self.keep, child, link, self.agg, self.field, self.where, empty=self.empty, separator=self.separator
        )


def settle_storage(fields: Mapping[str, FieldType]) -> None:
    """Decide for each computed field that leaves it open: stored, unless it reads the time or the user."""
    volatile: set[str] = set()
    sources = {key: field.computed.source for key, field in fields.items() if field.computed is not None}
    while found := {key for key, source in sources.items() if key not in volatile and _moves(source, volatile)}:
        volatile |= found
    for key, field in fields.items():
        if field.computed is not None and field.computed.keep == "auto":
            keep: Literal["virtual", "stored"] = "virtual" if key in volatile else "stored"
            field.__dict__["computed"] = replace(field.computed, keep=keep)


def _moves(source: str, volatile: set[str]) -> bool:
    """Whether the value changes while no record does: its text asks for the time or the user."""
    plain = _CONSTANT.sub("''", source)
    return bool(_CLOCK.search(plain)) or any(name in volatile for name in _NAME.findall(plain))

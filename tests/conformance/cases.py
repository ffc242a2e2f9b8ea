"""A case: an expression of another language, the result that its makers give, and how it reads in ours."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.conformance.reasons import Reason
from trellis.engine.expr.types import Type


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the small record on which a translated expression works."""

    type: Type
    value: object


@dataclass(frozen=True, slots=True)
class Failure:
    """The result of a case that is an error, by its code."""

    code: str


@dataclass(frozen=True, slots=True)
class Translation:
    """The expression in our language; `excuses` are the reasons for which its result may differ."""

    source: str
    fields: Mapping[str, Field]
    excuses: frozenset[Reason] = frozenset()


class Untranslatable(Exception):
    """The case uses something that has no equivalent, whose name this is."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case; without a translation, `missing` names what has no equivalent."""

    name: str
    group: str
    text: str
    expected: object
    translation: Translation | None = None
    missing: str = ""
    inputs: Mapping[str, object] = field(default_factory=dict)

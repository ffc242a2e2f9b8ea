"""Functions about choices and fields with several values."""

from trellis.engine.expr.signatures import Function, Slot, SqlClass
from trellis.engine.expr.types import BOOL, INTEGER, TEXT, Kind


def has(values: tuple[str, ...] | None, value: str | None) -> bool:
    """Whether the value is among the values; no values, or nothing to look for, is false."""
    return value is not None and value in (values or ())


def count_of(values: tuple[str, ...] | None) -> int:
    """How many values there are; none is zero."""
    return len(values or ())


def label_of(key: str) -> str:
    """The key; the checker puts the labels of the field in its place."""
    return key


FUNCTIONS = (
    Function(
        name="has",
        doc="Whether a field with several values contains one.",
        slots=(
            Slot("values", frozenset({Kind.OPTIONS})),
            Slot("value", frozenset({Kind.OPTION, Kind.REF, Kind.TEXT}), option_of=0),
        ),
        returns=BOOL,
        python=has,
        sql=SqlClass.PORTABLE,
        nulls=True,
        examples=(("has(tags, 'hot')", "true"), ("has(tags, 'cold')", "false")),
    ),
    Function(
        name="count_of",
        doc="How many values a field with several values has.",
        slots=(Slot("values", frozenset({Kind.OPTIONS})),),
        returns=INTEGER,
        python=count_of,
        nulls=True,
        examples=(("count_of(tags)", "2"),),
    ),
    Function(
        name="label_of",
        doc="The label of the chosen option, in the language of the pack.",
        slots=(Slot("choice", frozenset({Kind.OPTION})),),
        returns=TEXT,
        python=label_of,
        examples=(("label_of(stage)", "Won"),),
    ),
)

"""Functions about fields with several values."""

from trellis.engine.expr.signatures import Function, Slot, SqlClass
from trellis.engine.expr.types import BOOL, Kind


def has(values: tuple[str, ...] | None, value: str | None) -> bool:
    """Whether the value is among the values; no values, or nothing to look for, is false."""
    return value is not None and value in (values or ())


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
    ),
)

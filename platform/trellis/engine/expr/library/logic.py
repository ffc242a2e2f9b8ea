"""Functions about conditions and empty values."""

from trellis.engine.expr.signatures import Argument, Function, Slot, SqlClass, common_type
from trellis.engine.expr.types import ANY, BOOL, ORDERED, Kind, Type

CONDITION = frozenset({Kind.BOOL})


def is_blank(value: object) -> bool:
    """Whether there is nothing: null, empty text, no values."""
    return value is None or value == "" or value == ()


def is_filled(value: object) -> bool:
    """The opposite of blank."""
    return not is_blank(value)


def first_value(*values: object) -> object:
    """The first value that is not null."""
    return next((value for value in values if value is not None), None)


def is_between(value: object, low: object, high: object) -> bool | None:
    """`value >= low and value <= high` in three-valued logic."""
    above = None if value is None or low is None else value >= low  # type: ignore[operator]
    below = None if value is None or high is None else value <= high  # type: ignore[operator]
    if above is False or below is False:
        return False
    return None if above is None or below is None else True


def choose(*arguments: object) -> object:
    """The value behind the first true condition, or the last argument."""
    for index in range(0, len(arguments) - 1, 2):
        if arguments[index]:
            return arguments[index + 1]
    return arguments[-1]


def _chosen_type(arguments: tuple[Argument, ...] | list[Argument]) -> Type | None:
    return common_type([*arguments[1:-1:2], arguments[-1]])


FUNCTIONS = (
    Function(
        name="when",
        doc="The value behind the first condition that is true, or the last one.",
        slots=(Slot("condition", CONDITION), Slot("value"), Slot("otherwise")),
        returns=lambda arguments: _chosen_type(list(arguments)),
        python=choose,
        sql=SqlClass.PORTABLE,
        repeats=2,
        nulls=True,
        examples=(("when(1 > 2, 'a', 2 > 1, 'b', 'c')", "b"), ("when(null, 'a', 'b')", "b")),
    ),
    Function(
        name="coalesce",
        doc="The first value that is not empty.",
        slots=(Slot("value"), Slot("instead")),
        returns=common_type,
        python=first_value,
        sql=SqlClass.PORTABLE,
        repeats=1,
        alike=(0, 1),
        nulls=True,
        examples=(("coalesce(null, 3, 5)", "3"),),
    ),
    Function(
        name="blank",
        doc="Whether there is no value.",
        slots=(Slot("value", ANY),),
        returns=BOOL,
        python=is_blank,
        sql=SqlClass.PORTABLE,
        nulls=True,
        examples=(("blank('')", "true"), ("blank(0)", "false")),
    ),
    Function(
        name="filled",
        doc="Whether there is a value.",
        slots=(Slot("value", ANY),),
        returns=BOOL,
        python=is_filled,
        sql=SqlClass.PORTABLE,
        nulls=True,
        examples=(("filled('a')", "true"),),
    ),
    Function(
        name="between",
        doc="Whether the value is at least `low` and at most `high`.",
        slots=(Slot("value", ORDERED), Slot("low", ORDERED), Slot("high", ORDERED)),
        returns=BOOL,
        python=is_between,
        sql=SqlClass.PORTABLE,
        alike=(0, 1, 2),
        nulls=True,
        examples=(("between(5, 1, 10)", "true"), ("between(today(), '2024-03-01', '2024-03-31')", "false")),
    ),
)

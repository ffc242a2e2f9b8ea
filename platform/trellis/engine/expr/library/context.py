"""Functions whose value comes from around the expression; each call is a parameter of its own, such as `changed.amount`."""

from trellis.engine.expr.signatures import Function, Slot, SqlClass
from trellis.engine.expr.types import BOOL, NULL, Kind

KEY = frozenset({Kind.TEXT})


def known_before(key: str) -> object:
    """Never called: the checker puts a parameter in its place."""
    raise LookupError(key)


FUNCTIONS = (
    Function(
        name="changed",
        doc="In validations: whether the field has another value than before the change.",
        slots=(Slot("field", KEY, constant=True),),
        returns=BOOL,
        python=known_before,
        scoped=True,
        examples=(("changed('amount')", "true"),),
    ),
    Function(
        name="setting",
        doc="The value of a setting of the workspace, of the type that the setting has.",
        slots=(Slot("key", KEY, constant=True),),
        returns=NULL,
        python=known_before,
        sql=SqlClass.PARAMETER,
        scoped=True,
        examples=(("setting('limit') * 2", "100"),),
    ),
)

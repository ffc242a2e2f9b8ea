"""Functions about the user who asks."""

from collections.abc import Collection

from trellis.engine.expr.signatures import Function, Slot, SqlClass
from trellis.engine.expr.types import BOOL, Kind

NAME = frozenset({Kind.TEXT})


def is_among(mine: Collection[str] | None, name: str) -> bool:
    """Whether the name is one of mine."""
    return name in (mine or ())


FUNCTIONS = (
    Function(
        name="in_role",
        doc="Whether the user has the role.",
        slots=(Slot("role", NAME, constant=True),),
        returns=BOOL,
        python=is_among,
        sql=SqlClass.PARAMETER,
        reads=("me.roles",),
        nulls=True,
    ),
    Function(
        name="in_team",
        doc="Whether the user belongs to the team.",
        slots=(Slot("team", NAME, constant=True),),
        returns=BOOL,
        python=is_among,
        sql=SqlClass.PARAMETER,
        reads=("me.teams",),
        nulls=True,
    ),
)

"""Functions about the user who asks."""

from collections.abc import Collection

from trellis.engine.expr.signatures import Function, Slot, SqlClass
from trellis.engine.expr.types import BOOL, Kind

NAME = frozenset({Kind.TEXT})


def is_among(mine: Collection[str] | None, name: str) -> bool:
    """Whether the name is one of mine."""
    return name in (mine or ())


def is_mine(mine: str | None, team: str) -> bool:
    """Whether the team is mine."""
    return mine == team


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
        examples=(("in_role('sales.rep')", "true"), ("in_role('sales.manager')", "false")),
    ),
    Function(
        name="in_team",
        doc="Whether the user belongs to the team with this id.",
        slots=(Slot("team", NAME, constant=True),),
        returns=BOOL,
        python=is_mine,
        sql=SqlClass.PARAMETER,
        reads=("me.team",),
        nulls=True,
        examples=(("in_team('01920000-0000-7000-8000-000000000001')", "true"),),
    ),
)

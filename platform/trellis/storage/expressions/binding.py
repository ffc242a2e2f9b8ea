"""The values of a compiled expression: how constants and parameters are named in the statement and given to the driver."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, assert_never

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from trellis.engine.expr.decimals import half_up
from trellis.engine.expr.library.zones import zone_table
from trellis.engine.expr.nodes import Call, Expression, Literal, Node, Parameter, walk
from trellis.engine.expr.shape import shape_of
from trellis.engine.expr.signatures import SqlClass
from trellis.engine.expr.types import Kind, Type
from trellis.metadata.storagekinds import (
    BooleanKind,
    ColumnKind,
    DateKind,
    DateTimeKind,
    DecimalKind,
    IdKind,
    IntegerKind,
    TextKind,
)
from trellis.storage.codecs import encoder

Values = Mapping[str, object]
DIGITS = 18
ZONE = "p_zone"
"""The parameter with the table of the organisation's time zone."""


def kind_of(kind: Type) -> ColumnKind:
    """How a value of this type is kept in a column."""
    match kind.kind:
        case Kind.NUMBER | Kind.MONEY | Kind.PERCENT:
            return IntegerKind() if kind.integer or kind.scale == 0 else DecimalKind(DIGITS, kind.scale)
        case Kind.BOOL:
            return BooleanKind()
        case Kind.DATE:
            return DateKind()
        case Kind.DATETIME:
            return DateTimeKind()
        case Kind.DURATION:
            return IntegerKind()
        case Kind.REF:
            return IdKind()
        case Kind.TEXT | Kind.OPTION | Kind.OPTIONS | Kind.NULL:
            return TextKind()
        case _:
            assert_never(kind.kind)


def bind_type(kind: Type, *, sqlite: bool) -> TypeEngine[Any]:
    """The plain SQL type under which a value of this type is given to the driver."""
    match kind_of(kind):
        case IntegerKind():
            return sa.BigInteger()
        case DecimalKind():
            return sa.BigInteger() if sqlite else sa.Numeric()
        case BooleanKind():
            return sa.Integer() if sqlite else sa.Boolean()
        case DateKind():
            return sa.Text() if sqlite else sa.Date()
        case DateTimeKind():
            return sa.Text() if sqlite else sa.DateTime(timezone=True)
        case IdKind():
            return sa.Text() if sqlite else sa.Uuid(as_uuid=False)
        case _:
            return sa.Text()


def encode_literals(expression: Expression, dialect_name: str, *, prefix: str = "") -> dict[str, object]:
    """The constants by the names that the compiled statement gives them: `l0`, `l1`, … behind the prefix."""
    literals = shape_of(expression.root).literals
    return {
        literal_name(prefix, i): encoded(literal.value, literal.type, dialect_name)
        for i, literal in enumerate(literals)
    }


def encode_parameters(expression: Expression, values: Values, dialect_name: str) -> dict[str, object]:
    """The parameters by the names that every compiled statement gives them: `p_me_id`, `p_today`, `p_in_role_sales_manager`."""
    found: dict[str, object] = {}
    for node in parameters(expression.root):
        value = values[node.name] if isinstance(node, Parameter) else _asked(node, values)
        found[parameter_name(node)] = encoded(value, node.type, dialect_name)
    if "zone" in expression.parameters:
        found[ZONE] = zone_table(str(values["zone"]))
    return found


def parameters(root: Node) -> Iterator[Parameter | Call]:
    """The nodes whose value is known before the statement runs."""
    for node in walk(root):
        if isinstance(node, Parameter) or (isinstance(node, Call) and node.function.sql is SqlClass.PARAMETER):
            yield node


def literal_name(prefix: str, position: int) -> str:
    """The name of a constant in the statement."""
    return f"{prefix}l{position}"


def parameter_name(node: Parameter | Call) -> str:
    """The name of a parameter in the statement; dots become underscores, underscores are doubled."""
    if isinstance(node, Parameter):
        return "p_" + _plain(node.name)
    constants = [str(argument.value) for argument in node.arguments if isinstance(argument, Literal)]
    return "_".join(["p", node.function.name, *map(_plain, constants)])


def role_parameter(role: str) -> str:
    """The name of the parameter that says whether the actor has a role."""
    return "_".join(["p", "in_role", _plain(role)])


def _plain(name: str) -> str:
    """The name in letters, digits and underscores, different for different names."""
    joined = "_".join(part.replace("_", "__") for part in name.split("."))
    return "".join(letter if letter.isalnum() or letter == "_" else f"_{ord(letter):x}_" for letter in joined)


def _asked(node: Call, values: Values) -> object:
    arguments = [argument.value for argument in node.arguments if isinstance(argument, Literal)]
    return node.function.python(*(values[name] for name in node.function.reads), *arguments)


def encoded(value: object, kind: Type, dialect_name: str) -> object:
    """A value as the driver takes it."""
    if value is None:
        return None
    if kind.numeric:
        return _number(value, kind, dialect_name)
    encode = encoder(kind_of(kind), dialect_name)
    return value if encode is None else encode(value)


def _number(value: object, kind: Type, dialect_name: str) -> int | Decimal:
    number = half_up(value, kind.scale)  # type: ignore[arg-type]
    if kind.integer or kind.scale == 0:
        return int(number)
    return int(number.scaleb(kind.scale)) if dialect_name == "sqlite" else number

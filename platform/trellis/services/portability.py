"""Whether databases can run an expression, found out by writing it for both of them."""

from collections.abc import Collection
from dataclasses import dataclass

from trellis.engine.expr.nodes import Call, Expression, Parameter, walk
from trellis.engine.expr.problems import ExprError, Problem, problem
from trellis.engine.expr.signatures import SqlClass
from trellis.engine.expr.types import Kind
from trellis.engine.mistakes import Mistake, plain_mistake
from trellis.kernel.messages import Message
from trellis.services.context import Context
from trellis.storage.connection import POSTGRESQL, SQLITE
from trellis.storage.expressions import compile_condition, compile_value
from trellis.storage.expressions.binding import parameter_name, parameters
from trellis.storage.sources import Sources
from trellis.storage.tables import Tables


@dataclass(frozen=True, slots=True)
class SqlForm:
    """How an expression fares in databases: its class, whether it can be a filter, and if not, why and where."""

    sql_class: SqlClass
    filter: bool
    reason: Mistake | None = None


def sql_form(context: Context, expression: Expression, entity: str, *, given: Collection[str] = ()) -> SqlForm:
    """The form of an expression on records of an entity; `given` are parameters that somebody else will give a value."""
    refused = _refused(context, expression, entity)
    if refused is not None:
        return SqlForm(SqlClass.PYTHON, False, plain_mistake(refused))
    unknown = _not_a_condition(expression) or unknown_value(context, expression, given)
    return SqlForm(_class(expression), unknown is None, plain_mistake(unknown) if unknown else None)


def unknown_value(context: Context, expression: Expression, given: Collection[str] = ()) -> Problem | None:
    """The first value that no statement is given, such as what a field was before a change."""
    known = context.sql_parameters()
    for node in parameters(expression.root):
        name = node.name if isinstance(node, Parameter) else node.function.name
        if parameter_name(node) not in known and name not in given:
            return problem("not_in_filters", "'{name}' is not known in a filter.", node.span, name=name)
    return None


def _class(expression: Expression) -> SqlClass:
    """Emulated when one function is, else portable."""
    calls = (node.function.sql for node in walk(expression.root) if isinstance(node, Call))
    return SqlClass.EMULATED if SqlClass.EMULATED in calls else SqlClass.PORTABLE


def _refused(context: Context, expression: Expression, entity: str) -> Problem | None:
    """Why one of the databases cannot run it."""
    compiled = compile_condition if expression.type.kind is Kind.BOOL else compile_value
    for dialect in (SQLITE, POSTGRESQL):
        sources = Sources.of(_tables(context, dialect), context.access, entity)
        try:
            compiled(expression, sources, dialect)
        except ExprError as error:
            return _of_a_field(expression, sources) or error.problems[0]
    return None


def _of_a_field(expression: Expression, sources: Sources) -> Problem | None:
    """The refusal of a computed field that is read, told where it is read and not where it is defined."""
    for path in expression.paths:
        if path.type.kind is Kind.OPTIONS:
            continue
        try:
            sources.column(path)
        except ExprError as error:
            first = error.problems[0]
            return Problem(first.code, first.message, path.span, first.hint)
    return None


def _tables(context: Context, dialect: str) -> Tables:
    """The tables of the release as they would be on a database."""
    tables = context.tables
    if tables.dialect == dialect:
        return tables
    key = (Tables, dialect)
    if key not in context.release.derived:
        context.release.derived[key] = Tables.of(tables.snapshot, tables.ledger, tables.schema, dialect)
    found = context.release.derived[key]
    assert isinstance(found, Tables)
    return found


def _not_a_condition(expression: Expression) -> Problem | None:
    if expression.type.kind is Kind.BOOL:
        return None
    text = "A condition is true or false; this gives a value of type {found}."
    return problem("result", text, expression.root.span, found=Message(str(expression.type)))

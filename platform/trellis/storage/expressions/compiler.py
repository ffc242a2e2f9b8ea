"""Checked expressions to SQLAlchemy elements; what cannot give the same result everywhere is refused."""

from dataclasses import dataclass, field, replace
from functools import reduce

import sqlalchemy as sa

from trellis.engine.expr.nodes import (
    Arithmetic,
    Call,
    Compare,
    Concatenation,
    Conditional,
    Expression,
    Junction,
    Literal,
    Logic,
    MemberOf,
    Membership,
    Negate,
    Node,
    Not,
    Parameter,
    Path,
    Reached,
)
from trellis.engine.expr.shape import DIGIT_CLASSES, Shape, is_structural, scaled, shape_of
from trellis.engine.expr.signatures import SqlClass
from trellis.engine.expr.types import Kind
from trellis.metadata.storagekinds import BooleanKind, ColumnKind, DecimalKind, IntegerKind
from trellis.storage.expressions import dates, logic, moments, numbers, rounding, texts, zones
from trellis.storage.expressions.binding import DIGITS, bind_type, kind_of, literal_name, parameter_name
from trellis.storage.expressions.contract import (
    ColumnSource,
    Element,
    NotPortable,
    ReachSource,
    Sql,
    SqlColumn,
    SqlFunctions,
)
from trellis.storage.expressions.operators import COMPARISONS
from trellis.storage.expressions.quotients import compare_quotient, holds_quotient
from trellis.storage.expressions.size import refuse_if_too_large

FUNCTIONS: SqlFunctions = {
    **logic.FUNCTIONS,
    **numbers.FUNCTIONS,
    **rounding.FUNCTIONS,
    **texts.FUNCTIONS,
    **dates.FUNCTIONS,
    **moments.FUNCTIONS,
    **zones.FUNCTIONS,
}
LARGEST_INTEGER = 2**53 - 1
LARGEST_CONSTANT = 10**18 - 1


def compile_condition(
    expression: Expression,
    columns: ColumnSource,
    dialect_name: str,
    *,
    prefix: str = "",
    functions: SqlFunctions = FUNCTIONS,
) -> sa.ColumnElement[bool]:
    """The expression as a condition; its constants are bound as `l0`, `l1`, … behind `prefix`, its parameters as `p_…`.

    Raises NotPortable when there is no SQL with the same result on every database.
    """
    compiler = _compiler(expression, columns, dialect_name, prefix, functions)
    return compiler.write(expression.root).element


def compile_value(
    expression: Expression,
    columns: ColumnSource,
    dialect_name: str,
    *,
    prefix: str = "",
    functions: SqlFunctions = FUNCTIONS,
    formula: bool = False,
) -> SqlColumn:
    """The expression as a value to select, sort or group by, with the kind by which it is decoded; raises NotPortable.

    `formula` says that this is the value of a field: constants belong to the statement, and the caller makes null of a
    number with more than 18 digits, so that it need not be exact.
    """
    compiler = replace(_compiler(expression, columns, dialect_name, prefix, functions), formula=formula)
    return compiler.value(expression.root)


def _compiler(
    expression: Expression, columns: ColumnSource, dialect_name: str, prefix: str, functions: SqlFunctions
) -> "_Compiler":
    refuse_if_too_large(expression, functions)
    return _Compiler(columns, dialect_name == "sqlite", prefix, shape_of(expression.root), functions)


@dataclass(frozen=True, slots=True)
class _Compiler:
    """Writes one tree for one database."""

    columns: ColumnSource
    sqlite: bool
    prefix: str
    shape: Shape
    functions: SqlFunctions = field(repr=False)
    formula: bool = False

    def value(self, root: Node) -> SqlColumn:
        """The root as a column with its kind."""
        if isinstance(root, Path):
            return self._column(root)
        found = self.write(root)
        if found.type.numeric or found.type.kind is Kind.DURATION:
            return self._number(found if self.formula else numbers.exact(found, root.span))
        if found.type.kind is Kind.TEXT:
            element = sa.func.nullif(found.element, logic.NOTHING, type_=sa.Text())
            return SqlColumn(element, kind_of(found.type))
        return SqlColumn(found.element, kind_of(found.type))

    def _number(self, found: Sql) -> SqlColumn:
        whole = found.type.integer or found.type.kind is Kind.DURATION
        kind = IntegerKind() if whole else DecimalKind(DIGITS, found.scale)
        if self.sqlite:
            return SqlColumn(found.element, kind)
        return SqlColumn(sa.cast(found.element, sa.BigInteger() if whole and found.exact else sa.Numeric()), kind)

    def write(self, node: Node) -> Sql:
        """The SQL of a node."""
        match node:
            case Literal():
                return self._literal(node)
            case Path():
                return self._path(node)
            case Parameter():
                return self._parameter(node)
            case Call():
                return self._call(node)
            case Compare():
                return self._compare(node)
            case Logic(junction=junction, operands=operands):
                joined = sa.and_ if junction is Junction.AND else sa.or_
                return Sql(joined(*(self.write(operand).element for operand in operands)), node.type)
            case Not(operand=operand):
                return Sql(sa.not_(self.write(operand).element), node.type)
            case Arithmetic():
                return numbers.arithmetic(self, node)
            case Negate():
                return numbers.negation(self, node)
            case Concatenation(operands=operands):
                return Sql(texts.joined([self.write(operand).element for operand in operands]), node.type)
            case Conditional():
                return self._conditional(node)
            case Membership():
                return self._membership(node)
            case Reached() | MemberOf():
                return Sql(self._reached(node), node.type)

    def _reached(self, node: Reached | MemberOf) -> sa.ColumnElement[bool]:
        if not isinstance(self.columns, ReachSource):
            raise NotPortable(node.span, "Only rights ask whom somebody reaches.")
        return self.columns.reached(node)

    def _literal(self, node: Literal) -> Sql:
        if node.value is None:
            return Sql(self._nothing(node), node.type)
        if isinstance(node.value, bool):
            return Sql(sa.true() if node.value else sa.false(), node.type)
        return self._bound(node, self.shape.positions[id(node)][0])

    def _nothing(self, node: Literal) -> Element:
        """Null, of a type where PostgreSQL wants one."""
        if node.type.kind is Kind.NULL:
            return sa.literal_column("NULL", sa.types.NullType())
        return sa.cast(sa.null(), bind_type(node.type, sqlite=self.sqlite))

    def _bound(self, node: Literal, position: int) -> Sql:
        bind = sa.bindparam(literal_name(self.prefix, position), type_=bind_type(node.type, sqlite=self.sqlite))
        return Sql(bind, node.type, node.type.scale if node.type.numeric else 0, self._bound_of(node))

    def _bound_of(self, node: Literal) -> int:
        """The largest number that shares the form of this one; in a formula, where there is only this one, itself."""
        if not node.type.numeric:
            return 0
        if self.formula and abs(scaled(node)) <= LARGEST_CONSTANT:
            return abs(scaled(node))
        needed = len(str(abs(scaled(node))))
        size = next((size for size in DIGIT_CLASSES if size >= needed), None)
        if size is None:
            raise NotPortable(node.span, "A number in the database has at most {limit} digits.", limit=DIGITS)
        return int(10**size) - 1

    def _path(self, node: Path) -> Sql:
        column = self._column(node)
        if isinstance(column.kind, BooleanKind):
            return Sql(column.element == numbers.whole(1) if self.sqlite else column.element, node.type)
        scale, bound = _size(column.kind)
        return Sql(column.element, node.type, scale, bound)

    def _column(self, node: Path) -> SqlColumn:
        if node.type.kind is Kind.OPTIONS:
            raise NotPortable(node.span, "A field with several values is no single value in the database.")
        return self.columns.column(node)

    def _parameter(self, node: Parameter | Call) -> Sql:
        bind: Element = sa.bindparam(parameter_name(node), type_=bind_type(node.type, sqlite=self.sqlite))
        if node.type.kind is Kind.BOOL and self.sqlite:
            return Sql(bind == numbers.whole(1), node.type)
        scale, bound = _size(kind_of(node.type))
        return Sql(bind, node.type, scale, bound)

    def _call(self, node: Call) -> Sql:
        if node.function.sql is SqlClass.PARAMETER:
            return self._parameter(node)
        function = self.functions.get(node.function.name)
        if function is None or node.function.sql is SqlClass.PYTHON:
            raise NotPortable(node.span, "{name}(…) is not computed in the database.", name=node.function.name)
        return function.form(self, node)

    def _compare(self, node: Compare) -> Sql:
        if holds_quotient(node.left) or holds_quotient(node.right):
            return compare_quotient(self, node)
        left, right = self.write(node.left), self.write(node.right)
        first, second = left.element, right.element
        if left.type.numeric and right.type.numeric:
            first, second = numbers.comparable(left, right, self, node.span)
        return Sql(COMPARISONS[node.operator](first, second), node.type)

    def _conditional(self, node: Conditional) -> Sql:
        cases: list[tuple[Node, Node]] = []
        rest: Node = node
        while isinstance(rest, Conditional):
            cases.append((rest.test, rest.then))
            rest = rest.otherwise
        values = [self.write(value) for value in (*(then for _, then in cases), rest)]
        values = logic.together(values, self, node.span)
        whens = [(self.write(test).element, value.element) for (test, _), value in zip(cases, values, strict=False)]
        element = sa.case(*whens, else_=values[-1].element)
        typed = sa.type_coerce(element, logic.plain_type(values)) if node.type.kind is Kind.BOOL else element
        return logic.like(values, typed, node.type)

    def _membership(self, node: Membership) -> Sql:
        value = self.write(node.value)
        if is_structural(node.options[0]):
            return self._among_truths(node, value)
        positions = self.shape.positions[id(node)]
        padded = node.options + node.options[-1:] * (len(positions) - len(node.options))
        bound = [self._bound(option, position) for option, position in zip(padded, positions, strict=True)]
        if value.type.numeric:
            bound = self._same_bound(bound)
            value, *bound = numbers.aligned([value, *bound], self, node.span)
            if not (value.exact or all(option.exact for option in bound)):
                raise NotPortable(node.span, "These numbers can become too large to compare them in the database.")
        element = value.element.in_([option.element for option in bound])
        return Sql(sa.not_(element) if node.negated else element, node.type)

    def _same_bound(self, options: list[Sql]) -> list[Sql]:
        """Options of one list share a form, so the largest decides for all."""
        largest = max(option.bound for option in options)
        return [replace(option, bound=largest) for option in options]

    def _among_truths(self, node: Membership, value: Sql) -> Sql:
        asked = {bool(option.value) for option in node.options}
        truths = [value.element if truth else sa.not_(value.element) for truth in asked]
        element: Element = reduce(sa.or_, truths)
        return Sql(sa.not_(element) if node.negated else element, node.type)


def _size(kind: ColumnKind) -> tuple[int, int]:
    """Decimals of a column and its largest amount in its smallest unit."""
    match kind:
        case DecimalKind(precision, scale):
            return scale, 10**precision - 1
        case IntegerKind():
            return 0, LARGEST_INTEGER
        case _:
            return 0, 0

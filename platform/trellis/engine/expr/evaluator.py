"""The Python reader: a checked tree becomes a function from values to a value.

simpleeval interprets a syntax tree that is made here from the typed tree: it never parses and never guards, knows only
the nodes, operators and functions that are needed, no attributes, and lets through nothing but plain values.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from simpleeval import SimpleEval

from trellis.engine.expr import decimals, limits
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
    Operator,
    Parameter,
    Path,
    Reached,
)
from trellis.engine.expr.signatures import Function
from trellis.engine.expr.types import Type

Values = Mapping[str, object]
PLAIN = frozenset({type(None), bool, int, Decimal, str, date, datetime, tuple, list, set, frozenset})
JOIN = "+"

_values: ContextVar[Values] = ContextVar("expression_values")


class EvaluationError(Exception):
    """The expression has no value for these inputs: a number too large, a text too long, a value that was not given."""


def evaluator(expression: Expression) -> Callable[[Values], object]:
    """A function that computes the expression; keys of its values are the dotted names, such as `account.tier`, `today`.

    It raises EvaluationError, and nothing else. Every path and parameter of the expression must be among the values.
    """
    rewriter = _Rewriter()
    tree = rewriter.tree(expression.root)
    interpreter = _Interpreter({JOIN: _join, **rewriter.functions})
    finish = _finisher(expression.type)

    def evaluate(values: Values) -> object:
        token = _values.set(values)
        try:
            return finish(interpreter.interpret(tree))
        except EvaluationError:
            raise
        except KeyError as error:
            raise EvaluationError(f"no value was given for {error.args[0]!r}") from error
        except Exception as error:
            raise EvaluationError(f"{expression.source!r} has no value here: {error}") from error
        finally:
            _values.reset(token)

    return evaluate


def condition(expression: Expression) -> Callable[[Values], bool]:
    """The test that a condition is: true only where it comes out true; null and what cannot be computed are false."""
    value_of = evaluator(expression)

    def holds(values: Values) -> bool:
        try:
            return value_of(values) is True
        except EvaluationError:
            return False

    return holds


def value_or_null(expression: Expression) -> Callable[[Values], object]:
    """The value of an expression; null where it cannot be computed."""
    value_of = evaluator(expression)

    def value(values: Values) -> object:
        try:
            return value_of(values)
        except EvaluationError:
            return None

    return value


def decide(value: object) -> bool:
    """The answer of a condition: null counts as false."""
    return value is True


class _Interpreter(SimpleEval):  # type: ignore[misc]
    """simpleeval, cut down to the nodes that the rewriter makes; names come from the values of the running evaluation."""

    def __init__(self, functions: dict[str, Callable[..., object]]) -> None:
        super().__init__(operators=dict(_OPERATORS), functions=functions, names={}, allowed_attrs={})
        self.functions = functions
        self.nodes: dict[type[ast.AST], Callable[[Any], object]] = {
            ast.Constant: _constant,
            ast.Name: _name,
            ast.UnaryOp: self._eval_unaryop,
            ast.BinOp: self._eval_binop,
            ast.Compare: self._compare,
            ast.BoolOp: self._logic,
            ast.IfExp: self._eval_ifexp,
            ast.Call: self._call,
        }

    def interpret(self, tree: ast.expr) -> object:
        """The value of the tree."""
        return self._eval(tree)

    def _eval(self, node: ast.AST) -> object:
        return self.nodes[type(node)](node)

    def _compare(self, node: ast.Compare) -> object:
        return self.operators[type(node.ops[0])](self._eval(node.left), self._eval(node.comparators[0]))

    def _call(self, node: ast.Call) -> object:
        return self.functions[node.func.id](*[self._eval(argument) for argument in node.args])  # type: ignore[attr-defined]

    def _logic(self, node: ast.BoolOp) -> bool | None:
        """Three-valued `and`, `or`: the deciding value wins, else null if there was one."""
        deciding = isinstance(node.op, ast.Or)
        unknown = False
        for operand in node.values:
            value = self._eval(operand)
            if value is deciding:
                return deciding
            unknown = unknown or value is None
        return None if unknown else not deciding


def _guarded(function: Function) -> Callable[..., object]:
    """The function with null in, null out, unless it wants to see nulls."""
    python = function.python
    if function.nulls:
        return python

    def call(*arguments: object) -> object:
        return None if None in arguments else python(*arguments)

    return call


def _constant(node: ast.Constant) -> object:
    return node.value


def _name(node: ast.Name) -> object:
    value = _values.get()[node.id]
    if type(value) not in PLAIN:
        raise EvaluationError(f"the value of {node.id!r} is not plain")
    return value


def _join(*texts: str | None) -> str:
    joined = "".join([text for text in texts if text])
    if len(joined) > limits.TEXT_VALUE:
        raise EvaluationError("the text becomes too long")
    return joined


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool | None]:
    def null_safe(left: object, right: object) -> bool | None:
        return None if left is None or right is None else compare(left, right)

    return null_safe


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _is_in(value: object, options: frozenset[object]) -> bool | None:
    return None if value is None else value in options


def _is_not_in(value: object, options: frozenset[object]) -> bool | None:
    return None if value is None else value not in options


_SIGNS: dict[Operator, type[ast.operator] | type[ast.cmpop]] = {
    Operator.ADD: ast.Add,
    Operator.SUBTRACT: ast.Sub,
    Operator.MULTIPLY: ast.Mult,
    Operator.DIVIDE: ast.Div,
    Operator.MODULO: ast.Mod,
    Operator.EQ: ast.Eq,
    Operator.NE: ast.NotEq,
    Operator.LT: ast.Lt,
    Operator.LE: ast.LtE,
    Operator.GT: ast.Gt,
    Operator.GE: ast.GtE,
}
_OPERATORS: dict[type[ast.AST], Callable[..., object]] = {
    ast.Add: decimals.add,
    ast.Sub: decimals.subtract,
    ast.Mult: decimals.multiply,
    ast.Div: decimals.divide,
    ast.Mod: decimals.remainder,
    ast.USub: decimals.negate,
    ast.Not: _not,
    ast.Eq: _compared(operator.eq),
    ast.NotEq: _compared(operator.ne),
    ast.Lt: _compared(operator.lt),
    ast.LtE: _compared(operator.le),
    ast.Gt: _compared(operator.gt),
    ast.GtE: _compared(operator.ge),
    ast.In: _is_in,
    ast.NotIn: _is_not_in,
}


class _Rewriter:
    """Typed nodes to the syntax nodes that the interpreter knows, and the functions that they call."""

    def __init__(self) -> None:
        self.functions: dict[str, Callable[..., object]] = {}
        self._names: dict[int, str] = {}

    def tree(self, node: Node) -> ast.expr:
        """The syntax node for a typed node."""
        match node:
            case Literal(value=value):
                return _made(value)
            case Path() as path:
                return ast.Name(path.key)
            case Parameter(name=name):
                return ast.Name(name)
            case Call(function=function, arguments=arguments):
                return _called(self._name(function), [*map(ast.Name, function.reads), *map(self.tree, arguments)])
            case Concatenation(operands=operands):
                return _called(JOIN, [self.tree(operand) for operand in operands])
            case Compare(operator=sign, left=left, right=right):
                return ast.Compare(self.tree(left), [_SIGNS[sign]()], [self.tree(right)])  # type: ignore[list-item]
            case Membership(value=value, options=options, negated=negated):
                known = frozenset(option.value for option in options)
                return ast.Compare(self.tree(value), [ast.NotIn() if negated else ast.In()], [_made(known)])
            case Logic(junction=junction, operands=operands):
                joint = ast.And() if junction is Junction.AND else ast.Or()
                return ast.BoolOp(joint, [self.tree(operand) for operand in operands])
            case Not(operand=operand):
                return ast.UnaryOp(ast.Not(), self.tree(operand))
            case Negate(operand=operand):
                return ast.UnaryOp(ast.USub(), self.tree(operand))
            case Arithmetic(operator=sign, left=left, right=right):
                return ast.BinOp(self.tree(left), _SIGNS[sign](), self.tree(right))  # type: ignore[arg-type]
            case Conditional(test=test, then=then, otherwise=otherwise):
                return ast.IfExp(self.tree(test), self.tree(then), self.tree(otherwise))
            case Reached() | MemberOf():
                raise TypeError("Only a database knows whom somebody reaches.")

    def _name(self, function: Function) -> str:
        """A name for the function; two of one name, such as `label_of` for two fields, get different ones."""
        if id(function) not in self._names:
            name = f"{function.name}/{len(self._names)}"
            self._names[id(function)], self.functions[name] = name, _guarded(function)
        return self._names[id(function)]


def _made(value: object) -> ast.Constant:
    return ast.Constant(value)  # type: ignore[arg-type]


def _called(name: str, arguments: list[ast.expr]) -> ast.Call:
    return ast.Call(ast.Name(name), arguments, [])


def _finisher(kind: Type) -> Callable[[object], object]:
    """The last touch: whole numbers as int, no negative zero, no empty text."""
    if kind.integer:
        return lambda value: None if value is None else int(value)  # type: ignore[call-overload]
    if kind.numeric:
        return _number
    return lambda value: None if value == "" else value


def _number(value: object) -> object:
    if isinstance(value, Decimal):
        return value if value else abs(value)
    return value if value is None else Decimal(value)  # type: ignore[arg-type]

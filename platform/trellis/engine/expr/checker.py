"""From source to a typed tree: every name has a meaning, every value a type, or every mistake is reported."""

import ast
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from trellis.engine.expr import limits
from trellis.engine.expr.adapt import adapt, adapt_pair
from trellis.engine.expr.calls import call, constant_text
from trellis.engine.expr.functions import STANDARD, FunctionRegistry
from trellis.engine.expr.habits import function_hint, name_hint
from trellis.engine.expr.nodes import (
    Call,
    Conditional,
    Expression,
    Junction,
    Literal,
    Logic,
    Membership,
    Node,
    Not,
    Operator,
    Parameter,
    Path,
    walk,
)
from trellis.engine.expr.operators import calculate, compare, negative
from trellis.engine.expr.parser import Parsed, dotted, parse
from trellis.engine.expr.problems import ExprError, Problem, Span, closest, did_you_mean, problem, refuse
from trellis.engine.expr.rewriting import with_zeros
from trellis.engine.expr.scope import Scope, Unresolved
from trellis.engine.expr.signatures import Function
from trellis.engine.expr.types import BOOL, NULL, TEXT, Kind, Type, common, comparable, fits
from trellis.kernel.messages import Message

CONSTANTS = {"true": Literal(True, BOOL), "false": Literal(False, BOOL), "null": Literal(None, NULL)}
CALCULATIONS: dict[type[ast.operator], Operator] = {
    ast.Add: Operator.ADD,
    ast.Sub: Operator.SUBTRACT,
    ast.Mult: Operator.MULTIPLY,
    ast.Div: Operator.DIVIDE,
    ast.Mod: Operator.MODULO,
}
COMPARISONS: dict[type[ast.cmpop], Operator] = {
    ast.Eq: Operator.EQ,
    ast.NotEq: Operator.NE,
    ast.Lt: Operator.LT,
    ast.LtE: Operator.LE,
    ast.Gt: Operator.GT,
    ast.GtE: Operator.GE,
}
VOLATILE = ("today", "now", "me.")


def check(
    source: str,
    scope: Scope,
    *,
    expect: Type | None = None,
    functions: FunctionRegistry = STANDARD,
    nulls_as_zero: bool = False,
) -> Expression:
    """The typed expression; raises ExprError with every problem that was found.

    `expect` is the type that the result must have: `BOOL` for conditions, the type of the field for formulas. With
    `nulls_as_zero` every number that is read from a field is zero instead of null.
    """
    parsed = parse(source)
    checker = _Checker(parsed, scope, functions)
    root = checker.build(parsed.tree)
    if root is not None and expect is not None:
        root = checker.expected(root, expect)
    if root is not None:
        checker.problems.extend([*_too_many_steps(root), *_too_many_paths(root)])
    if checker.problems or root is None:
        raise ExprError(checker.problems)
    return expression(source, with_zeros(root) if nulls_as_zero else root)


def expression(source: str, root: Node) -> Expression:
    """The expression of a typed tree, with what it reads."""
    nodes = list(walk(root))
    paths = {node.key: node for node in nodes if isinstance(node, Path)}
    parameters = {node.name for node in nodes if isinstance(node, Parameter)}
    parameters |= {name for node in nodes if isinstance(node, Call) for name in node.function.reads}
    volatile = any(name.startswith(VOLATILE) for name in parameters)
    return Expression(source, root, root.type, tuple(paths.values()), frozenset(parameters), volatile)


def _too_many_steps(root: Node) -> list[Problem]:
    """There are no loops, so an evaluation visits each node once at most, and the limit can be kept here."""
    steps = sum(1 for _ in walk(root))
    if steps <= limits.EVALUATION_STEPS:
        return []
    return [problem("too_complex", "The expression is too complicated.", root.span)]


def _too_many_paths(root: Node) -> list[Problem]:
    followed = {node.key: node for node in walk(root) if isinstance(node, Path) and node.hops}
    if len(followed) <= limits.LOOKUP_PATHS:
        return []
    text = "An expression follows at most {limit} paths through lookups."
    return [problem("too_many_paths", text, root.span, limit=limits.LOOKUP_PATHS)]


class _Checker:
    """One pass over a syntax tree; a part that is wrong gives None and a problem, and the rest is still checked."""

    def __init__(self, parsed: Parsed, scope: Scope, functions: FunctionRegistry) -> None:
        self.parsed = parsed
        self.scope = scope
        self.functions = functions
        self.problems: list[Problem] = []
        self.repeated = 0

    def build(self, tree: ast.expr) -> Node | None:
        """The typed node of a syntax node; None without a look at it when there are enough problems already."""
        if len(self.problems) >= limits.PROBLEMS:
            return None
        try:
            return self._node(tree)
        except ExprError as error:
            self.problems.extend(error.problems)
            return None

    def expected(self, root: Node, wanted: Type) -> Node | None:
        """The root adapted to the wanted type, or a problem."""
        try:
            root = adapt(root, wanted)
        except ExprError as error:
            self.problems.extend(error.problems)
            return None
        if fits(root.type, wanted):
            return root
        text = "This gives a value of type {found}, but {wanted} is needed."
        if wanted.kind is Kind.BOOL:
            text = "A condition is true or false; this gives a value of type {found}."
        found = Message(str(root.type))
        self.problems.append(problem("result", text, root.span, found=found, wanted=Message(str(wanted))))
        return None

    def _node(self, tree: ast.expr) -> Node | None:
        span = self.parsed.span(tree)
        match tree:
            case ast.Constant():
                return self._constant(tree, span)
            case ast.Name() | ast.Attribute():
                return self._name(tree, span)
            case ast.BoolOp():
                return self._logic(tree, span)
            case ast.UnaryOp():
                return self._unary(tree, span)
            case ast.BinOp():
                return self._calculation(tree, span)
            case ast.Compare():
                return self._comparison(tree, span)
            case ast.IfExp():
                return self._conditional(tree, span)
            case ast.Call():
                return self._call(tree, span)
        hint = Message("Write thousands without commas: 1000.")
        raise refuse("list", "A list stands only behind 'in'.", span, hint=hint)

    def _all(self, trees: Sequence[ast.expr]) -> list[Node] | None:
        """The nodes of all trees, or None (with all problems) when one is wrong."""
        nodes = [self.build(tree) for tree in trees]
        found = [node for node in nodes if node is not None]
        return found if len(found) == len(nodes) else None

    def _constant(self, tree: ast.Constant, span: Span) -> Literal:
        if isinstance(tree.value, str):
            return Literal(tree.value, TEXT, span)
        text = self.parsed.text(tree).replace("_", "")
        decimals = len(text.partition(".")[2])
        if decimals == 0 and "." not in text:
            return Literal(int(text), Type(Kind.NUMBER, integer=True), span)
        return Literal(Decimal(text), Type(Kind.NUMBER, scale=decimals), span)

    def _name(self, tree: ast.expr, span: Span) -> Node:
        path = dotted(tree) or ()
        if len(path) == 1 and path[0] in CONSTANTS:
            constant = CONSTANTS[path[0]]
            return Literal(constant.value, constant.type, span)
        match self.scope.resolve(path):
            case Path(hops, entity, field, kind, root):
                return Path(hops, entity, field, kind, root, span)
            case Parameter(name, kind):
                return Parameter(name, kind, span)
            case Unresolved() as unresolved:
                raise self._unresolved(unresolved, path, span)

    def _unresolved(self, found: Unresolved, path: tuple[str, ...], span: Span) -> ExprError:
        start = span.start + sum(len(part) + 1 for part in path[: found.position])
        part = path[min(found.position, len(path) - 1)]
        habit = name_hint(part) if len(path) == 1 and part.lower() not in found.suggestions else None
        hint = habit or did_you_mean(found.suggestions)
        end = min(start + len(part), span.end) if start < span.end else span.end
        return ExprError((Problem("name", found.message, Span(min(start, end), end), hint),))

    def _logic(self, tree: ast.BoolOp, span: Span) -> Node | None:
        operands = self._all(tree.values)
        if operands is None:
            return None
        junction = Junction.AND if isinstance(tree.op, ast.And) else Junction.OR
        suitable = [self._condition(operand, junction.value) for operand in operands]
        if not all(suitable):
            return None
        return Logic(junction, tuple(operands), span)

    def _condition(self, node: Node, word: str) -> bool:
        if node.type.kind is Kind.BOOL:
            return True
        text = "'{word}' needs conditions; this is a value of type {found}."
        self.problems.append(problem("condition", text, node.span, word=word, found=Message(str(node.type))))
        return False

    def _unary(self, tree: ast.UnaryOp, span: Span) -> Node | None:
        operand = self.build(tree.operand)
        if operand is None:
            return None
        if isinstance(tree.op, ast.Not):
            return Not(operand, span) if self._condition(operand, "not") else None
        signed = negative(operand, span)
        return signed if isinstance(tree.op, ast.USub) else operand

    def _calculation(self, tree: ast.BinOp, span: Span) -> Node | None:
        operands = self._all((tree.left, tree.right))
        if operands is None:
            return None
        return calculate(CALCULATIONS[type(tree.op)], operands[0], operands[1], span)

    def _conditional(self, tree: ast.IfExp, span: Span) -> Node | None:
        nodes = self._all((tree.test, tree.body, tree.orelse))
        if nodes is None:
            return None
        test, (then, otherwise) = nodes[0], adapt_pair(nodes[1], nodes[2])
        if not self._condition(test, "if"):
            return None
        kind = common(then.type, otherwise.type)
        if kind is None:
            text = "Both values must be of one type, not {left} and {right}."
            raise refuse("types", text, span, left=Message(str(then.type)), right=Message(str(otherwise.type)))
        return Conditional(test, then, otherwise, kind, span)

    def _call(self, tree: ast.Call, span: Span) -> Node | None:
        assert isinstance(tree.func, ast.Name)
        function = self.functions.get(tree.func.id)
        arguments = self._all(tree.args)
        if function is None:
            raise self._unknown_function(tree.func)
        if arguments is None:
            return None
        if function.name == "div":
            self._count_repeated(arguments[1:2], span)
        if function.scoped:
            return self._asked(function, arguments, span)
        node = call(function, arguments, span)
        return self._labelled(node) if isinstance(node, Call) and function.name == "label_of" else node

    def _labelled(self, node: Call) -> Call:
        """The call with the labels of the field that it asks for."""
        path = node.arguments[0]
        labels = self.scope.labels(path) if isinstance(path, Path) else None
        if labels is None:
            raise refuse("labels", "The labels of this value are not known.", path.span)
        return replace(node, function=replace(node.function, python=labels.get))

    def _asked(self, function: Function, arguments: Sequence[Node], span: Span) -> Parameter:
        """The parameter that a call such as `changed('amount')` stands for."""
        key = constant_text(function, arguments, span)
        match self.scope.ask(function.name, key):
            case Parameter(name, kind):
                return Parameter(name, kind, span)
            case Unresolved(message=message, suggestions=suggestions):
                raise ExprError((Problem("name", message, arguments[0].span, did_you_mean(suggestions)),))

    def _unknown_function(self, tree: ast.Name) -> ExprError:
        known = self.functions.names()
        hint = function_hint(tree.id, self.functions) or did_you_mean(closest(tree.id.lower(), known))
        text = "There is no function '{name}'."
        return refuse("function", text, self.parsed.span(tree), hint=hint, name=tree.id)

    def _comparison(self, tree: ast.Compare, span: Span) -> Node | None:
        if len(tree.ops) == 1 and isinstance(tree.ops[0], ast.In | ast.NotIn):
            return self._membership(tree, span)
        if any(isinstance(operator, ast.In | ast.NotIn) for operator in tree.ops):
            raise refuse("chain", "'in' cannot be chained with other comparisons.", span)
        operands = self._all((tree.left, *tree.comparators))
        if operands is None:
            return None
        self._count_repeated(operands[1:-1], span)
        comparisons = [
            compare(COMPARISONS[type(operator)], *adapt_pair(left, right), span)
            for operator, (left, right) in zip(tree.ops, pairwise(operands), strict=True)
        ]
        return comparisons[0] if len(comparisons) == 1 else Logic(Junction.AND, tuple(comparisons), span)

    def _count_repeated(self, nodes: Sequence[Node], span: Span) -> None:
        """Refuses chains in chains, whose middle parts would be repeated without end."""
        self.repeated += sum(1 for node in nodes for _ in walk(node))
        if self.repeated > limits.EXPANDED_NODES:
            raise refuse("too_complex", "The expression is too complicated.", span)

    def _membership(self, tree: ast.Compare, span: Span) -> Node | None:
        listed = tree.comparators[0]
        trees = listed.elts if isinstance(listed, ast.Tuple) else [listed]
        value, items = self.build(tree.left), self._all(trees)
        if value is None or items is None:
            return None
        if value.type.kind in (Kind.OPTIONS, Kind.NULL):
            raise refuse("several", "'in' needs one value on its left.", span, hint=Message("Write has(field, 'key')."))
        options = tuple(self._item(item, value) for item in items)
        if not options or len(options) > limits.LIST_ITEMS:
            raise refuse("list", "A list has 1 to {limit} values.", self.parsed.span(listed), limit=limits.LIST_ITEMS)
        return Membership(value, _one_scale(options), isinstance(tree.ops[0], ast.NotIn), span)

    def _item(self, item: Node, value: Node) -> Literal:
        if item.type.kind is Kind.OPTIONS:
            raise refuse("several", "Ask a field with several values with has(…).", item.span)
        if not isinstance(item, Literal):
            raise refuse("list", "Only constants can stand in the list behind 'in'.", item.span)
        if item.value is None or item.value == "":
            raise refuse("null", "Nothing equals null.", item.span, hint=Message("Use blank(…)."))
        adapted = adapt(item, value.type)
        if not isinstance(adapted, Literal) or not comparable(adapted.type, value.type):
            text = "A value of type {left} is never {right}."
            found, other = Message(str(value.type)), Message(str(item.type))
            raise refuse("types", text, item.span, left=found, right=other)
        return adapted


def _one_scale(options: tuple[Literal, ...]) -> tuple[Literal, ...]:
    """Numbers of a list with one number of decimals, so that they share a form."""
    if not options[0].type.numeric:
        return options
    scale = max(option.type.scale for option in options)
    whole = all(option.type.integer for option in options)
    kind = Type(options[0].type.kind, scale=scale, integer=whole)
    return tuple(Literal(option.value, kind, option.span) for option in options)

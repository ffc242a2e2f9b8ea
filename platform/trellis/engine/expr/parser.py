"""Source to a syntax tree that holds nothing but what the language allows (Python's expression grammar, cut down)."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from trellis.engine.expr import limits
from trellis.engine.expr.habits import word_hint
from trellis.engine.expr.problems import ExprError, Problem, Span, problem, refuse
from trellis.engine.expr.source import Source, read_source
from trellis.kernel.messages import Message

BINARY = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Mod)
UNARY = (ast.USub, ast.UAdd, ast.Not)
COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn)
ALLOWED = (
    ast.Constant, ast.Name, ast.Attribute, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call, ast.Tuple,
)  # fmt: skip
SPELLING = {"True": "true", "False": "false", "None": "null"}
REFUSED: dict[type[ast.AST], Message] = {
    ast.Lambda: Message("Functions cannot be defined in an expression."),
    ast.JoinedStr: Message("Join texts with +."),
    ast.List: Message("Write lists in round brackets: x in ('a', 'b')."),
    ast.Subscript: Message("Square brackets are not used."),
    ast.NamedExpr: Message("Names cannot be assigned."),
    ast.Is: Message("Use blank(x) or filled(x) to ask for empty values."),
    ast.IsNot: Message("Use blank(x) or filled(x) to ask for empty values."),
    ast.Starred: Message("Stars are not used."),
}


@dataclass(frozen=True, slots=True)
class Parsed:
    """A syntax tree that passed the allow-list, with the way back to what was typed."""

    source: Source
    tree: ast.expr
    converted: bool
    """Whether full-width punctuation was read as plain."""

    def span(self, node: ast.expr) -> Span:
        """Where the node stands in what was typed."""
        return self.source.span(self._characters(node.col_offset), self._characters(node.end_col_offset or 0))

    def text(self, node: ast.expr) -> str:
        """The source text of the node."""
        return self.source.text[self._characters(node.col_offset) : self._characters(node.end_col_offset or 0)]

    def _characters(self, offset: int) -> int:
        if self.source.text.isascii():
            return offset
        return len(self.source.text.encode()[:offset].decode(errors="ignore"))


def parse(source: str) -> Parsed:
    """The checked syntax tree of `source`; raises ExprError with every mistake in form."""
    read = read_source(source)
    parsed = Parsed(read, _python_tree(read), read.converted)
    problems = list(islice(_problems(parsed), limits.PROBLEMS))
    if problems:
        raise ExprError(problems)
    return parsed


def dotted(node: ast.expr) -> tuple[str, ...] | None:
    """The parts of a chain of names such as `account.tier`, or None when the node is something else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return (node.id, *reversed(parts))


def _python_tree(source: Source) -> ast.expr:
    text = source.text
    skipped = len(text) - len(text.lstrip())
    del source.places[:skipped]
    source.text = text[skipped:]
    try:
        return ast.parse(source.text, mode="eval").body
    except SyntaxError as error:
        raise _syntax_error(source, error) from None
    except (ValueError, MemoryError, RecursionError):
        raise refuse("too_deep", "The expression is too complicated.", Span(0, len(source.typed))) from None


def _syntax_error(source: Source, error: SyntaxError) -> ExprError:
    place = len(source.text.encode()) if not error.offset else error.offset - 1
    offset = len(source.text.encode()[:place].decode(errors="ignore"))
    end = max(offset + 1, (error.end_offset or 0) - 1)
    if source.text[:offset].rstrip().endswith("%"):
        hint = Message("Write percents as quotients: amount * 10 / 100.")
        return refuse(
            "syntax", "A percent sign does not stand behind a number.", source.span(offset - 1, end), hint=hint
        )
    if offset >= len(source.text.rstrip()):
        end = len(source.text)
        return refuse("syntax", "The expression ends too early.", source.span(offset, end))
    found = source.text[offset : min(end, offset + 20)].strip() or source.text[offset]
    habit = word_hint(found) or word_hint(_word_before(source.text[:offset]))
    return refuse(
        "syntax", "The expression cannot be read at '{found}'.", source.span(offset, end), hint=habit, found=found
    )


def _word_before(text: str) -> str:
    return text.split()[-1] if text.split() else ""


def _problems(parsed: Parsed) -> Iterator[Problem]:
    """Everything the allow-list refuses, found without recursion."""
    pending = [(parsed.tree, 1)]
    nodes = 0
    while pending:
        node, depth = pending.pop()
        nodes += 1
        if nodes > limits.TREE_NODES or depth > limits.TREE_DEPTH:
            yield problem(
                "too_complex",
                "The expression is too complicated; store a part of it in a formula field.",
                parsed.span(node),
            )
            return
        found = _refusal(parsed, node)
        if found is not None:
            yield found
        elif not isinstance(node, ast.Attribute):
            pending.extend((child, depth + 1) for child in _operands(node))


def _operands(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.Call):
        return list(node.args)
    return [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]


def _refusal(parsed: Parsed, node: ast.expr) -> Problem | None:
    if not isinstance(node, ALLOWED):
        return _not_allowed(parsed, node, type(node))
    match node:
        case ast.Constant():
            return _constant(parsed, node)
        case ast.Name(id=name):
            return _name(parsed, node, name)
        case ast.Attribute():
            return _attribute(parsed, node)
        case ast.Call():
            return _call(parsed, node)
        case ast.BinOp(op=operator) if not isinstance(operator, BINARY):
            return _not_allowed(parsed, node, type(operator))
        case ast.UnaryOp(op=operator) if not isinstance(operator, UNARY):
            return _not_allowed(parsed, node, type(operator))
        case ast.Compare(ops=operators):
            wrong = [operator for operator in operators if not isinstance(operator, COMPARISONS)]
            return _not_allowed(parsed, node, type(wrong[0])) if wrong else None
    return None


def _not_allowed(parsed: Parsed, node: ast.expr, kind: type[ast.AST]) -> Problem:
    return problem("not_allowed", "This cannot be used in an expression.", parsed.span(node), hint=REFUSED.get(kind))


def _constant(parsed: Parsed, node: ast.Constant) -> Problem | None:
    span = parsed.span(node)
    if isinstance(node.value, bool) or node.value is None:
        right = SPELLING[str(node.value)]
        return problem("spelling", "'{name}' is written in small letters.", span, hint=_write(right), name=right)
    if isinstance(node.value, str):
        return None
    if not isinstance(node.value, int | float) or not _plain_number(parsed.text(node)):
        return problem("number", "Write numbers with digits and one point only: 1200.50.", span)
    if len(parsed.text(node)) > limits.NUMBER_LITERAL:
        return problem("number", "A number has at most {limit} digits.", span, limit=limits.NUMBER_LITERAL)
    return None


def _plain_number(text: str) -> bool:
    whole, _, fraction = text.replace("_", "").partition(".")
    return (whole + fraction).isdecimal()


def _name(parsed: Parsed, node: ast.expr, name: str) -> Problem | None:
    if name.startswith("_"):
        return problem("name", "Names do not begin with an underscore.", parsed.span(node))
    return None


def _attribute(parsed: Parsed, node: ast.Attribute) -> Problem | None:
    parts = dotted(node)
    if parts is None:
        return problem("attribute", "A point stands only between the names of a path: account.name.", parsed.span(node))
    if len(parts) > limits.NAME_PARTS:
        return problem("too_deep", "A path has at most {limit} names.", parsed.span(node), limit=limits.NAME_PARTS)
    if any(part.startswith("_") for part in parts):
        return problem("name", "Names do not begin with an underscore.", parsed.span(node))
    return None


def _call(parsed: Parsed, node: ast.Call) -> Problem | None:
    span = parsed.span(node)
    if not isinstance(node.func, ast.Name):
        hint = Message("Write the function first: length(name).")
        return problem("call", "Only functions can be called, not fields or values.", span, hint=hint)
    if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
        return problem("call", "Functions take their values by position only.", span)
    return None


def _write(text: str) -> Message:
    return Message("Write {text}.", {"text": text})

"""Conditions as rows of a filter builder: a field, a comparison, what was typed; to sources and back."""

import ast
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from trellis.engine.expr.parser import Parsed, parse
from trellis.engine.expr.problems import ExprError
from trellis.metadata.fieldtypes import FieldType, Refused
from trellis.metadata.fieldtypes.operators import Operator

FieldAt = Callable[[str], FieldType | None]

_LITERAL = r"(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|-?[0-9][0-9_.]*|true|false|me\.id|[a-z]+\((?:'[^']*'|[0-9]+)\))"
_CALLED = re.compile(r"[a-z]+\((?:'([^']*)'|([0-9]+))\)")


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: the path of a field, the key of a comparison, and what was typed."""

    path: str
    operator: str
    value: str = ""
    value2: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """One row that holds an expression instead, for what no rule can say."""

    source: str


Row = Rule | Written


@dataclass(frozen=True, slots=True)
class Rows:
    """A condition as rows of which all must hold, or one."""

    rows: tuple[Row, ...] = ()
    any: bool = False


def operator_of(field: FieldType, key: str) -> Operator | None:
    """The operator of a field by its key."""
    return next((operator for operator in field.operators if operator.key == key), None)


def rule_source(field: FieldType, rule: Rule) -> str | None:
    """The source of a rule, None while something is missing; raises Refused for what does not fit the field."""
    operator = operator_of(field, rule.operator)
    if operator is None or (operator.operands != "none" and not rule.value):
        return None
    if operator.operands == "none":
        return operator.template.format(field=rule.path)
    if operator.operands == "many":
        values = ", ".join(_literal(field, part) for part in rule.value.split(",") if part.strip())
        return operator.template.format(field=rule.path, values=values)
    if operator.operands == "two":
        second = _literal(field, rule.value2 or rule.value)
        return operator.template.format(field=rule.path, value=_literal(field, rule.value), value2=second)
    return operator.template.format(field=rule.path, value=_literal(field, rule.value))


def rows_source(rows: Rows, field_at: FieldAt) -> str:
    """The source of all rows; what is not finished is left out. Raises Refused for what does not fit its field."""
    sources = [source for row in rows.rows if (source := _source(row, field_at))]
    if len(sources) == 1:
        return sources[0]
    return (" or " if rows.any else " and ").join(_wrapped(source) for source in sources)


def read_rows(source: str, field_at: FieldAt) -> Rows:
    """The rows that say the same as a source; what no rule can say stays an expression."""
    if not source.strip():
        return Rows()
    try:
        parsed = parse(source)
    except ExprError:
        return Rows((Written(source.strip()),))
    whole = _rule(source.strip(), parsed.tree, field_at)
    if whole is not None or not isinstance(parsed.tree, ast.BoolOp):
        return Rows((whole or Written(source.strip()),))
    parts = [(_typed(source, parsed, node), node) for node in parsed.tree.values]
    rows = tuple(_rule(text, node, field_at) or Written(text) for text, node in parts)
    return Rows(rows, isinstance(parsed.tree.op, ast.Or))


def _typed(source: str, parsed: Parsed, node: ast.expr) -> str:
    span = parsed.span(node)
    return source[span.start : span.end]


def _source(row: Row, field_at: FieldAt) -> str:
    if isinstance(row, Written):
        return row.source.strip()
    field = field_at(row.path)
    return (rule_source(field, row) or "") if field else ""


def _wrapped(source: str) -> str:
    """The source in brackets where what joins it would tear it apart."""
    try:
        tree = parse(source).tree
    except ExprError:
        return f"({source})"
    return f"({source})" if isinstance(tree, ast.BoolOp | ast.IfExp) else source


def _literal(field: FieldType, text: str) -> str:
    if field.target is not None and text.strip() == "me":
        return "me.id"
    value = field.from_text(text.strip())
    if isinstance(value, tuple):
        value = value[0] if value else ""
    return field.literal(value)


def _rule(text: str, node: ast.expr, field_at: FieldAt) -> Rule | None:
    """The rule whose source is just this text."""
    for path in dict.fromkeys(_paths(node)):
        field = field_at(path)
        for operator in field.operators if field else ():
            found = _match(text, path, operator)
            if field and found and _says(field, found, text):
                return found
    return None


def _paths(node: ast.expr) -> Iterable[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute | ast.Name):
            yield ast.unparse(part)


def _match(text: str, path: str, operator: Operator) -> Rule | None:
    several = rf"{_LITERAL}(?:\s*,\s*{_LITERAL})*,?"
    pattern = re.escape(operator.template)
    for name, wanted in (("values", several), ("value2", _LITERAL), ("value", _LITERAL)):
        first, mark, rest = pattern.partition(rf"\{{{name}\}}")
        if mark:
            pattern = f"{first}(?P<{name}>{wanted}){rest}"
    pattern = pattern.replace(r"\{field\}", re.escape(path)).replace(r"\ ", r"\s*")
    match = re.fullmatch(pattern, text)
    if match is None:
        return None
    given = match.groupdict()
    if "values" in given:
        return Rule(path, operator.key, ",".join(_text(item) for item in re.findall(_LITERAL, given["values"])))
    return Rule(path, operator.key, _text(given.get("value") or ""), _text(given.get("value2") or ""))


def _text(literal: str) -> str:
    """What somebody types for a literal."""
    if literal == "me.id":
        return "me"
    called = _CALLED.fullmatch(literal)
    if called:
        return called[1] or called[2] or ""
    return str(ast.literal_eval(literal)) if literal[:1] in ("'", '"') else literal


def _says(field: FieldType, rule: Rule, text: str) -> bool:
    """Whether the rule gives the text again, spaces and quotes aside, so that nothing of it is lost."""
    try:
        source = rule_source(field, rule)
        return source is not None and ast.dump(parse(source).tree) == ast.dump(parse(text).tree)
    except (Refused, ExprError):
        return False

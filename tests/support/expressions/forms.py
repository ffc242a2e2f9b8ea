"""Every way to make an expression of one sort from others: the operators, and each function as its signature allows."""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from tests.support.expressions.words import CONSTANTS, WORDS, word_of
from tests.support.expressions.world import OTHER, PARAMETERS, SCOPE, tables
from trellis.engine.expr.calls import call
from trellis.engine.expr.checker import check
from trellis.engine.expr.functions import FunctionRegistry
from trellis.engine.expr.nodes import NOWHERE, Literal, Node
from trellis.engine.expr.problems import ExprError
from trellis.engine.expr.signatures import Function, Slot, SqlClass
from trellis.engine.expr.types import INTEGER, NUMERIC, TEXT, Kind
from trellis.storage.expressions import compile_condition

IN_SQL = frozenset(SqlClass) - {SqlClass.PYTHON}
"""Functions that a database computes or is told the value of."""


@dataclass(frozen=True)
class Form:
    """A source of sort `result` with holes such as `{money}`; `name` is the operator or function that it tries."""

    result: str
    name: str
    template: str
    call: bool = False
    """Whether it needs no brackets, neither around itself nor around what fills its holes."""


def all_forms(functions: FunctionRegistry, classes: Container[SqlClass] = IN_SQL) -> list[Form]:
    """The operators, and every function of these classes."""
    chosen = [function for function in functions if function.sql in classes]
    return [*_operators(), *(form for function in chosen for form in forms_of(function, functions))]


def forms_of(function: Function, functions: FunctionRegistry) -> list[Form]:
    """The calls of a function that mean something on a deal."""
    return [form for form in calls_of(function) if _checks(form, functions)]


def _checks(form: Form, functions: FunctionRegistry) -> bool:
    """Whether the form has a meaning on a deal (`changed('name')` has one in validations only), and room for a quotient."""
    try:
        expression = check(filled(form.template), SCOPE, functions=functions)
        if "quotient}" in form.template and not WORDS[form.result].quotient:
            compile_condition(expression, tables("sqlite"), "sqlite")
    except ExprError:
        return False
    return expression.parameters <= PARAMETERS.keys()


def filled(template: str) -> str:
    """The template with fields in its holes."""
    return template.format(
        **{name: word.fields[0] for name, word in WORDS.items()},
        **{name: constant.sources[0] for name, constant in CONSTANTS.items()},
    )


def calls_of(function: Function) -> Iterator[Form]:
    """Each combination of arguments that the checker accepts, repeated slots up to two times more."""
    for count in _counts(function):
        for arguments in _combinations(function, count):
            result = _result(function, [node for _, node in arguments])
            if result is not None:
                template = f"{function.name}({', '.join(source for source, _ in arguments)})"
                yield Form(result, function.name, template, call=True)


def _counts(function: Function) -> Iterable[int]:
    full = len(function.slots)
    return {*range(function.least, full + 1), full + function.repeats, full + 2 * function.repeats}


Argument = tuple[str, Node]
NAMES = ("sales.rep", "sales.manager", OTHER, "limit", "USD", "0.00", "YYYY-MM")
"""What a function may want written out: a role, a team, a setting, a currency, a pattern."""
PLAIN_TEXT = frozenset({Kind.TEXT})
"""What plain operands can fill, as they can numbers; other slots are also tried with constants that take the type of their neighbours."""


def _combinations(function: Function, count: int) -> Iterator[tuple[Argument, ...]]:
    """The arguments of each slot, combined; where a slot comes again, its argument does too."""
    slots = [_slot_index(function, position, count) for position in range(count)]
    known = sorted(set(slots))
    for chosen in product(*(list(_arguments(function, function.slots[index])) for index in known)):
        yield tuple(chosen[known.index(index)] for index in slots)


def _slot_index(function: Function, position: int, count: int) -> int:
    """As the checker counts: in `when` the last argument stands alone behind the pairs."""
    if function.name == "when":
        return 2 if position == count - 1 else position % 2
    return function.slot_index(position)


def _arguments(function: Function, slot: Slot) -> Iterator[Argument]:
    if slot.constant:
        yield from _written_out(slot)
        return
    for name, word in WORDS.items():
        if word.type.kind in slot.accepts and (word.type.integer or not slot.integer):
            yield f"{{{name}}}", word.example
    if len(function.slots) > 1 and slot.accepts != PLAIN_TEXT and (function.alike or not slot.accepts <= NUMERIC):
        yield from ((f"{{{name}}}", constant.example) for name, constant in CONSTANTS.items())


def _written_out(slot: Slot) -> Iterator[Argument]:
    numeric = Kind.TEXT not in slot.accepts
    for choice in slot.choices or (("0", "1", "2") if numeric else NAMES):
        yield (choice, Literal(int(choice), INTEGER)) if numeric else (f"'{choice}'", Literal(choice, TEXT))


def _result(function: Function, arguments: list[Node]) -> str | None:
    if len(arguments) > 1 and all(isinstance(node, Literal) for node in arguments):
        return None
    try:
        return word_of(call(function, arguments, NOWHERE))
    except ExprError:
        return None


SIGNS = ("==", "!=", "<", "<=", ">", ">=")
ORDERED = (
    "integer integer", "integer number", "number number", "money money", "money number", "money integer", "percent integer",
    "percent percent", "quotient number", "number quotient", "quotient integer", "money_quotient money", "money money_quotient",
    "money_quotient number", "date date", "date day", "day date", "datetime datetime", "datetime moment", "duration duration",
)  # fmt: skip
EQUAL = (
    "text text", "bool bool", "option option", "option stage_key", "stage_key option", "tier tier_key", "user user",
    "user id", "account account", "account id",
)  # fmt: skip
LISTED = (
    "integer whole", "number decimal", "money decimal", "percent whole", "text text_constant", "option stage_key",
    "tier tier_key", "date day", "datetime moment", "user id",
)  # fmt: skip
CALCULATIONS = {
    "integer": ("{integer} + {integer}", "{integer} - {integer}", "{integer} * {integer}", "{integer} % {integer}", "-{integer}"),
    "number": (
        "{number} + {number}", "{integer} + {number}", "{number} - {number}", "{number} + {percent}", "100 - {percent}",
        "{number} * {number}", "{integer} * {number}", "{percent} * {number}", "{percent} * {integer}", "-{number}",
    ),
    "percent": ("{percent} + {percent}", "{percent} - {percent}", "-{percent}"),
    "money": (
        "{money} + {money}", "{money} - {money}", "{money} * {number}", "{integer} * {money}", "{money} * {percent}",
        "-{money}",
    ),
    "quotient": (
        "{integer} / {integer}", "{number} / {integer}", "{integer} / {number}", "{percent} / {number}", "{money} / {money}",
        "{quotient} * {integer}", "{number} * {quotient}", "{quotient} / {number}", "-{quotient}",
    ),
    "money_quotient": (
        "{money} / {integer}", "{money} / {number}", "{money} / {percent}", "{money_quotient} * {integer}",
        "{quotient} * {money}", "{money_quotient} / {number}", "-{money_quotient}",
    ),
    "text": ("{text} + {text}", "{text} + {text} + {text}", "{text} + {nothing}"),
}  # fmt: skip
CONDITIONS = (
    "{bool} and {bool}", "{bool} or {bool}", "{bool} and {bool} or {bool}", "not {bool}",
    "{integer} < {integer} <= {number}", "{date} <= {date} < {date}", "{money} >= {money} > {number}",
    "{bool} in (true, false)", "{bool} not in (true, true)",
)  # fmt: skip


def _operators() -> Iterator[Form]:
    for result, templates in (*CALCULATIONS.items(), ("bool", CONDITIONS)):
        for template in templates:
            yield Form(result, _sign(template), template)
    for name, word in WORDS.items():
        if word.type.kind is not Kind.OPTIONS:
            for then, otherwise in ((f"{{{name}}}", f"{{{name}}}"), ("null", f"{{{name}}}"), (f"{{{name}}}", "null")):
                yield Form(name, "if", f"{then} if {{bool}} else {otherwise}")
    yield from (Form("bool", sign, _pair(pair, sign)) for pair in ORDERED for sign in SIGNS)
    yield from (Form("bool", sign, _pair(pair, sign)) for pair in EQUAL for sign in SIGNS[:2])
    for pair in LISTED:
        value, item = (f"{{{name}}}" for name in pair.split())
        yield from (
            Form("bool", sign, f"{value} {sign} ({', '.join([item] * count)},)")
            for sign in ("in", "not in")
            for count in (1, 3)
        )


def _pair(pair: str, sign: str) -> str:
    left, right = pair.split()
    return f"{{{left}}} {sign} {{{right}}}"


def _sign(template: str) -> str:
    """The operator that a template tries: what is left of it without its holes."""
    pieces = template.replace("}", "{").split("{")
    return " ".join("".join(pieces[::2]).split())

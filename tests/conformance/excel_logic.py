"""Conditions, choices and questions of a spreadsheet, in our language."""

from collections.abc import Sequence

from tests.conformance.excel_formulas import Operation
from tests.conformance.excel_translator import MANY, Arguments, Rule, Translator, takes
from tests.conformance.reasons import Reason
from tests.conformance.writing import NOTHING, Term, among, call, common_kind, infix, number, opposite, truth, when
from trellis.engine.expr.types import Kind


def _logic(junction: str) -> Rule:
    def rule(translator: Translator, arguments: Arguments) -> Term:
        translator.sheet.excuse(Reason.CONDITION)
        return among(junction, translator.truths(arguments))

    return rule


def _exclusive(translator: Translator, arguments: Arguments) -> Term:
    first, *rest = translator.truths(arguments)
    for term in rest:
        first = infix("!=", first, term, Kind.BOOL)
    return first


def _not(translator: Translator, arguments: Arguments) -> Term:
    return opposite(translator.condition(arguments[0]))


def _if(translator: Translator, arguments: Arguments) -> Term:
    if len(arguments) == 2:
        translator.sheet.excuse(Reason.NO_ELSE)
    return _choice(translator, [translator.condition(arguments[0])], arguments[1:])


def _ifs(translator: Translator, arguments: Arguments) -> Term:
    conditions = [translator.condition(tree) for tree in arguments[0::2]]
    return _choice(translator, conditions, arguments[1::2])


def _switch(translator: Translator, arguments: Arguments) -> Term:
    subject, *rest = arguments
    conditions = [translator.compared("==", subject, tree) for tree in rest[0 : len(rest) // 2 * 2 : 2]]
    return _choice(translator, conditions, [*rest[1::2], *rest[len(rest) // 2 * 2 :]])


def _choice(translator: Translator, conditions: Sequence[Term], values: Arguments) -> Term:
    """Conditions with their values and perhaps one more, without which there is no value."""
    translator.sheet.excuse(Reason.CONDITION)
    terms = [translator.value(tree) for tree in values]
    if len(terms) == len(conditions):
        terms.append(NOTHING)
    if len({term.kind for term in terms} - {Kind.NULL}) > 1:
        translator.sheet.excuse(Reason.TYPES)
    pairs = [term for pair in zip(conditions, terms[:-1], strict=True) for term in pair]
    return when(*pairs, terms[-1])


def _choose(translator: Translator, arguments: Arguments) -> Term:
    """The value in the place that the first argument gives."""
    place, values = translator.whole(arguments[0]), arguments[1:]
    conditions = [infix("==", place, number(index), Kind.BOOL) for index in range(1, len(values) + 1)]
    return _choice(translator, conditions, values)


def _instead(translator: Translator, arguments: Arguments) -> Term:
    first, second = translator.value(arguments[0]), translator.value(arguments[1])
    match arguments[0]:
        case Operation(sign="/", operands=(left, right)) if second.kind is Kind.NUMBER:
            return call("div", translator.number(left), translator.number(right), second)
    if len({first.kind, second.kind} - {Kind.NULL}) > 1:
        translator.sheet.excuse(Reason.TYPES)
    translator.sheet.excuse(Reason.CONDITION)
    return call("coalesce", first, second, kind=common_kind([first, second]), whole=first.whole and second.whole)


def _is_error(translator: Translator, arguments: Arguments) -> Term:
    return call("blank", translator.value(arguments[0]), kind=Kind.BOOL)


def _is_other_error(translator: Translator, arguments: Arguments) -> Term:
    """Any error but #N/A; ours are of one kind."""
    translator.sheet.excuse(Reason.ERROR)
    return _is_error(translator, arguments)


def _is_blank(translator: Translator, arguments: Arguments) -> Term:
    tree = arguments[0]
    term = translator.text(tree) if translator.is_empty(tree) else translator.value(tree)
    if translator.is_error(tree):
        translator.sheet.excuse(Reason.ERROR)
    return call("blank", term, kind=Kind.BOOL)


def _constant(term: Term) -> Rule:
    return lambda translator, arguments: term


RULES: dict[str, Rule] = {
    "AND": takes(1, MANY, _logic("and")),
    "OR": takes(1, MANY, _logic("or")),
    "XOR": takes(1, MANY, _exclusive),
    "NOT": takes(1, 1, _not),
    "TRUE": takes(0, 0, _constant(truth(True))),
    "FALSE": takes(0, 0, _constant(truth(False))),
    "NA": takes(0, 0, _constant(NOTHING)),
    "IF": takes(2, 3, _if),
    "IFS": takes(2, MANY, _ifs),
    "SWITCH": takes(3, MANY, _switch),
    "CHOOSE": takes(2, MANY, _choose),
    "IFERROR": takes(2, 2, _instead),
    "IFNA": takes(2, 2, _instead),
    "ISERR": takes(1, 1, _is_other_error),
    "ISERROR": takes(1, 1, _is_error),
    "ISBLANK": takes(1, 1, _is_blank),
}

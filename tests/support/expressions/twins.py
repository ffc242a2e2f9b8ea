"""Another expression of the same form: the source with other constants, which one compiled statement must serve too."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from random import Random

from tests.support.expressions.language import Language
from tests.support.expressions.rows import DATES, MOMENTS
from tests.support.expressions.words import WORDS
from tests.support.expressions.world import PEOPLE, STAGES, TAGS, TIERS
from trellis.engine.expr.nodes import Expression, Literal
from trellis.engine.expr.problems import ExprError, Span
from trellis.engine.expr.shape import DIGIT_CLASSES, parameterise, scaled, shape_of

CONSTANT = re.compile(r"[-\d'\"]|date\(")
"""What a constant begins with; others were put in by the checker."""
OPTIONS = (STAGES, TIERS, TAGS)


def twin(expression: Expression, random: Random, language: Language) -> Expression | None:
    """The expression with other constants and the same key, or None when there is no such."""
    source = expression.source
    for span, text in sorted(_replacements(expression, random), key=lambda found: found[0].start, reverse=True):
        source = source[: span.start] + text + source[span.end :]
    if source == expression.source:
        return None
    try:
        found = language.checked(source)
    except ExprError:
        return None
    return found if parameterise(found)[0] == parameterise(expression)[0] else None


def _replacements(expression: Expression, random: Random) -> Iterator[tuple[Span, str]]:
    seen = set()
    for literal in shape_of(expression.root).literals:
        written = CONSTANT.match(expression.source, literal.span.start)
        if written and literal.span not in seen:
            seen.add(literal.span)
            yield literal.span, _other(literal, expression.source[literal.span.start], random)


def _other(literal: Literal, first: str, random: Random) -> str:
    """The source of another constant of the same type, and of as many digits as the statement makes room for."""
    match literal.value:
        case bool() | None:
            return repr(literal.value).lower()
        case int() | Decimal():
            return _number(literal, random)
        case datetime():
            return f"'{random.choice(MOMENTS).isoformat()}'"
        case date():
            day = random.choice(DATES).isoformat()
            return f"'{day}'" if first == "'" else f"date('{day}')"
    return _text(str(literal.value), random)


def _number(literal: Literal, random: Random) -> str:
    needed = len(str(abs(scaled(literal))))
    size = next(size for size in DIGIT_CLASSES if size >= needed)
    smaller = max((0, *(known for known in DIGIT_CLASSES if known < size)))
    units = random.randrange(int(10**smaller) if smaller else 0, int(10**size))
    number = Decimal(units).scaleb(-literal.type.scale)
    return f"({'-' if random.random() < 0.5 and units else ''}{number:f})"


def _text(value: str, random: Random) -> str:
    for options in (*OPTIONS, PEOPLE):
        if value in options:
            return f"'{random.choice(options)}'"
    return random.choice(WORDS["text"].constants)

"""Random well-typed sources."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from random import Random

from hypothesis import strategies as st

from tests.support.expressions.forms import IN_SQL, Form, all_forms
from tests.support.expressions.words import CONSTANTS, WORDS
from trellis.engine.expr.functions import STANDARD, FunctionRegistry
from trellis.engine.expr.signatures import SqlClass

DEEPEST = 4
LEAF_SHARE = 0.25
AROUND_QUOTIENT = ("round({}, 2)", "round({})", "floor({})", "ceil({})", "trunc({})", "({}) > 0.5", "({}) <= quantity")
OPERATOR = re.compile(r"^-| / ")


def random_sources(
    seed: int, functions: FunctionRegistry = STANDARD, classes: frozenset[SqlClass] = IN_SQL
) -> Iterator[str]:
    """Sources without end; every operator and function of these classes takes its turn as the outermost one."""
    random, grammar = Random(seed), grammar_of(functions, classes)
    for forms in cycle(list(grammar.turns())):
        yield Writer(random, grammar).whole(random.choice(forms), random.randint(1, DEEPEST))


def sources() -> st.SearchStrategy[str]:
    """The same for Hypothesis."""
    return st.integers(0, 2**32).map(lambda seed: Writer(Random(seed), grammar_of(STANDARD)).any(DEEPEST))


@dataclass(frozen=True)
class Grammar:
    """The forms by sort of result and by what they try, so that each operator and function is equally likely."""

    forms: dict[str, dict[str, list[Form]]]

    def turns(self) -> Iterator[list[Form]]:
        """For each sort of result, each operator or function: its forms."""
        for names in self.forms.values():
            yield from names.values()


@cache
def grammar_of(functions: FunctionRegistry, classes: frozenset[SqlClass] = IN_SQL) -> Grammar:
    """The grammar with the functions of these classes."""
    found: dict[str, dict[str, list[Form]]] = {}
    for form in all_forms(functions, classes):
        found.setdefault(form.result, {}).setdefault(form.name, []).append(form)
    return Grammar(found)


@dataclass(frozen=True)
class Writer:
    """Writes sources by the choices of `random`."""

    random: Random
    grammar: Grammar

    def any(self, depth: int) -> str:
        """A source of any sort."""
        forms = self.random.choice(list(self.grammar.turns()))
        return self.whole(self.random.choice(forms), depth)

    def whole(self, form: Form, depth: int) -> str:
        """A source with this form outermost; a quotient, which no database gives as it is, is rounded or compared."""
        source = self.fill(form, depth)
        return self.random.choice(AROUND_QUOTIENT).format(source) if WORDS[form.result].quotient else source

    def fill(self, form: Form, depth: int) -> str:
        """The form with random operands in its holes, nested at most this deep."""
        pieces = form.template.replace("}", "{").split("{")
        pieces[1::2] = [self._operand(name, depth - 1, form) for name in pieces[1::2]]
        return "".join(pieces)

    def _operand(self, name: str, depth: int, around: Form) -> str:
        if name not in WORDS:
            return self._constant(name)
        names = self.grammar.forms.get(name)
        if depth <= 0 or not names or self.random.random() < LEAF_SHARE:
            return self._leaf(name, around)
        form = self.random.choice(self.random.choice(list(names.values())))
        source = self.fill(form, self.random.randint(1, depth))
        return source if form.call or around.call else f"({source})"

    def _leaf(self, name: str, around: Form) -> str:
        word = WORDS[name]
        constants = word.constants if self.random.random() < 0.4 else ()
        source = self.random.choice(constants or word.fields)
        return f"({source})" if OPERATOR.search(source) and not around.call else source

    def _constant(self, name: str) -> str:
        if name == "text_constant":
            return self.random.choice(WORDS["text"].constants)
        return self.random.choice(CONSTANTS[name].sources)

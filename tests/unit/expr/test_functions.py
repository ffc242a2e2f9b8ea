"""Every function shows what it does, and does what it shows."""

import pytest

from trellis.engine.expr.examples import result_of
from trellis.engine.expr.functions import STANDARD
from trellis.engine.expr.signatures import Function

EXAMPLES = [(function.name, source, result) for function in STANDARD for source, result in function.examples]


@pytest.mark.parametrize("function", list(STANDARD), ids=lambda function: function.name)
def test_every_function_has_an_example_of_itself_and_a_meaning(function: Function) -> None:
    assert function.doc.endswith(".")
    assert function.examples
    assert all(f"{function.name}(" in source for source, _ in function.examples)


@pytest.mark.parametrize(("name", "source", "result"), EXAMPLES)
def test_every_example_gives_what_it_says(name: str, source: str, result: str) -> None:
    assert result_of(source) == result

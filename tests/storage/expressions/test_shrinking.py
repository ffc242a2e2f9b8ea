"""A difference between the readers is found, made small, and printed as a test that fails."""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

import pytest

from tests.support.expressions.databases import Database
from tests.support.expressions.language import Language
from tests.support.expressions.trial import Differ, Trial, differences
from tests.support.expressions.world import EMPTY_ROW
from trellis.engine.expr import decimals
from trellis.engine.expr.functions import FunctionRegistry, standard_functions
from trellis.engine.expr.signatures import Function, Slot, SqlClass, first_type
from trellis.engine.expr.types import NUMERIC, TEXT, Kind
from trellis.storage.expressions.compiler import FUNCTIONS


def floor_that_is_trunc_in_sql() -> Language:
    """Wrong for negative numbers with decimals."""
    lower = Function(
        name="lower_whole",
        doc="",
        slots=(Slot("number", NUMERIC),),
        returns=first_type,
        python=decimals.floor,
        sql=SqlClass.EMULATED,
    )
    functions = FunctionRegistry([*standard_functions(), lower])
    return Language(functions, {**FUNCTIONS, "lower_whole": FUNCTIONS["trunc"]})


def trim_that_takes_all_white_space() -> Language:
    """Wrong for texts with other white space at an end."""
    words = frozenset({Kind.TEXT})
    strip = Function("strip", "", (Slot("text", words),), TEXT, str.strip, sql=SqlClass.PORTABLE)
    functions = FunctionRegistry([*standard_functions(), strip])
    return Language(functions, {**FUNCTIONS, "strip": FUNCTIONS["trim"]})


@pytest.mark.parametrize(
    ("language", "name", "longest"),
    [(floor_that_is_trunc_in_sql(), "lower_whole", 30), (trim_that_takes_all_white_space(), "strip", 30)],
    ids=["numbers", "texts"],
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_broken_function_is_found_and_shown_small(
    language: Language, name: str, longest: int, seed: int, databases: Sequence[Database]
) -> None:
    with pytest.raises(Differ) as found:
        Trial(databases, seed, language=language).run(100_000)

    printed = str(found.value)
    source = printed.partition("differences(databases, ")[2].partition(", row)")[0]
    assert name in source
    assert len(source) <= longest
    assert printed.partition("row = ")[2].count(": ") <= 3


def test_the_printed_test_fails_as_long_as_the_readers_differ(databases: Sequence[Database]) -> None:
    broken = floor_that_is_trunc_in_sql()
    with pytest.raises(Differ) as found:
        Trial(databases, 1, language=broken).run(100_000)
    printed = str(found.value).partition("\n\n")[2]
    known: dict[str, object] = {
        "EMPTY_ROW": EMPTY_ROW,
        "Decimal": Decimal,
        "differences": partial(differences, language=broken),
    }
    exec(printed, known)
    test = known["test_all_readers_agree_on_a_counter_example"]

    assert callable(test)
    with pytest.raises(AssertionError):
        test(databases)


def test_a_row_is_emptied_but_for_what_matters(databases: Sequence[Database]) -> None:
    trial = Trial(databases, 1, language=floor_that_is_trunc_in_sql())
    row = EMPTY_ROW | {"rate": Decimal("-2.5000"), "quantity": 12_000, "name": "Ann", "tags": ("hot",)}
    source = "when(filled(name), abs(lower_whole(rate * quantity)) + 1, lower_whole(rate))"

    assert trial.fails("lower_whole(rate)", row)
    found = trial.smallest(source, row | {"name": None})

    assert found.source == "lower_whole(rate)"
    assert {key: value for key, value in found.row.items() if value} == {"rate": Decimal("-2.5000")}

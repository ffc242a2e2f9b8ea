"""Expressions become plain SQL with their constants bound, and what might differ is refused."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
import sqlalchemy as sa

from tests.support.expressions import PARAMETERS, SCOPE, USER, Catalogue, checked, rows, tables
from tests.support.expressions.comparison import Comparison
from tests.support.expressions.databases import Database
from trellis.engine.expr.checker import check
from trellis.engine.expr.functions import FunctionRegistry, standard_functions
from trellis.engine.expr.scope import EntityScope
from trellis.engine.expr.shape import parameterise
from trellis.engine.expr.signatures import Function, Slot
from trellis.engine.expr.types import INTEGER, TEXT, Kind
from trellis.storage.connection import Prepared, prepare
from trellis.storage.expressions import NotPortable, compile_condition, encode_literals, encode_parameters


def sql_of(source: str, dialect: str, *, prefix: str = "") -> Prepared:
    """The statement that selects where the condition holds."""
    found = tables(dialect)
    condition = compile_condition(checked(source), found, dialect, prefix=prefix)
    return prepare(sa.select(found.deals.c.id).where(condition), dialect)


def where(source: str, dialect: str) -> str:
    return sql_of(source, dialect).sql.partition("WHERE ")[2]


@pytest.mark.parametrize(
    ("source", "sqlite", "postgresql"),
    [
        ("amount > 10", "deals.amount > ? * 100", "deals.amount > $1::BIGINT"),
        ("active", "deals.active = 1", "deals.active"),
        ("not active", "deals.active != 1", "NOT deals.active"),
        ("stage in ('open', 'won')", "deals.stage IN (?, ?)", "deals.stage IN ($1::VARCHAR, $2::VARCHAR)"),
        ("owner == me.id", "deals.owner = ?", "deals.owner = $1::UUID"),
        ("close_date < today()", "deals.close_date < ?", "deals.close_date < $1::DATE"),
        ("contains(name, '%')", "instr(deals.name, ?) > 0", "strpos(deals.name, $1::VARCHAR) > 0"),
        ("blank(name)", "deals.name IS NULL", "deals.name IS NULL"),
    ],
)
def test_a_plain_condition_leaves_the_column_alone_so_that_an_index_serves_it(
    source: str, sqlite: str, postgresql: str
) -> None:
    assert (where(source, "sqlite"), where(source, "postgresql")) == (sqlite, postgresql)


def test_constants_and_parameters_are_bound_by_name() -> None:
    source = "amount > 10.5 and owner == me.id and in_role('sales.rep') and stage in ('open', 'won', 'lost')"
    names = ("a_l0", "p_me_id", "p_in_role_sales_rep", "a_l1", "a_l2", "a_l3", "a_l4")

    assert [sql_of(source, dialect, prefix="a_").names for dialect in ("sqlite", "postgresql")] == [names, names]
    assert encode_literals(checked(source), "sqlite", prefix="a_") == {
        "a_l0": 105, "a_l1": "open", "a_l2": "won", "a_l3": "lost", "a_l4": "lost",
    }  # fmt: skip
    assert encode_literals(checked(source), "postgresql")["l0"] == Decimal("10.5")
    assert encode_parameters(checked(source), PARAMETERS, "sqlite") == {"p_me_id": USER, "p_in_role_sales_rep": 1}


def test_dates_and_moments_are_text_on_sqlite() -> None:
    expression = checked("close_date > '2024-01-31' and created_at > '2024-01-31T10:00:00+02:00'")

    assert encode_literals(expression, "sqlite") == {"l0": "2024-01-31", "l1": "2024-01-31 08:00:00"}


def test_different_parameters_never_share_a_name() -> None:
    scope = EntityScope(Catalogue(), "deal", parameters=dict.fromkeys(("a.b_c", "a_b.c", "a_b_c", "a.b.c"), INTEGER))
    expression = check("a.b_c + a_b.c + a_b_c + a.b.c > 0", scope)

    assert len(encode_parameters(expression, {"a.b_c": 1, "a_b.c": 2, "a_b_c": 3, "a.b.c": 4}, "sqlite")) == 4


def test_one_statement_serves_all_constants_of_a_form() -> None:
    first, second = checked("quantity > 3 and name != 'a'"), checked("quantity > 17 and name != 'ab'")

    assert parameterise(first)[0] == parameterise(second)[0]
    for dialect in ("sqlite", "postgresql"):
        assert sql_of(first.source, dialect) == sql_of(second.source, dialect)


@pytest.mark.parametrize(
    "source",
    [
        "round(amount * rate, 2) > round(amount * discount, 2)",
        "amount * amount_times > 1",
        "round(amount / costs, 8) > 5",
        "amount / 2 + costs > 1",
        "amount + costs * 0.0000000001 > 1",
        "amount * 2 > costs * 99999999999",
        "rate > 1.1234567890123456789",
        "amount > 1234567890123456789",
        "shout(name) == 'A'",
        "blank(tags if active else tags)",
    ],
)
@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_what_might_differ_is_refused_on_both_databases_with_the_way_out(source: str, dialect: str) -> None:
    shout = Function("shout", "", (Slot("text", frozenset({Kind.TEXT})),), TEXT, str.upper)
    functions = FunctionRegistry([*standard_functions(), shout])
    expression = check(
        source.replace("amount_times", "quantity * 99999999999 * quantity * rate"), SCOPE, functions=functions
    )

    with pytest.raises(NotPortable, match='"storage": "stored"'):
        compile_condition(expression, tables(dialect), dialect)


@pytest.mark.parametrize(
    "form", ["add_days({}, 1)", "end_of({}, 'quarter')", "add_months({}, 1)", "least({}, today())"]
)
def test_what_a_parser_of_sql_could_not_hold_is_refused_before(form: str, databases: Sequence[Database]) -> None:
    comparison = Comparison(databases)
    comparison.use(rows(20, seed=7))
    source = "close_date"
    for _ in range(12):
        source = form.replace("{}", source)
        assert comparison.differences(source) == []
        if not comparison.portable([source])[0]:
            return
    pytest.fail("nothing was refused")

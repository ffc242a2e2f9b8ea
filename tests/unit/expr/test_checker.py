"""Every name gets a meaning and every value a type, or every mistake is reported."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.support.expressions import SCOPE, Catalogue, checked
from trellis.engine.expr.checker import check
from trellis.engine.expr.nodes import Compare, Conditional, Hop, Literal, Membership, Parameter, Path
from trellis.engine.expr.problems import ExprError
from trellis.engine.expr.scope import EntityScope
from trellis.engine.expr.types import BOOL, INTEGER, TEXT, Kind, Type


def refusal(source: str, expect: Type | None = None) -> str:
    with pytest.raises(ExprError) as refused:
        checked(source, expect)
    return " ".join(str(found) for found in refused.value.problems)


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("quantity", "integer"),
        ("quantity + 1", "integer"),
        ("quantity + 1.5", "number"),
        ("quantity / 2", "number"),
        ("discount * 2", "number"),
        ("discount + discount", "percent"),
        ("amount + costs", "money"),
        ("amount * 2", "money"),
        ("amount / 2", "money"),
        ("amount / costs", "number"),
        ("amount * (100 - coalesce(discount, 0)) / 100", "money"),
        ("round(rate)", "integer"),
        ("round(rate, 1)", "number"),
        ("round(amount)", "money"),
        ("name + ' ' + note", "text"),
        ("close_date", "date"),
        ("today()", "date"),
        ("now()", "datetime"),
        ("account", "record of account"),
        ("account.id", "record of account"),
        ("me.id", "record of core.user"),
        ("stage", "option"),
        ("tags", "options"),
        ("account.parent.owner.name", "text"),
        ("'a' if active else null", "text"),
        ("when(active, 1, urgent, 2.5, 3)", "number"),
        ("coalesce(amount, 0)", "money"),
        ("least(close_date, '2024-01-01')", "date"),
        ("least('9999-12-31', date(2024, 2, 29))", "date"),
        ("coalesce('2024-01-01', today())", "date"),
        ("created_at - now()", "duration"),
        ("created_at + hours(1)", "datetime"),
        ("hours(1) / 2", "duration"),
        ("hours(1) / hours(2)", "number"),
        ("in_hours(hours(1))", "number"),
        ("add_years(close_date, 1)", "date"),
        ("local_date(created_at)", "date"),
        ("text(rate)", "text"),
        ("to_number(name)", "number"),
        ("count_of(tags)", "integer"),
        ("div(amount, quantity, 0)", "money"),
        ("div(quantity, 3, 0)", "number"),
        ("div(amount, costs, 1)", "number"),
        ("stage if active else 'won'", "option"),
        ("1 < quantity < 3", "bool"),
    ],
)
def test_every_expression_has_a_type(source: str, kind: str) -> None:
    assert str(checked(source).type).replace("ref to", "record of") == kind


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("amuont > 10", "There is no field 'amuont' on Deal. Did you mean 'amount'?"),
        ("account.nmae == 'x'", "There is no field 'nmae' on Account. Did you mean 'name'?"),
        ("Amount > 1", "There is no field 'Amount' on Deal. Did you mean 'amount'?"),
        ("TRUE", "There is no field 'TRUE' on Deal. Did you mean 'true'?"),
        ("lenght(name) > 1", "There is no function 'lenght'. Did you mean 'length'?"),
        ("IF(active, 1, 2)", "There is no function 'IF'. Write when(condition, value, otherwise)."),
        ("AND(active, urgent)", "There is no function 'AND'. Write a and b."),
        ("TODAY() > close_date", "There is no function 'TODAY'. Write today()."),
        ("len(name) > 1", "There is no function 'len'. Write length(text)."),
        ("stage == 'opne'", "There is no option 'opne'. Did you mean 'open'?"),
        ("stage in ('open', 'lots')", "There is no option 'lots'. Did you mean 'lost'?"),
        ("has(tags, 'x')", "There is no option 'x'. The options are: cold, hot, new."),
        ("stage == name", "A value of type option cannot be compared with one of type text."),
        ("active == 1", "A value of type bool cannot be compared with one of type integer."),
        ("name == null", "Comparing with null never is true. Use blank(…)."),
        ("name != null", "Comparing with null never is true. Use filled(…)."),
        ("name == ''", "An empty text is never stored, so nothing equals ''. Use blank(…)."),
        ("name in ('a', null)", "Nothing equals null. Use blank(…)."),
        ("name < 'b'", "A value of type text has no order. Only numbers, dates and moments are larger or smaller."),
        ("amount + 1", "Money and plain numbers cannot be added: money + integer."),
        ("amount * costs", "Money cannot be multiplied with money."),
        ("1 / amount", "A plain number cannot be divided by money."),
        ("rate % 2", "% works on whole numbers only, not on number and integer."),
        ("name + 1", "Only texts can be joined: text + integer. Write text(x) for the text of a value."),
        ("close_date + 1", "One cannot calculate with date and integer. Use add_days(date, n), add_months(date, n) or days_between(from, to)."),
        ("-name", "A sign stands only before a number, not before text."),
        ("quantity and active", "'and' needs conditions; this is a value of type integer."),
        ("not name", "'not' needs conditions; this is a value of type text."),
        ("tags == 'hot'", "A field with several values cannot be compared. Ask with has(field, 'key') or filled(field)."),
        ("contacts.name == 'x'", "'Contacts' has several values; ask with has(…) or filled(…)."),
        ("name.first == 'x'", "'Name' is not a lookup, so nothing can follow it."),
        ("extra", "'Extra' cannot be used in expressions."),
        ("account.parent.parent.owner.name == 'x'", "A path follows at most 3 lookups."),
        ("me.name == 'x'", "Of the user one can ask me.id, me.team, me.email."),
        ("account == 'Acme'", "'Acme' is not the id of a record. Compare one of its fields instead, such as its name."),
        ("owner == account", "A value of type a record of core.user cannot be compared with one of type a record of account."),
        ("close_date > '2024-02-30'", "'2024-02-30' is not a date. Write it like '2024-01-31'."),
        ("created_at > '2024-02-01'", "'2024-02-01' is not a moment. Write it like '2024-01-31T09:30:00Z'."),
        ("close_date > date(2023, 2, 29)", "date of these constants has no value."),
        ("start_of(close_date, 'mnth') == today()", "'mnth' is not possible here. Did you mean 'month'?"),
        ("start_of(close_date, name) == today()", "'unit' of start_of must be written out."),
        ("round(rate, 9) > 1", "'9' is not possible here. Possible are: 0, 1, 2, 3, 4, 5, 6, 7, 8."),
        ("left(name) == 'a'", "left does not take 1 values. Write left(text, count)."),
        ("left(name, rate) == 'a'", "'count' of left cannot be of type number; wanted: whole number."),
        ("when(active, 1) == 1", "when does not take 2 values. Write when(condition, value, otherwise, …)."),
        ("when(quantity, 1, 2) == 1", "'condition' of when cannot be of type integer; wanted: bool."),
        ("when(active, 1, 'a') == 1", "The values of when must be of one type."),
        ("coalesce(quantity, name) == 1", "The values of coalesce must be of one type."),
        ("1,000 > 3", "A list stands only behind 'in'. Write thousands without commas: 1000."),
        ("quantity in (days, 1)", "Only constants can stand in the list behind 'in'."),
        ("div(quantity, amount, 0)", "A plain number cannot be divided by money."),
        ("div(amount, 2, quantity)", "The values of div must be of one type."),
        ("now() + 1", "One cannot calculate with datetime and integer. Moments are moved by durations: created_at + hours(2)."),
        ("hours(1) + 1", "One cannot calculate with duration and integer. Write durations as hours(2) or minutes(30), and read them with in_hours(d)."),
        ("hours(1) * hours(1)", "One cannot calculate with duration and duration. Write durations as hours(2) or minutes(30), and read them with in_hours(d)."),
        ("close_date == created_at", "A value of type date cannot be compared with one of type datetime. Write local_date(moment)."),
        ("text(rate, 'yyyy') == 'a'", "These values do not go together in text(value, pattern?)."),
        ("text(close_date, '0.00') == 'a'", "These values do not go together in text(value, pattern?)."),
        ("text(rate, name) == 'a'", "'pattern' of text must be written out."),
        ("label_of(stage) == 'a'", "The labels of this value are not known."),
        ("in_team('sales')", "'sales' is not the id of a record. Compare one of its fields instead, such as its name."),
        ("setting('x') == 1", "There is no setting 'x' here."),
        ("div(quantity, 2)", "div does not take 2 values. Write div(number, divisor, otherwise)."),
        ("'hot' in tags", "Ask a field with several values with has(…)."),
        ("1 < quantity in (1, 2)", "'in' cannot be chained with other comparisons."),
        ("1 if active else 'a'", "Both values must be of one type, not integer and text."),
    ],
)  # fmt: skip
def test_a_mistake_is_explained_with_the_way_out(source: str, sentence: str) -> None:
    assert refusal(source) == sentence


def test_all_mistakes_are_reported_at_once_each_at_its_place() -> None:
    with pytest.raises(ExprError) as refused:
        checked("amuont > 10 and nmae == 'x' or foo(1) == 2")

    assert [(found.code, found.span.start, found.span.end) for found in refused.value.problems] == [
        ("name", 0, 6),
        ("name", 16, 20),
        ("function", 31, 34),
    ]


def test_a_condition_must_be_true_or_false() -> None:
    assert refusal("amount", BOOL) == "A condition is true or false; this gives a value of type money."


@pytest.mark.parametrize(
    ("source", "expect"),
    [
        ("0", Type(Kind.MONEY, scale=2)),
        ("'open'", Type(Kind.OPTION, options=frozenset({"open"}))),
        ("'2024-01-31'", Type(Kind.DATE)),
        ("null", TEXT),
        ("quantity", Type(Kind.NUMBER, scale=2)),
        ("rate", Type(Kind.PERCENT)),
        ("me.id", Type(Kind.REF, entity="core.user")),
        ("'won' if active else 'lost'", Type(Kind.OPTION, options=frozenset({"won", "lost"}))),
    ],
)
def test_a_result_may_be_written_as_a_constant_of_the_wanted_type(source: str, expect: Type) -> None:
    assert checked(source, expect).type.kind in (expect.kind, Kind.NULL, Kind.NUMBER)


@pytest.mark.parametrize(
    ("source", "expect"),
    [
        ("rate", INTEGER),
        ("quantity", Type(Kind.MONEY)),
        ("name", Type(Kind.OPTION)),
        ("account", Type(Kind.REF, entity="x")),
    ],
)
def test_a_result_of_another_type_is_refused(source: str, expect: Type) -> None:
    assert "is needed" in refusal(source, expect)


def test_paths_say_which_lookups_are_followed_and_where_the_field_lives() -> None:
    (path,) = checked("account.owner.name == 'x'").paths

    assert path.key == "account.owner.name"
    assert (path.hops, path.entity, path.field) == (
        (Hop("account", "deal"), Hop("owner", "account")),
        "core.user",
        "name",
    )


def test_each_path_is_listed_once_with_or_without_record() -> None:
    assert [path.key for path in checked("amount > 1 and record.amount < 5 and account.tier == 'gold'").paths] == [
        "amount",
        "account.tier",
    ]


@pytest.mark.parametrize(
    ("source", "parameters", "volatile"),
    [
        ("amount > 1", set(), False),
        ("record.exists", {"record.exists"}, False),
        ("close_date < today()", {"today"}, True),
        ("created_at < now()", {"now"}, True),
        ("owner == me.id", {"me.id"}, True),
        ("in_role('sales.rep')", {"me.roles"}, True),
    ],
)
def test_an_expression_knows_what_it_reads(source: str, parameters: set[str], volatile: bool) -> None:
    expression = checked(source)

    assert expression.parameters == parameters
    assert expression.volatile is volatile


def test_literals_take_the_type_of_their_neighbour() -> None:
    found = [checked(source).root for source in (
        "amount > 0.5", "close_date > '2024-01-31'", "created_at > '2024-01-31T10:00:00+02:00'",
        "account == '01920000-0000-7000-8000-00000000000A'",
    )]  # fmt: skip

    assert [node.right.value for node in found if isinstance(node, Compare) and isinstance(node.right, Literal)] == [
        Decimal("0.5"),
        date(2024, 1, 31),
        datetime(2024, 1, 31, 8, 0, tzinfo=UTC),
        "01920000-0000-7000-8000-00000000000a",
    ]


def test_numbers_are_exact_from_their_source() -> None:
    node = checked("0.1000000000000000055").root

    assert isinstance(node, Literal)
    assert node.value == Decimal("0.1000000000000000055")


def test_when_becomes_nested_choices() -> None:
    node = checked("when(active, 1, urgent, 2, 3)").root

    assert isinstance(node, Conditional)
    assert isinstance(node.otherwise, Conditional)


def test_a_list_of_one_needs_no_comma() -> None:
    node = checked("stage in ('open')").root

    assert isinstance(node, Membership)
    assert [option.value for option in node.options] == ["open"]


def test_the_filter_of_a_lookup_reads_candidates_as_target_and_the_record_as_parameters() -> None:
    scope = EntityScope(Catalogue(), "deal", target="account")
    expression = check(
        "target.tier == 'gold' and target.owner == owner and record.amount > 1 and me.id == owner", scope
    )

    assert [(path.key, path.entity, path.root) for path in expression.paths] == [
        ("target.tier", "account", "target"),
        ("target.owner", "account", "target"),
    ]
    assert expression.parameters == {"owner", "amount", "me.id"}


def test_previous_values_are_parameters_where_they_exist() -> None:
    scope = EntityScope(Catalogue(), "deal", previous=True)

    assert check("prev.amount < amount", scope).parameters == {"prev.amount"}
    assert "There is no field 'prev'" in refusal("prev.amount < amount")


def test_changes_of_a_field_are_parameters_in_validations_only() -> None:
    scope = EntityScope(Catalogue(), "deal", previous=True)

    assert check("changed('amount') and not changed('tags')", scope).parameters == {"changed.amount", "changed.tags"}
    assert check("changed('stage')", scope, expect=BOOL).root == Parameter("changed.stage", BOOL)
    assert refusal("changed('amount')") == "changed(…) can be asked in validations only."


@pytest.mark.parametrize(
    ("source", "sentence", "start", "end"),
    [
        ("changed('amuont')", "There is no field 'amuont' on Deal. Did you mean 'amount'?", 8, 16),
        ("changed(name)", "'field' of changed must be written out.", 8, 12),
        ("changed()", "changed does not take 0 values. Write changed(field).", 0, 9),
        ("changed(1)", "'field' of changed cannot be of type integer; wanted: text.", 8, 9),
    ],
)
def test_a_wrong_question_about_changes_is_explained(source: str, sentence: str, start: int, end: int) -> None:
    with pytest.raises(ExprError) as refused:
        check(source, EntityScope(Catalogue(), "deal", previous=True))

    (found,) = refused.value.problems
    assert (str(found), found.span.start, found.span.end) == (sentence, start, end)


def test_settings_are_parameters_that_the_scope_declares() -> None:
    scope = EntityScope(Catalogue(), "deal", parameters={"setting.limit": INTEGER})

    assert check("quantity > setting('limit')", scope).parameters == {"setting.limit"}
    with pytest.raises(ExprError, match=r"There is no setting 'limits' here\. Did you mean 'limit'\?"):
        check("quantity > setting('limits')", scope)


def test_a_scope_may_declare_further_parameters() -> None:
    scope = EntityScope(Catalogue(), "deal", parameters={"param.from_day": Type(Kind.DATE)})

    assert check("close_date > param.from_day", scope).parameters == {"param.from_day"}


def test_too_many_paths_through_lookups_are_refused() -> None:
    chains = ["account." + ".".join(["parent"] * depth) for depth in range(3)]
    fields = ("name", "tier", "credit", "owner")
    paths = [f"filled({chain.rstrip('.')}.{field})" for chain in chains for field in fields]

    assert "at most 10 paths" in refusal(" and ".join(paths))


def test_what_would_be_repeated_without_end_is_refused() -> None:
    assert refusal("div(1, " * 25 + "quantity" + ", 0)" * 25) == "The expression is too complicated."


def test_every_node_knows_its_place() -> None:
    source = "amount > 10 and filled(account.name)"

    for path in checked(source).paths:
        assert source[path.span.start : path.span.end] == path.key


def test_resolving_gives_values_not_strings() -> None:
    assert isinstance(SCOPE.resolve(("amount",)), Path)
    assert SCOPE.resolve(("record", "exists")) == Parameter("record.exists", BOOL)

"""Every registered field type on both databases: stored, read, filtered, sorted, shown, filled in and brought in."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from tests.support.fieldtypes import CASES, NOBODY, Case
from tests.support.laboratory import PRESET, SAMPLE, SCRATCH, SINGLE, Laboratory, as_json, spec, unique_keys
from trellis.engine.query import Page, Query, SortKey
from trellis.kernel.errors import Invalid
from trellis.metadata.fieldtypes import PLAIN, FieldType, Select
from trellis.metadata.fieldtypes.operators import Operator
from trellis.services import queries
from trellis.services.commands import Create, Delete, Update
from trellis.services.forms import clean_values, read_form
from trellis.services.records import write

cases = pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
sortable = pytest.mark.parametrize(
    "case", [case for case in CASES.values() if spec(case.key).sortable], ids=lambda case: case.key
)

PREDICATES: Mapping[str, Callable[..., bool]] = {
    "is": lambda value, operand: value == operand,
    "is_not": lambda value, operand: value != operand,
    "in": lambda value, *operands: value in operands,
    "contains": lambda value, part: value is not None and part in value,
    "starts_with": lambda value, part: value is not None and value.startswith(part),
    "gt": lambda value, operand: value is not None and value > operand,
    "ge": lambda value, operand: value is not None and value >= operand,
    "lt": lambda value, operand: value is not None and value < operand,
    "le": lambda value, operand: value is not None and value <= operand,
    "before": lambda value, operand: value is not None and value < operand,
    "after": lambda value, operand: value is not None and value > operand,
    "between": lambda value, low, high: value is not None and low <= value <= high,
    "has": lambda values, operand: operand in values,
    "has_not": lambda values, operand: operand not in values,
    "blank": lambda value: value in (None, ()),
    "filled": lambda value: value not in (None, ()),
}
"""What the operators of filters mean, in Python; a plugin's own operators are compared with the Python evaluator only."""


@cases
async def test_a_value_reads_back_as_it_was_kept(lab: Laboratory, case: Case) -> None:
    wanted = lab.column(case.key)

    wrong = {
        repr(wanted[record]): values[case.key]
        for record, values in lab.stored.items()
        if values[case.key] != wanted[record] or type(values[case.key]) is not type(wanted[record])
    }

    assert wrong == {}
    assert len(wanted) == len(lab.stored)


@cases
async def test_the_api_prints_the_value_as_its_type_says(lab: Laboratory, case: Case) -> None:
    field = spec(case.key)
    query = Query(SAMPLE, (case.key,), limit=2_000)

    body = json.loads(await queries.list_json(lab.context, query), parse_float=Decimal)

    wanted = {record: as_json(field.to_json(value)) for record, value in lab.column(case.key).items()}
    assert {item["id"]: item[case.key] for item in body["items"]} == wanted


@cases
async def test_a_single_record_prints_the_same(lab: Laboratory, case: Case) -> None:
    record, value = next((record, value) for record, value in lab.column(case.key).items() if value not in (None, ()))

    body, version = await queries.get_json(lab.context, SAMPLE, record, (case.key,))
    read = await queries.get_record(lab.context, SAMPLE, record)

    assert json.loads(body, parse_float=Decimal)[case.key] == as_json(spec(case.key).to_json(value))
    assert read.values[case.key] == value
    assert read.version == version == 1


@cases
async def test_every_operator_finds_what_it_says(lab: Laboratory, case: Case) -> None:
    wrong = {}
    for operator in spec(case.key).operators:
        for operands in _operands(case, operator):
            source = _expression(case, operator, operands)
            found = await lab.found(source)
            if found != lab.evaluated(source) or found != _meant(lab, case, operator, operands, found):
                wrong[source] = sorted(repr(lab.column(case.key)[record]) for record in found)

    assert wrong == {}


def _operands(case: Case, operator: Operator) -> list[tuple[Any, ...]]:
    """What the operator is tried with: kept values, parts of them, pairs in both orders."""
    kept = [item for value in case.kept for item in (value if spec(case.key).multiple else (value,))]
    values = list(dict.fromkeys(kept)) if operator.operands != "none" else []
    match operator.operands:
        case "none":
            return [()]
        case "many":
            return [tuple(values[:1]), tuple(values[:2]), tuple(values)]
        case "two":
            pairs = list(pairwise(values))
            return [*pairs, *((high, low) for low, high in pairs), (values[0], values[0])]
    parts = [value[1:4] for value in values if operator.key in ("contains", "starts_with") and value[1:4].strip()]
    return [(value,) for value in [*values, *parts]]


def _expression(case: Case, operator: Operator, operands: tuple[Any, ...]) -> str:
    literals = [spec(case.key).literal(operand) for operand in operands]
    places = {f"value{number or ''}": literal for number, literal in zip((0, 2), literals, strict=False)}
    return operator.template.format(field=case.key, values=", ".join(literals), **places)


def _meant(lab: Laboratory, case: Case, operator: Operator, operands: tuple[Any, ...], found: set[str]) -> set[str]:
    predicate = PREDICATES.get(operator.key)
    if predicate is None:
        return found
    return {record for record, value in lab.column(case.key).items() if predicate(value, *operands)}


@sortable
@pytest.mark.parametrize("descending", [False, True], ids=["up", "down"])
async def test_a_list_is_in_order_with_nothing_last(lab: Laboratory, case: Case, *, descending: bool) -> None:
    query = Query(SAMPLE, (case.key,), sort=(SortKey(case.key, descending),), limit=2_000)

    page = await queries.list_records(lab.context, query)

    rank = _rank(spec(case.key))
    filled = [(rank(value), record) for record, value in lab.column(case.key).items() if value is not None]
    empty = [record for record, value in lab.column(case.key).items() if value is None]
    wanted = [record for _, record in sorted(filled, reverse=descending)] + sorted(empty, reverse=descending)
    assert [row[0] for row in page.rows] == wanted


def _rank(field: FieldType) -> Callable[[Any], Any]:
    """By what people expect a list to be sorted: options by their order, links by the title they show."""
    if isinstance(field, Select):
        return list(field.choices).index
    if field.target is not None:
        return lambda value: ("Middle", "Zebra", "Apple")[int(value[-1])]
    return lambda value: value


@sortable
@pytest.mark.parametrize("descending", [False, True], ids=["up", "down"])
async def test_pages_put_together_are_the_list(lab: Laboratory, case: Case, *, descending: bool) -> None:
    whole = Query(SAMPLE, (case.key,), sort=(SortKey(case.key, descending),), limit=2_000)
    rows = (await queries.list_records(lab.context, whole)).rows

    forwards = await _pages(lab, case, descending, "next")
    backwards = await _pages(lab, case, descending, "previous", forwards[-1])

    assert [row for page in forwards for row in page.rows] == rows
    assert [row for page in reversed(backwards) for row in page.rows] == rows


async def _pages(lab: Laboratory, case: Case, descending: bool, way: str, last: Page | None = None) -> list[Page]:
    """Pages one after the other, until there is none; `last` is the one to go back from."""
    found = [last] if last is not None else []
    cursor = last.previous if last is not None else None
    while cursor is not None or not found:
        query = Query(SAMPLE, (case.key,), sort=(SortKey(case.key, descending),), limit=41, cursor=cursor)
        found.append(await queries.list_records(lab.context, query))
        cursor = getattr(found[-1], way)
    return found


@pytest.mark.parametrize(
    "case", [case for case in CASES.values() if not spec(case.key).sortable], ids=lambda case: case.key
)
async def test_what_has_no_order_is_not_sorted(lab: Laboratory, case: Case) -> None:
    with pytest.raises(Invalid) as caught:
        await queries.list_records(lab.context, Query(SAMPLE, sort=(SortKey(case.key),)))

    assert [error.code for error in caught.value.errors] == ["not_sortable"]


@cases
async def test_a_masked_value_is_never_read(lab: Laboratory, case: Case) -> None:
    field = spec(case.key)
    query = Query(SAMPLE, (case.key,), labels=True, limit=2_000)

    page = await queries.list_records(lab.blind, query)
    body = json.loads(await queries.list_json(lab.blind, query))

    wanted = {record: field.masked(value) for record, value in lab.column(case.key).items()}
    assert page.columns == ("id", "version", case.key)
    assert {row[0]: row[2] for row in page.rows} == wanted
    assert {item["id"]: item[case.key] for item in body["items"]} == wanted
    with pytest.raises(Invalid):
        await queries.list_records(lab.blind, Query(SAMPLE, filter=f"filled({case.key})"))


@cases
async def test_a_form_gives_back_what_it_shows(lab: Laboratory, case: Case) -> None:
    field, form = spec(case.key), lab.context.snapshot.forms["lab.sheet"]
    entity = lab.context.snapshot.entity(SAMPLE)
    wrong = {}

    for value in [*case.kept, () if field.multiple else None]:
        texts = list(value) if field.multiple else [field.to_text(value)]
        read = read_form(lab.context, form, {case.key: texts or [""]}, PLAIN)
        if clean_values(lab.context, entity, read.values) != {case.key: value} or read.errors:
            wrong[repr(value)] = read

    assert wrong == {}


@cases
async def test_saving_what_is_there_changes_nothing(lab: Laboratory, case: Case) -> None:
    field = spec(case.key)
    kept = [(record, value) for record, value in lab.column(case.key).items()]
    as_kept = [Update(record, {case.key: value}) for record, value in kept]
    as_printed = [Update(record, {case.key: as_json(field.to_json(value))}) for record, value in kept]

    outcomes = [*await write(lab.context, SAMPLE, as_kept), *await write(lab.context, SAMPLE, as_printed)]

    assert [outcome for outcome in outcomes if outcome.changed or outcome.version != 1] == []


@cases
async def test_a_value_can_be_changed_and_taken_away(lab: Laboratory, case: Case) -> None:
    field, (first, second, *_) = spec(case.key), case.kept
    nothing = () if field.multiple else None
    (made,) = await write(lab.context, SCRATCH, [Create({"name": "changing", case.key: first})])

    await write(lab.context, SCRATCH, [Update(made.id, {case.key: second})])
    after = await lab.values(SCRATCH, case.key, [made.id])
    await write(lab.context, SCRATCH, [Update(made.id, {case.key: None})])

    assert after == {made.id: second}
    assert await lab.values(SCRATCH, case.key, [made.id]) == {made.id: nothing}
    emptied, changed, _ = await queries.history(lab.context, SCRATCH, made.id)
    printed = [as_history(field.to_json(value)) for value in (first, second, nothing)]
    assert changed.changes == {case.key: (printed[0], printed[1])}
    assert emptied.changes == {case.key: (printed[1], printed[2])}


@pytest.mark.parametrize("case", [case for case in CASES.values() if spec(case.key).target], ids=lambda case: case.key)
async def test_a_link_to_nothing_is_refused(lab: Laboratory, case: Case) -> None:
    value = [NOBODY] if spec(case.key).multiple else NOBODY

    with pytest.raises(Invalid) as caught:
        await write(lab.context, SCRATCH, [Create({"name": "lost", case.key: value})])

    assert [(error.path, error.code) for error in caught.value.errors] == [(case.key, "no_such_record")]


@pytest.mark.parametrize("case", [CASES[key] for key in unique_keys()], ids=unique_keys())
async def test_a_unique_value_is_there_once(lab: Laboratory, case: Case) -> None:
    taken, free, *_ = case.kept
    (first,) = await write(lab.context, SINGLE, [Create({"name": "first", case.key: taken})])

    outcomes = await write(
        lab.context, SINGLE, [Create({"name": "x", case.key: value}) for value in (taken, free, free)], atomic=False
    )
    await write(lab.context, SINGLE, [Update(first.id, {"name": "first again", case.key: taken})])
    await write(lab.context, SINGLE, [Delete(first.id), Delete(outcomes[1].id)])
    (again,) = await write(lab.context, SINGLE, [Create({"name": "again", case.key: taken})])

    codes = [[error.code for error in getattr(outcome.error, "errors", ())] for outcome in outcomes]
    assert codes == [["not_unique"], [], ["not_unique"]]
    await write(lab.context, SINGLE, [Delete(again.id)])


async def test_a_new_record_has_the_defaults(lab: Laboratory) -> None:
    (made,) = await write(lab.context, PRESET, [Create({"name": "preset"})])

    record = await queries.get_record(lab.context, PRESET, made.id)

    wanted = {key: case.kept[0] for key, case in CASES.items() if spec(key).writable}
    assert {key: record.values[key] for key in wanted} == wanted


async def test_what_is_given_counts_more_than_the_default(lab: Laboratory) -> None:
    nothing = {key: None for key in CASES if spec(key).writable}
    (made,) = await write(lab.context, PRESET, [Create({"name": "blank", **nothing})])

    record = await queries.get_record(lab.context, PRESET, made.id)

    assert {record.values[key] for key in nothing} == {None, ()}


async def test_a_running_number_is_drawn_where_none_is_given(lab: Laboratory) -> None:
    made = await write(
        lab.context,
        SCRATCH,
        [Create({"name": "one"}), Create({"name": "two", "number": "own"}), Create({"name": "three"})],
    )

    numbers = await lab.values(SCRATCH, "number", [outcome.id for outcome in made])

    first, own, second = (str(numbers[outcome.id]) for outcome in made)
    assert own == "own"
    assert first.startswith("A2026-")
    assert int(second[-5:]) == int(first[-5:]) + 1


def as_history(value: Any) -> Any:
    """The value as the history prints it: fractions as text."""
    return json.loads(json.dumps(value, default=str))


async def test_structured_values_are_not_filtered(lab: Laboratory) -> None:
    with pytest.raises(Invalid):
        await lab.found("filled(extra)")

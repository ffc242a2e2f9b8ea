"""The read path: one function each for lists, single records, choices and history; rights are part of the statement."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from trellis.engine.expr.evaluator import condition
from trellis.engine.expr.problems import ExprError
from trellis.engine.expr.shape import parameterise
from trellis.engine.language import invalid_expression
from trellis.engine.query import LABEL, LEVEL, Choice, Masked, Page, Query, Record, SortKey
from trellis.kernel.errors import BadRequest, NotFound
from trellis.kernel.identity import canonical_id
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity, Level
from trellis.metadata.fieldtypes import FieldType
from trellis.services.apiclients.noting import note_list, note_record
from trellis.services.context import Context
from trellis.services.linked import values_of
from trellis.services.queryfields import check_names
from trellis.services.refusing import denied
from trellis.services.searching import confirmed, tells_too_much
from trellis.storage import history as record_history
from trellis.storage.connection import Row
from trellis.storage.cursors import Cursor, decoded
from trellis.storage.expressions import encode_literals
from trellis.storage.lists import numbered, rounded
from trellis.storage.outputs import NOTHING_KNOWN, Form, Reading
from trellis.storage.reading import ReadCompiler, Shape, row_condition
from trellis.storage.searching import search_value

MAX_LIMIT = 2_000
MAX_FIELDS = 100
USUAL_LIMITS = frozenset({1, 10, 20, 25, 50, 100, 200})
CANDIDATES_AT_ONCE, MOST_CANDIDATES = 500, 5_000
MOST_PLANS = 5_000
REFUSALS = {
    "read": "You may not see {entity}.", "edit": "You may not change {entity}.", "delete": "You may not delete {entity}.",
    "assign": "You may not give {entity} to others.", "export": "You may not export {entity}.",
    "share": "You may not share {entity}.", "comment": "You may not comment on {entity}.",
}  # fmt: skip
_json = msgspec.json.Encoder(decimal_format="string").encode


async def list_records(context: Context, query: Query) -> Page:
    """One page of records as domain values; raises Forbidden, NotFound, BadRequest, Invalid."""
    return await _run(context, query, Form.DOMAIN)


async def list_json(context: Context, query: Query, *, everything: bool = False) -> bytes:
    """One page of records as the API's JSON body; `everything`: whoever asks named no fields and gets them all."""
    page = await _run(context, query, Form.JSON)
    if context.client:
        plan = plan_of(context, query, Form.JSON)
        note_list(context, plan.shape, plan.condition_key, everything=everything)
    items = [dict(zip(page.columns, row, strict=True)) for row in page.rows]
    return _json({"items": items, "next": page.next, "count": page.count})


async def get_record(
    context: Context,
    entity_id: str,
    record_id: str,
    fields: Sequence[str] | None = None,
    *,
    labels: bool = True,
    deleted: bool = False,
) -> Record:
    """One record with what the actor may do to it; raises NotFound when it is not there or may not be seen."""
    keys = tuple(fields) if fields is not None else readable_fields(context, entity_id)
    columns, row = await _one(
        context, entity_id, record_id, keys, Form.DOMAIN, labels=labels, deleted=deleted, rights=True
    )
    values = dict(zip(columns, row, strict=True))
    shown = {key: value for key, value in values.items() if ":" not in key}
    titles = {key.removesuffix(LABEL): value for key, value in values.items() if key.endswith(LABEL)}
    levels = {key.removesuffix(LEVEL): value for key, value in values.items() if key.endswith(LEVEL)}
    return Record(
        entity_id, str(values["id"]), int(values["version"]), shown, titles, levels=levels,
        can_edit=bool(values[":edit"]), can_delete=bool(values[":delete"]), can_assign=bool(values[":assign"]),
        can_share=bool(values[":share"]), deleted=deleted,
    )  # fmt: skip


async def get_json(
    context: Context, entity_id: str, record_id: str, fields: Sequence[str] | None = None
) -> tuple[bytes, int]:
    """One record as the API's JSON body, and its version."""
    keys = tuple(fields) if fields is not None else readable_fields(context, entity_id)
    columns, row = await _one(context, entity_id, record_id, keys, Form.JSON)
    note_record(context, entity_id, fields)
    return _json(dict(zip(columns, row, strict=True))), row[1]


def readable_fields(context: Context, entity_id: str) -> tuple[str, ...]:
    """The fields one gets without asking for particular ones: all that one may see, masked ones included."""
    context.snapshot.entity(entity_id)
    key = ("readable", entity_id, context.access.key)
    found = context.release.derived.get(key)
    if found is None:
        hidden = ("id", "version", "deleted_at")
        found = tuple(name for name in context.access.visible(entity_id) if name not in hidden)
        context.release.derived[key] = found
    return found  # type: ignore[return-value]


async def choices(
    context: Context,
    entity_id: str,
    text: str = "",
    *,
    limit: int = 20,
    filter: str | None = None,
    ids: Sequence[str] | None = None,
    deleted: bool = False,
    levels: Collection[str] = (),
) -> list[Choice]:
    """Records to pick in a lookup: those that match, newest first; with `ids` just those, `deleted` those in the bin.

    `levels` names further fields of which the choices say whether they may be read there.
    """
    if ids is not None and not ids:
        return []
    wanted = tuple(ids) if ids is not None else None
    query = Query(entity_id, limit=limit, base_filter=filter, ids=wanted, deleted=deleted)
    return (await _matches(context, entity_id, text, query, levels))[0]


async def _matches(
    context: Context, entity_id: str, text: str, query: Query, levels: Collection[str] = ()
) -> tuple[list[Choice], str | None]:
    """A page of choices, and the cursor of the next one."""
    entity = context.snapshot.localised(context.locale).entity(entity_id)
    if text and search_value(text, context.tables.dialect) is None:
        return [], None
    facts = tuple(key for key in entity.summary_fields[:2] if context.access.highest(entity_id, key) >= Level.READ)
    fields = tuple(dict.fromkeys((entity.title_field, *facts, *sorted(levels))))
    query = replace(query, fields=fields, search=text or None, sort=(SortKey("id", True),), labels=True)
    page = await _run(context, query, Form.DOMAIN)
    return [_choice(entity, facts, record) for record in page.records()], page.next


async def candidates(
    context: Context, entity_id: str, key: str, text: str, values: Mapping[str, Any], *, limit: int = 20
) -> list[Choice]:
    """Records to pick in one lookup of a record with these values: those that its filter lets in."""
    field = context.snapshot.entity(entity_id).field(key)
    if field is None or field.target is None or context.access.highest(entity_id, key) < Level.READ:
        return []
    source = getattr(field, "filter", None)
    if not source:
        return await choices(context, field.target, text, limit=limit)
    query, seen = Query(field.target, limit=limit * 4), 0
    fits: list[Choice] = []
    while len(fits) < limit and seen < MOST_CANDIDATES:
        found, cursor = await _matches(context, field.target, text, query)
        fits += await fitting(context, entity_id, field, found, values)
        if cursor is None:
            break
        query, seen = replace(query, limit=CANDIDATES_AT_ONCE, cursor=cursor), seen + len(found)
    return fits[:limit]


async def fitting(
    context: Context, entity_id: str, field: FieldType, found: Sequence[Choice], values: Mapping[str, Any]
) -> list[Choice]:
    """Those choices that the filter of a lookup lets in, for a record with these values."""
    rule = context.language.condition(entity_id, field.filter, target=field.target)  # type: ignore[attr-defined]
    paths = tuple(path.key.removeprefix("target.") for path in rule.paths)
    async with context.database.read(context.workspace) as connection:
        known = await values_of(context, connection, field.target or "", [choice.id for choice in found], paths)
    entity = context.snapshot.entity(entity_id)
    record = {**dict.fromkeys(entity.all_fields), **values}
    record |= {f"record.{key}": value for key, value in record.items()} | {"record.exists": True}
    test = condition(rule)

    def fits(choice: Choice) -> bool:
        target = {f"target.{path}": known.get(choice.id, {}).get(path) for path in paths}
        return test({**context.parameters(), **record, **target})

    return [choice for choice in found if fits(choice)]


def _choice(entity: Entity, facts: Sequence[str], record: dict[str, Any]) -> Choice:
    def words(key: str) -> str:
        if isinstance(record.get(key), Masked):
            return str(record[key]) if key == entity.title_field else ""
        if record.get(key + LABEL) is not None:
            return str(record[key + LABEL])
        field = entity.all_fields[key]
        option = getattr(field, "option_label", None)
        value = record.get(key)
        return "" if value is None else (option(value) if option and not field.multiple else field.to_text(value))

    raised = (key.removesuffix(LEVEL) for key, level in record.items() if key.endswith(LEVEL) and level >= Level.READ)
    title, shown = words(entity.title_field), tuple(word for key in facts if (word := words(key)))
    titled = bool(title) and not isinstance(record.get(entity.title_field), Masked)
    return Choice(record["id"], title or record["id"], shown, titled, frozenset(raised))


async def history(
    context: Context, entity_id: str, record_id: str, *, before: int | None = None, limit: int = 50
) -> list[record_history.Entry]:
    """The saves of a record, newest first, with the fields that the actor may read; raises NotFound."""
    try:
        record = await get_record(context, entity_id, record_id, (), labels=False)
    except NotFound:
        record = await get_record(context, entity_id, record_id, (), labels=False, deleted=True)
    async with context.database.read(context.workspace) as connection:
        entries = await record_history.of_record(
            connection, context.release.statements, entity_id, record_id, before, min(limit, 200)
        )
    readable = {*context.access.readable(entity_id), *record.readable}
    note_record(context, entity_id, None)
    return [
        replace(entry, changes={key: pair for key, pair in entry.changes.items() if key in readable})
        for entry in entries
    ]


async def count(context: Context, query: Query) -> int | None:
    """How many records match, as exactly as the query asks for."""
    return (await _run(context, replace(query, limit=1, cursor=None, fields=()), Form.JSON)).count


async def _one(
    context: Context,
    entity_id: str,
    record_id: str,
    fields: tuple[str, ...],
    form: Form,
    *,
    labels: bool = False,
    deleted: bool = False,
    rights: bool = False,
) -> tuple[tuple[str, ...], list[Any]]:
    known = canonical_id(record_id)
    context.snapshot.entity(entity_id)
    if known is None:
        raise NotFound()
    query = Query(entity_id, fields, labels=labels, deleted=deleted, ids=(known,))
    reading, rows = await _fetch(context, query, plan_of(context, query, form, rights=rights), None)
    if not rows:
        raise NotFound()
    return reading.columns, reading.row(rows[0], _known(context, reading))


async def _run(context: Context, query: Query, form: Form) -> Page:
    if query.search and tells_too_much(context, query.entity):
        query = await confirmed(context, query, lambda asked: _page(context, asked, Form.DOMAIN))
    return await _page(context, query, form)


async def _page(context: Context, query: Query, form: Form) -> Page:
    plan = plan_of(context, query, form)
    cursor = None
    if query.cursor is not None:
        kinds = _reading(context, plan, None).order_kinds
        cursor = decoded(query.cursor, kinds, context.tables.dialect)
    reading, rows = await _fetch(context, query, plan, cursor)
    more = len(rows) > query.limit
    rows = rows[: query.limit]
    backwards = cursor is not None and cursor.backwards
    if backwards:
        rows = rows[::-1]
    known = _known(context, reading)
    return Page(
        reading.columns,
        [tuple(reading.row(raw, known)) for raw in rows],
        next=_place(reading, rows, -1, False) if more or backwards else None,
        previous=_place(reading, rows, 0, True) if cursor is not None and (more or not backwards) else None,
        count=_total(rows) if reading.counts else None,
    )


def _place(reading: Reading, rows: Sequence[Row], which: int, backwards: bool) -> str | None:
    return Cursor(reading.order_values(rows[which]), backwards).encoded() if rows else None


def _known(context: Context, reading: Reading) -> Mapping[str, object]:
    """What formulas that are worked out row by row may ask of the user and the time."""
    return context.parameters() if reading.works else NOTHING_KNOWN


def _total(rows: Sequence[Row]) -> int:
    return int(rows[0][-1]) if rows else 0


@dataclass(frozen=True, slots=True)
class Plan:
    """A query that was checked: its form and its constants; kept as long as the release."""

    shape: Shape
    condition_key: str | None
    constants: dict[str, Any]


async def _fetch(context: Context, query: Query, plan: Plan, cursor: Cursor | None) -> tuple[Reading, list[Row]]:
    reading = _reading(context, plan, cursor)
    params = {"limit": query.limit + 1, **bindings(context, query, plan, reading.parameters)}
    if cursor is not None:
        params.update(numbered("k", cursor.values))
    async with context.database.read(context.workspace) as connection:
        return reading, await connection.fetch(reading.prepared, params)


def bindings(context: Context, query: Query, plan: Plan, asked: frozenset[str]) -> dict[str, Any]:
    """The values of a statement over the records of a query; `asked` are those of reader and time that it names."""
    bound = {**plan.constants, **(context.sql_parameters(asked) if asked else {})}
    if query.ids:
        bound.update(numbered("id", rounded(query.ids)))
    if query.search:
        bound["search"] = search_value(query.search, context.tables.dialect) or '""'
    return bound


def plan_of(context: Context, query: Query, form: Form, *, rights: bool = False) -> Plan:
    """The query checked against fields and rights; raises one error with all that is wrong."""
    if not 0 < query.limit <= MAX_LIMIT:
        raise BadRequest(Message("A page has 1 to {limit} records.", {"limit": MAX_LIMIT}))
    ids = len(rounded(query.ids)) if query.ids else 0
    key = (
        query.entity, query.fields, query.filter, query.base_filter, bool(query.search), query.sort, query.count,
        query.deleted, query.labels, query.actions, query.shared, _usual(query), ids, form, rights, context.access.key,
    )  # fmt: skip
    found = context.release.derived.get(key)
    if found is None:
        if len(context.release.derived) > MOST_PLANS:
            context.release.derived.clear()
        found = context.release.derived[key] = _planned(context, query, form, ids, rights)
    return found  # type: ignore[return-value]


def _usual(query: Query) -> int:
    """The size of the page if it is one for which a statement of its own is kept, else 0."""
    return query.limit if query.limit in USUAL_LIMITS else 0


def _planned(context: Context, query: Query, form: Form, ids: int, rights: bool) -> Plan:
    entity = context.snapshot.entity(query.entity)
    for action in query.actions:
        if not context.access.allows(query.entity, action):
            raise denied(context, entity.id, REFUSALS[action])
    if len(query.fields) > MAX_FIELDS:
        raise BadRequest(Message("At most {fields} fields at once.", {"fields": MAX_FIELDS}))
    check_names(context, entity, query)
    rows = row_condition(context.tables, query)
    search = "*" if query.search else None
    bare = replace(query, filter=None, base_filter=None, cursor=None, ids=None, limit=_usual(query), search=search)
    return Plan(
        Shape(bare, rows, ids, None, False, form, rights),
        parameterise(rows)[0] if rows is not None else None,
        encode_literals(rows, context.tables.dialect) if rows is not None else {},
    )


def _reading(context: Context, plan: Plan, cursor: Cursor | None) -> Reading:
    """The compiled statement of a plan at a cursor; queries that differ in constants only share it."""
    shape = plan.shape
    if cursor is not None:
        shape = replace(shape, empty=tuple(value is None for value in cursor.values), backwards=cursor.backwards)
    bare = (shape.query, shape.ids, shape.empty, shape.backwards, shape.form, shape.rights)
    try:
        return context.release.statements.get(
            ("read", bare, plan.condition_key, context.access.key),
            lambda: ReadCompiler(context.tables, context.access, shape).compiled(),
        )
    except ExprError as error:
        raise invalid_expression(error, "filter") from None

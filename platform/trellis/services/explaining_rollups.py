"""Explaining a roll-up: which records count, which do not, and which of them the reader may see."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from trellis.engine.computed import Rollup, fitting
from trellis.engine.query import LABEL, LEVEL, Query
from trellis.services import queries
from trellis.services.context import Context
from trellis.services.explanations import Child, Children, Explanation, Kind, Shown
from trellis.services.sight import Sight, wording
from trellis.services.waiting import waiting
from trellis.storage.children import Numbers, RollupChildren
from trellis.storage.computed import ComputedStore, fresh_name
from trellis.storage.history import Written
from trellis.storage.outputs import as_level

MOST_SHOWN = 20
Values = Mapping[str, object]


async def explain_rollup(context: Context, item: Rollup, record: str) -> Explanation:
    """How a roll-up of a record came about; raises NotFound and Forbidden."""
    entity, key = item.field.entity, item.field.key
    sight = await Sight.of(context, entity, record, key)
    behind = RollupChildren(context.release.statements, context.access, item)
    parameters = context.sql_parameters()
    stored: Values = {}
    here = Written(entity, record, key)
    async with context.database.read(context.workspace) as connection:
        numbers = await behind.numbers(connection, record, parameters)
        ids = await behind.readable(connection, record, parameters, MOST_SHOWN)
        if item.field.stored:
            store = ComputedStore(context.release.statements, entity, context.sql_parameters())
            stored = (await store.read(connection, [record], [key], [key])).get(record, {})
    shown = sight.shown(key)
    fresh = stored.get(fresh_name(key), shown.value)
    return Explanation(
        sight.here, sight.field(key), Kind.ROLLUP, shown,
        children=_children(sight, item, numbers, await _shown(sight, item, ids)),
        stale=(await waiting(context, [here])).get(here),
        fresh=fresh,
        differs=bool(stored) and fresh != stored[key],
    )  # fmt: skip


def _children(sight: Sight, item: Rollup, numbers: Numbers, shown: tuple[Child, ...]) -> Children:
    source = item.source
    return Children(
        source.child,
        _relation(sight, item),
        source.agg,
        sight.words.field_at(source.child, source.field) if source.field else None,
        _captions(sight, item),
        wording(sight.words, item.where) if item.where else None,
        fitting(item.field)(item.empty),
        all=numbers.all,
        left_out=numbers.all - numbers.fitting,
        without_value=numbers.fitting - numbers.counted,
        counted=numbers.counted,
        shown=shown,
        more=numbers.readable - len(shown),
        unreadable=numbers.counted - numbers.readable,
    )


def _relation(sight: Sight, item: Rollup) -> str:
    """What the record calls its children."""
    wanted = f"{item.source.child}.{item.source.link}"
    relations = sight.words.relations.get(item.field.entity, ())
    found = next((relation.label for relation in relations if relation.id == wanted), "")
    return found or sight.words.entity(item.source.child).plural


def _captions(sight: Sight, item: Rollup) -> tuple[str, ...]:
    """The labels along the path to what is added up."""
    parts = (item.source.field or "").split(".")
    paths = (".".join(parts[: length + 1]) for length in range(len(parts)))
    fields = (sight.words.field_at(item.source.child, path) for path in paths if path)
    return tuple(field.caption for field in fields if field)


async def _shown(sight: Sight, item: Rollup, ids: Sequence[str]) -> tuple[Child, ...]:
    """Some children as far as the reader may see them, in the order of their ids here."""
    if not ids:
        return ()
    child, path = item.source.child, item.source.field
    bare = Sight(sight.context, child, "", {}, {}, {})
    chain = (path or "").rpartition(".")[0]
    names = [*bare.title_field(child)]
    names += [path] if path and bare.might_know(path) else []
    names += [f"{chain}.id"] if chain and bare.might(chain) else []
    query = Query(child, tuple(dict.fromkeys(names)), labels=True, limit=len(ids), ids=tuple(ids))
    page = await queries.list_records(sight.context, query)
    found = {str(row["id"]): row for row in page.records()}
    return tuple(_child(bare, path, found[record]) for record in ids if record in found)


def _child(entity: Sight, path: str | None, row: Values) -> Child:
    """A child among those that count; so there is a record at the end of every path that is taken."""
    values = {key: value for key, value in row.items() if ":" not in key}
    labels = {key.removesuffix(LABEL): value for key, value in row.items() if key.endswith(LABEL)}
    chain = (path or "").rpartition(".")[0]
    levels = {key.removesuffix(LEVEL): as_level(value) for key, value in row.items() if key.endswith(LEVEL)}
    known = {**values, chain: row["id"]}
    one = replace(entity, record=str(row["id"]), seen=values, labels=labels, known=known, levels=levels)
    return Child(one.here, one.shown(path) if path else Shown())

"""What columns of a list come to, over all records that the reader finds with it."""

from collections.abc import Mapping
from decimal import Decimal

from trellis.engine.query import Query
from trellis.metadata.documents import Level
from trellis.services import queries
from trellis.services.context import Context
from trellis.storage.outputs import Form
from trellis.storage.reading import ReadCompiler
from trellis.storage.totals import Totalling, totalling


async def totals(context: Context, query: Query, columns: Mapping[str, str]) -> Mapping[str, Decimal | int]:
    """The result of each column by its path; `columns` say which: `sum`, `avg`, `min`, `max` or `count` of values.

    Columns that are not open on every record have none: what they come to would tell of values that are hidden. Raises
    what reading the list raises.
    """
    wanted = tuple((path, summary) for path, summary in columns.items() if _open(context, query.entity, path))
    if not wanted:
        return {}
    plan = queries.plan_of(context, query, Form.DOMAIN)
    statement: Totalling = context.release.statements.get(
        ("totals", wanted, plan.shape.query, plan.condition_key, context.access.key),
        lambda: totalling(ReadCompiler(context.tables, context.access, plan.shape), wanted),
    )
    bound = queries.bindings(context, query, plan, statement.parameters)
    async with context.database.read(context.workspace) as connection:
        (row,) = await connection.fetch(statement.prepared, bound)
    return statement.read(row)


def _open(context: Context, entity: str, path: str) -> bool:
    """Whether the reader may see the field, and all links on the way to it, on every record."""
    steps = path.split(".")
    fields = [context.snapshot.field_at(entity, ".".join(steps[: place + 1])) for place in range(len(steps))]
    return all(field is not None and context.access.level(field.entity, field.key) >= Level.READ for field in fields)

"""What stands behind the lookups of many records: one statement for each link, however many records there are."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from trellis.metadata.documents import Entity
from trellis.services.context import Context
from trellis.services.linked import values_of
from trellis.storage.connection import Connection

Values = Mapping[str, Any]


async def behind(
    context: Context, connection: Connection, entity: Entity, records: Sequence[Values], paths: Collection[str]
) -> list[dict[str, Any]]:
    """For each record the values that dotted paths lead to; a record without a link has none of them.

    Records that lead to one another within `records` (by `id`) see its new values.
    """
    found: list[dict[str, Any]] = [{} for _ in records]
    fresh = {record["id"]: record for record in records if record.get("id")}
    for link, rests in _by_link(paths).items():
        spec = entity.field(link)
        targets = {record[link] for record in records if isinstance(record.get(link), str)}
        if spec is None or spec.target is None or not targets:
            continue
        known = await values_of(context, connection, spec.target, sorted(targets), rests)
        for record, values in zip(records, found, strict=True):
            target = record.get(link)
            if isinstance(target, str):
                other = known.get(target) or (fresh.get(target, {}) if spec.target == entity.id else {})
                values.update({f"{link}.{rest}": other.get(rest) for rest in rests})
    return found


def _by_link(paths: Collection[str]) -> dict[str, tuple[str, ...]]:
    """What is read behind each link, in an order that does not depend on chance."""
    grouped: dict[str, list[str]] = {}
    for path in sorted(paths):
        link, _, rest = path.partition(".")
        grouped.setdefault(link, []).append(rest)
    return {link: tuple(rests) for link, rests in grouped.items()}

"""Columns whose values name records that are there already."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.services.context import Context
from trellis.services.proposing import words
from trellis.services.proposing.proposal import Lookup, Proposal, ProposedColumn, Verdict
from trellis.services.transfer.linking import find

PROBES = 8
ENTITIES = 40
FEWEST = 3
SHARE = 0.8
_TEXTS = frozenset({"text", "email"})


async def find_lookups(context: Context, proposal: Proposal) -> dict[str, Lookup]:
    """For each header the records that its values name, as far as the actor may read them: by a title or a unique field."""
    asked = [column for column in proposal.columns if len(column.values) >= FEWEST and not column.may_be_key]
    found: dict[str, Lookup] = {}
    if not asked:
        return found
    for entity in _entities(context, asked):
        for by in _names(entity):
            for column in await _promising(context, entity, by, asked):
                lookup = await _count(context, entity, by, column)
                if lookup.found >= SHARE * lookup.asked and _better(lookup, found.get(column.header)):
                    found[column.header] = lookup
    return found


def with_lookups(proposal: Proposal, lookups: dict[str, Lookup]) -> Proposal:
    """The proposal with lookups in first place where every value was found, else among the other types."""
    columns = tuple(
        _linked(column, lookups[column.header]) if column.header in lookups else column for column in proposal.columns
    )
    return replace(proposal, columns=columns)


def _entities(context: Context, columns: Sequence[ProposedColumn]) -> list[Entity]:
    """The entities that may be meant, those that headers speak of first."""
    spoken = {word for column in columns for word in words.words_of(column.header)}
    readable = [entity for entity in context.snapshot.entities.values() if context.access.allows(entity.id, "read")]
    return sorted(readable, key=lambda entity: spoken.isdisjoint(words.words_of(f"{entity.label} {entity.name}")))[
        :ENTITIES
    ]


def _names(entity: Entity) -> Iterator[str]:
    for key, field in entity.fields.items():
        if (key == entity.title_field or field.unique) and field.type in _TEXTS and field.stored:
            yield key


async def _promising(
    context: Context, entity: Entity, by: str, columns: Sequence[ProposedColumn]
) -> list[ProposedColumn]:
    """The columns of which half of a few values are found, with one look at the database for all of them."""
    probes = {column.header: column.values[:PROBES] for column in columns}
    values = dict.fromkeys(value for some in probes.values() for value in some)
    known = await find(context, entity.id, (by,), [(value,) for value in values])
    return [
        column
        for column in columns
        if 2 * sum((value,) in known for value in probes[column.header]) >= len(probes[column.header])
    ]


async def _count(context: Context, entity: Entity, by: str, column: ProposedColumn) -> Lookup:
    known = await find(context, entity.id, (by,), [(value,) for value in column.values])
    found = sum(len(known.get((value,), ())) == 1 for value in column.values)
    return Lookup(entity.id, entity.label, by, found, len(column.values))


def _better(lookup: Lookup, other: Lookup | None) -> bool:
    return other is None or lookup.found > other.found


def _linked(column: ProposedColumn, lookup: Lookup) -> ProposedColumn:
    share = lookup.found / lookup.asked
    sure = lookup.found == lookup.asked and not column.more
    params = {"found": lookup.found, "asked": lookup.asked, "entity": lookup.label}
    reasons = [Message("{found} of {asked} values name records of {entity}.", params)]
    if lookup.found < lookup.asked:
        reasons.append(Message("The import creates those that are missing."))
    verdict = Verdict("lookup", 0.98 if sure else 0.6 * share, tuple(reasons), {"target": lookup.entity})
    if sure:
        return replace(column, verdict=verdict, alternatives=column.choices(), lookup=lookup)
    return replace(column, alternatives=(verdict, *column.alternatives), lookup=lookup)

"""What a new record gets where nothing was given: literal defaults, then computed ones, then owner and currency.

A default may read what stands behind a lookup; that one, and those that read it, wait until there is a connection.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trellis.engine.expr.evaluator import value_or_null
from trellis.engine.expr.nodes import Expression
from trellis.engine.known import Known
from trellis.engine.validation import Validator
from trellis.metadata.documents import Entity, Level
from trellis.services.behind import behind
from trellis.services.commands import Create
from trellis.services.context import Context
from trellis.services.drafts import Draft, check_required, validator
from trellis.storage.connection import Connection
from trellis.storage.references import Candidates, References

Compute = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True)
class Defaults:
    """The defaults of an entity, made once per release."""

    literal: Mapping[str, Any]
    early: Mapping[str, Compute]
    late: Mapping[str, Compute]
    """Computed ones that need what stands behind lookups, themselves or through another default."""
    paths: frozenset[str]
    inputs: frozenset[str]
    """The fields that computed defaults read."""

    @classmethod
    def of(cls, context: Context, entity: Entity) -> "Defaults":
        """The defaults of an entity."""
        key = (Defaults, entity.id)
        found: Defaults | None = context.snapshot.derived.get(key)
        return found or context.snapshot.derived.setdefault(key, _made(context, entity))

    @property
    def computed(self) -> frozenset[str]:
        """The fields whose default is an expression."""
        return frozenset(self.early) | frozenset(self.late)


def _made(context: Context, entity: Entity) -> Defaults:
    given = {key: spec.default for key, spec in entity.fields.items() if spec.default is not None}
    sources = {key: value["expr"] for key, value in given.items() if isinstance(value, dict) and "expr" in value}
    literal = {key: value for key, value in given.items() if key not in sources}
    read = {key: context.language.expression(entity.id, source) for key, source in sources.items()}
    late = _late(read)
    compute = {key: _computed(entity, key, expression) for key, expression in read.items()}
    return Defaults(
        Validator(entity, {key: entity.fields[key] for key in literal}).check(literal).values,
        {key: function for key, function in compute.items() if key not in late},
        {key: function for key, function in compute.items() if key in late},
        frozenset(path.key for expression in read.values() for path in expression.paths if path.hops),
        frozenset(path.key.partition(".")[0] for expression in read.values() for path in expression.paths),
    )


def _late(read: Mapping[str, Expression]) -> set[str]:
    late = {key for key, expression in read.items() if any(path.hops for path in expression.paths)}
    while more := {key for key in read.keys() - late if any(path.key in late for path in read[key].paths)}:
        late |= more
    return late


def _computed(entity: Entity, key: str, expression: Expression) -> Compute:
    evaluate, clean = value_or_null(expression), Validator(entity, {key: entity.fields[key]})

    def compute(known: Mapping[str, Any]) -> Any:
        value = evaluate(known)
        return None if value is None else clean.check({key: value}).values.get(key)

    return compute


def set_defaults(context: Context, entity: Entity, draft: Draft) -> None:
    """The defaults that need no database."""
    defaults, values = Defaults.of(context, entity), draft.values
    for key, value in defaults.literal.items():
        if draft.leaves_open(key):
            values[key] = value
    if entity.traits.owned and values.get("owner") is None:
        values["owner"] = context.actor.id or None
    if entity.traits.owned and values.get("owner_team") is None:
        values["owner_team"] = context.actor.team
    if entity.traits.multi_currency and values.get("currency") is None:
        values["currency"] = context.preferences.currency
    _compute(context, draft, defaults.early, {})


def _compute(context: Context, draft: Draft, compute: Mapping[str, Compute], linked: Mapping[str, Any]) -> None:
    known: Known | None = None
    for key, function in compute.items():
        if draft.leaves_open(key):
            known = known or Known({**context.parameters(), **draft.values, **linked, "record.exists": False})
            draft.values[key] = known[key] = function(known)


async def set_late_defaults(context: Context, connection: Connection, entity: Entity, drafts: Sequence[Draft]) -> None:
    """The defaults that read what stands behind lookups, and whether what they fill is required."""
    defaults = Defaults.of(context, entity)
    waiting = [draft for draft in drafts if any(draft.leaves_open(key) for key in defaults.late)]
    if not waiting:
        return
    records = [{**draft.values, "id": draft.id} for draft in waiting]
    linked = await behind(context, connection, entity, records, defaults.paths)
    for draft, values in zip(waiting, linked, strict=True):
        _compute(context, draft, defaults.late, values)
        check_required(entity, draft, entity.required_keys & defaults.late.keys())


def check_given(context: Context, entity: Entity, draft: Draft) -> None:
    """Required fields have a value, as far as one can tell before the last defaults are set."""
    late = Defaults.of(context, entity).late if isinstance(draft.command, Create) else {}
    waiting = {key for key in late if draft.leaves_open(key)}
    check_required(entity, draft, entity.required_keys - waiting)


async def _unseen(
    context: Context, connection: Connection, entity: Entity, values: Mapping[str, Any], paths: Collection[str]
) -> dict[str, Any]:
    """The links to records that the actor may not see: nothing behind them shall show in a default."""
    links = {link: values.get(link) for link in {path.partition(".")[0] for path in paths}}
    asked = {
        link: Candidates(field.target)
        for link, value in links.items()
        if isinstance(value, str) and (field := entity.field(link)) is not None and field.target
    }
    wanted = {candidates: [str(links[link])] for link, candidates in asked.items()}
    references = References(context.release.statements, context.access)
    found = await references.present(connection, wanted, context.sql_parameters())
    return {link: links[link] for link, candidates in asked.items() if links[link] not in found.get(candidates, {})}


async def new_values(context: Context, entity: Entity, given: Mapping[str, object]) -> dict[str, Any]:
    """What a new record would start with: what is given, and defaults for the rest."""
    draft = Draft(Create(given), "")
    draft.values = validator(context.snapshot, context.access, entity, Level.CREATE).check(given).values
    set_defaults(context, entity, draft)
    defaults = Defaults.of(context, entity)
    if any(draft.values.get(path.partition(".")[0]) for path in defaults.paths):
        async with context.database.read(context.workspace) as connection:
            hidden = await _unseen(context, connection, entity, draft.values, defaults.paths)
            draft.values |= dict.fromkeys(hidden)
            await set_late_defaults(context, connection, entity, [draft])
            draft.values |= hidden
    else:
        _compute(context, draft, defaults.late, {})
    return draft.values

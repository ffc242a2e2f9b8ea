"""Keeping stored computed fields true: worked out before a record is saved, and followed to all that depends on it.

A record's own formulas are worked out in Python with what it will be saved with. What other records keep of it follows in
the same transaction, in the order of the dependencies: the records are locked in the order of their ids, then read, then
worked out, then written where something changed. More than `INLINE` records go to the background and are marked as stale.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trellis.engine.computed import Computations, Formula, Rollup, worked_out
from trellis.engine.dependencies import DELETED, Dependant, Dependencies, Node
from trellis.engine.expr.evaluator import condition
from trellis.engine.expr.nodes import Expression
from trellis.metadata.documents import Entity
from trellis.services.commands import Create
from trellis.services.context import Context
from trellis.services.drafts import Draft
from trellis.services.holding import hold_new
from trellis.storage import stale
from trellis.storage.computed import AT_ONCE, ComputedStore, fresh_name, path_name
from trellis.storage.connection import Connection
from trellis.storage.records import Change, Current, RecordStore
from trellis.storage.stale import Mark

INLINE = 1_000
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Touched:
    """A record of an entity that was saved: the fields that changed, and its values before and after."""

    id: str
    changed: Collection[str]
    before: Values
    after: Values


async def complete(
    context: Context, connection: Connection, entity: Entity, drafts: Sequence[Draft], stamp: Callable[[Draft], Values]
) -> None:
    """Work out the stored formulas of records that are about to be saved; `stamp` gives the values the platform adds."""
    computations = Computations.of(context.snapshot)
    own = computations.formulas(entity.id)
    work: list[tuple[Draft, tuple[Formula, ...]]] = []
    for draft in drafts:
        draft.computed = {}
        if isinstance(draft.command, Create):
            draft.computed = _of_nothing(computations, entity)
            formulas = own.stored
        else:
            changed = draft.changed
            formulas = own.affected(changed | stamp(draft).keys()) if changed else ()
        if formulas:
            work.append((draft, formulas))
    await hold_new(context, connection, entity, drafts)
    if not work:
        return
    linked = await _linked(context, connection, entity, work)
    for draft, formulas in work:
        known = {**context.parameters(), "record.exists": draft.current is not None, "id": draft.id}
        known |= {**draft.whole, **stamp(draft), **linked[draft.id]}
        draft.computed |= worked_out(formulas, known)


def _of_nothing(computations: Computations, entity: Entity) -> dict[str, Any]:
    """The roll-ups of a record to which nothing points yet."""
    rollups = (item for item in computations.of_entity(entity.id) if isinstance(item, Rollup) and item.field.stored)
    return {item.field.key: item.empty for item in rollups}


async def _linked(
    context: Context, connection: Connection, entity: Entity, work: Sequence[tuple[Draft, Sequence[Formula]]]
) -> dict[str, dict[str, Any]]:
    """What formulas read behind the lookups of drafts, by the id of the draft."""
    wanted: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for _, formulas in work:
        for item in formulas:
            for path in item.paths:
                if path.hops:
                    wanted[path.hops[0].field_key].add(tuple(path_name(path).split(".")[1:]))
    found: dict[str, dict[str, Any]] = {draft.id: {} for draft, _ in work}
    for link, rests in sorted(wanted.items()):
        spec = entity.field(link)
        targets = {draft.id: draft.whole.get(link) for draft, _ in work}
        if spec is None or spec.target is None:
            continue
        store = ComputedStore(context.release.statements, spec.target, context.sql_parameters())
        names = sorted(".".join(rest) for rest in rests)
        values = await store.read(connection, [str(target) for target in targets.values() if target], names)
        for record, target in targets.items():
            behind = values.get(str(target), {})
            found[record] |= {f"{link}.{name}": behind.get(name) for name in names}
    return found


async def follow(context: Context, connection: Connection, entity: str, touched: Sequence[Touched]) -> None:
    """Bring all stored fields up to date that depend on records which were just saved."""
    cascade = Cascade(context, connection)
    await cascade.seed(entity, touched)
    await cascade.run()


@dataclass
class Cascade:
    """Records with the computed fields that have to be worked out, round by round.

    Fields of one entity are worked out together, later rounds included, unless another entity comes before them.
    """

    context: Context
    connection: Connection
    waiting: dict[tuple[int, str], dict[str, set[str]]] = field(default_factory=lambda: defaultdict(dict))
    """By round and entity: for each record the fields."""

    def __post_init__(self) -> None:
        self.dependencies = Dependencies.of(self.context.snapshot)

    async def seed(self, entity: str, touched: Sequence[Touched]) -> None:
        """Note what follows the given records."""
        groups: dict[Dependant, list[str]] = defaultdict(list)
        for one in touched:
            for key in one.changed:
                for dependant in self.dependencies.dependants.get((entity, key), ()):
                    if dependant.link is not None and not dependant.hops:
                        if self._counts(dependant, one.before) or self._counts(dependant, one.after):
                            parents = {one.before.get(dependant.link), one.after.get(dependant.link)}
                            self._add(dependant.node, [str(parent) for parent in parents if parent])
                    elif one.before or self._to_itself(dependant, entity):
                        groups[dependant].append(one.id)
        for dependant, ids in groups.items():
            await self._walk(dependant, ids)

    def _counts(self, dependant: Dependant, child: Values) -> bool:
        """Whether a child may count in a roll-up, as far as its own values tell."""
        if not child:
            return False
        item = self.dependencies.computations.at(*dependant.node)
        where = item.where if isinstance(item, Rollup) else None
        if where is None or any(path.hops or path.field not in child for path in where.paths):
            return True
        return self._test(dependant.node, where)({**self.context.parameters(), "record.exists": True, **child})

    def _test(self, node: Node, where: Expression) -> Callable[[Values], bool]:
        """The condition of a roll-up, made once per release."""
        key = ("roll-up condition", node)
        found: Callable[[Values], bool] | None = self.context.snapshot.derived.get(key)
        return found or self.context.snapshot.derived.setdefault(key, condition(where))

    def _to_itself(self, dependant: Dependant, entity: str) -> bool:
        """Whether records of an entity lead to others of it, which may have been saved together."""
        return dependant.hops[-1].entity_id == entity

    def _add(self, node: Node, ids: Collection[str]) -> None:
        entity, key = node
        if ids:
            records = self.waiting[self.dependencies.stages[node], entity]
            for record in ids:
                records.setdefault(record, set()).add(key)

    async def _walk(self, dependant: Dependant, ids: Sequence[str]) -> None:
        """Note the records that follow others; too many are marked as stale."""
        ids = list(dict.fromkeys(ids))
        store = ComputedStore(self.context.release.statements, dependant.node[0], self.context.sql_parameters())
        for start in range(0, len(ids), AT_ONCE):
            part = ids[start : start + AT_ONCE]
            found = await store.followers(self.connection, dependant, part, limit=INLINE + 1)
            if len(found) > INLINE:
                await stale.mark(self.connection, Mark.of(dependant, part, self.context.now()))
            else:
                self._add(dependant.node, found)

    async def run(self) -> None:
        """Work everything out, round by round, until nothing follows any more."""
        while self.waiting:
            _, entity = min(self.waiting)
            others = min((round_ for round_, other in self.waiting if other != entity), default=None)
            records: dict[str, set[str]] = {}
            for key in [key for key in self.waiting if key[1] == entity and (others is None or key[0] <= others)]:
                for record, fields in self.waiting.pop(key).items():
                    records.setdefault(record, set()).update(fields)
            for part in _parts(records):
                await self.refresh(entity, part)

    async def refresh(self, entity: str, records: Mapping[str, Collection[str]]) -> int:
        """Work out some fields of some records anew, and note what follows from those that changed; how many did."""
        keys = set().union(*records.values())
        changes = await self._changes(entity, list(records), keys)
        if not changes:
            return 0
        store = RecordStore(
            self.context.release.statements, self.context.as_system().access, self.context.snapshot.entity(entity)
        )
        currents = {change.id: Current(change.id, before, frozenset()) for change, before in changes}
        await store.change(self.connection, [change for change, _ in changes], currents)
        await self.seed(
            entity,
            [
                Touched(change.id, change.values.keys(), before, {**before, **change.values})
                for change, before in changes
            ],
        )
        return len(changes)

    async def _changes(
        self, entity: str, ids: Sequence[str], keys: Collection[str]
    ) -> list[tuple[Change, dict[str, Any]]]:
        """The fields of records whose value is not what it should be, with the values of the record before."""
        computations = Computations.of(self.context.snapshot)
        own = computations.formulas(entity)
        rollups = sorted(key for key in keys if isinstance(computations.at(entity, key), Rollup))
        named = [key for key in keys if key not in rollups]
        formulas = own.joined(own.affected(keys), own.named(named))
        stored = [*rollups, *(item.field.key for item in formulas if item.field.stored)]
        store = ComputedStore(self.context.release.statements, entity, self.context.sql_parameters())
        paths = self._paths(entity, formulas, stored)
        await store.lock(self.connection, ids)
        known = await store.read(self.connection, ids, paths, rollups)
        found = []
        for record, values in known.items():
            before = {path: values[path] for path in paths}
            fresh = {key: values[fresh_name(key)] for key in rollups}
            given = {**self.context.parameters(), "record.exists": True, **before, **fresh, "id": record}
            right = {**fresh, **worked_out(formulas, given)}
            wrong = {key: right[key] for key in stored if right[key] != before[key]}
            if wrong:
                found.append((Change(record, wrong), before))
        return found

    def _paths(self, entity: str, formulas: Sequence[Formula], stored: Sequence[str]) -> list[str]:
        """What has to be read: inputs of formulas, the fields themselves, links that roll-ups go by, searched texts."""
        virtual = {item.field.key for item in formulas if not item.field.stored}
        paths = {path_name(path) for item in formulas for path in item.paths} - virtual
        links = {
            dependant.link
            for key in stored
            for dependant in self.dependencies.dependants.get((entity, key), ())
            if dependant.link is not None
        }
        searched = RecordStore(
            self.context.release.statements, self.context.access, self.context.snapshot.entity(entity)
        ).searched
        texts = set(searched) if set(searched) & set(stored) else set()
        return sorted(paths | set(stored) | links | texts)


def _parts(records: Mapping[str, set[str]]) -> list[dict[str, set[str]]]:
    ids = sorted(records)
    return [
        {record: records[record] for record in ids[start : start + AT_ONCE]} for start in range(0, len(ids), AT_ONCE)
    ]


__all__ = ["DELETED", "INLINE", "Cascade", "Touched", "complete", "follow"]

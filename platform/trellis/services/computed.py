"""Keeping stored computed fields true: worked out before a record is saved, and followed to all that depends on it.

A record's own formulas are worked out in Python with what it will be saved with. What other records keep of it follows in
the same transaction, in the order of the dependencies: the records are locked in the order of their ids, then read, then
worked out, then written where something changed. More than `INLINE` records go to the background and are marked as stale.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from trellis.engine.computed import Computations, Formula, Rollup, worked_out
from trellis.engine.dependencies import DELETED, Dependant, Dependencies, Node
from trellis.engine.expr.evaluator import condition
from trellis.metadata.documents import Entity
from trellis.services.commands import Create
from trellis.services.context import Context
from trellis.services.drafts import Draft
from trellis.services.holding import hold_behind, hold_new
from trellis.storage import stale
from trellis.storage.computed import AT_ONCE, ComputedStore, fresh_name, path_name
from trellis.storage.connection import Connection
from trellis.storage.records import Change, Current, RecordStore
from trellis.storage.stale import Mark

INLINE = 1_000
Values = Mapping[str, Any]
Work = tuple[Draft, tuple[Formula, ...]]
"""A record that is about to be saved, with the formulas that are worked out for it."""


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
    work: list[Work] = []
    empty = _of_nothing(computations, entity)
    for draft in drafts:
        draft.computed = {}
        if isinstance(draft.command, Create):
            draft.computed = dict(empty)
            formulas = own.stored
        else:
            changed = draft.changed
            formulas = own.affected(changed | stamp(draft).keys()) if changed else ()
        if formulas:
            work.append((draft, formulas))
    await hold_new(context, connection, entity, drafts)
    leading = Dependencies.of(context.snapshot).leading.get(entity.id, frozenset())
    while work:
        before = [_led(draft, leading) for draft, _ in work]
        await _work_out(context, connection, entity, work, stamp)
        work = [one for one, links in zip(work, before, strict=True) if _led(one[0], leading) != links]
        if work:
            await hold_new(context, connection, entity, [draft for draft, _ in work])


def _led(draft: Draft, links: Collection[str]) -> Values:
    """Where the computed links of a draft lead."""
    return {link: draft.whole.get(link) for link in links}


async def _work_out(
    context: Context, connection: Connection, entity: Entity, work: Sequence[Work], stamp: Callable[[Draft], Values]
) -> None:
    linked, parameters = await _linked(context, connection, entity, work), context.parameters()
    for draft, formulas in work:
        known = {**parameters, "record.exists": draft.current is not None, "id": draft.id}
        known |= {**draft.whole, **stamp(draft), **linked[draft.id]}
        draft.computed |= worked_out(formulas, known)


def _of_nothing(computations: Computations, entity: Entity) -> Values:
    """The roll-ups of a record to which nothing points yet, made once per release."""
    key = ("roll-ups of nothing", entity.id)
    found: Values | None = computations.snapshot.derived.get(key)
    if found is None:
        rollups = (item for item in computations.of_entity(entity.id) if isinstance(item, Rollup) and item.field.stored)
        found = computations.snapshot.derived[key] = {item.field.key: item.empty for item in rollups}
    return found


async def _linked(
    context: Context, connection: Connection, entity: Entity, work: Sequence[Work]
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


@dataclass(frozen=True)
class _Summary:
    """The roll-ups along one link under one condition, which `test` decides from the child's own `fields`."""

    link: str
    where: str
    fields: frozenset[str] = frozenset()
    test: Callable[[Values], bool] | None = field(default=None, compare=False)

    def parents(self, children: Sequence[Touched], parameters: Values) -> list[str]:
        """The records whose roll-ups change with these children: those they led to, and those they lead to now."""
        found: dict[str, None] = {}
        for child in children:
            if self._counts(child.after, parameters) or self._counts(child.before, parameters):
                found |= dict.fromkeys(
                    str(side[self.link]) for side in (child.before, child.after) if side.get(self.link)
                )
        return list(found)

    def _counts(self, child: Values, parameters: Values) -> bool:
        """Whether a child may count, as far as its own values tell."""
        if not child or self.test is None or not self.fields <= child.keys():
            return bool(child)
        return self.test({**parameters, "record.exists": True, **child})


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

    @cached_property
    def parameters(self) -> Values:
        """What conditions and formulas may ask of the user and the time."""
        return self.context.parameters()

    async def seed(self, entity: str, touched: Sequence[Touched]) -> None:
        """Note what follows the given records."""
        groups: dict[Dependant, list[str]] = defaultdict(list)
        by_changes: dict[frozenset[str], list[Touched]] = defaultdict(list)
        for one in touched:
            by_changes[frozenset(one.changed)].append(one)
        for changed, members in by_changes.items():
            for rule, nodes in self._summaries(entity, changed).items():
                parents = rule.parents(members, self.parameters)
                for node in nodes if parents else ():
                    self._add(node, parents)
            for dependant in self._behind(entity, changed):
                within = self._to_itself(dependant, entity)
                groups[dependant] += [one.id for one in members if one.before or within]
        for dependant, ids in groups.items():
            if ids:
                await self._walk(dependant, ids)

    def _summaries(self, entity: str, changed: frozenset[str]) -> "Mapping[_Summary, list[Node]]":
        """The roll-ups over records of an entity that follow these fields, by whose parents they are of."""
        key = ("summaries", entity, changed)
        known: Mapping[_Summary, list[Node]] | None = self.context.release.derived.get(key)  # type: ignore[assignment]
        if known is None:
            known = self.context.release.derived[key] = self._found_summaries(entity, changed)
        return known

    def _found_summaries(self, entity: str, changed: Collection[str]) -> "dict[_Summary, list[Node]]":
        found: dict[_Summary, dict[Node, None]] = defaultdict(dict)
        for key in changed:
            for dependant in self.dependencies.dependants.get((entity, key), ()):
                if dependant.link is not None and not dependant.hops:
                    found[self._summary(dependant)][dependant.node] = None
        return {rule: list(nodes) for rule, nodes in found.items()}

    def _summary(self, dependant: Dependant) -> "_Summary":
        item = self.dependencies.computations.at(*dependant.node)
        where = item.where if isinstance(item, Rollup) else None
        if where is None or any(path.hops for path in where.paths):
            return _Summary(dependant.link or "", "")
        fields = frozenset(path.field for path in where.paths)
        return _Summary(dependant.link or "", where.source, fields, condition(where))

    def _behind(self, entity: str, changed: Collection[str]) -> list[Dependant]:
        """What follows these fields through lookups."""
        found = {
            dependant: None
            for key in changed
            for dependant in self.dependencies.dependants.get((entity, key), ())
            if dependant.link is None or dependant.hops
        }
        return list(found)

    def _to_itself(self, dependant: Dependant, entity: str) -> bool:
        """Whether records of an entity lead to others of it, which may have been saved together, or to themselves."""
        return not dependant.hops or dependant.hops[-1].entity_id == entity

    def _add(self, node: Node, ids: Collection[str]) -> None:
        entity, key = node
        if ids:
            records = self.waiting[self.dependencies.stages[node], entity]
            for record in ids:
                records.setdefault(record, set()).add(key)

    async def _walk(self, dependant: Dependant, ids: Sequence[str]) -> None:
        """Note the records that follow others; too many are marked as stale."""
        ids = list(dict.fromkeys(ids))
        if not dependant.hops:
            self._add(dependant.node, ids)
            return
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
        await self._hold(entity, changes)
        await self.seed(
            entity,
            [
                Touched(change.id, change.values.keys(), before, {**before, **change.values})
                for change, before in changes
            ],
        )
        return len(changes)

    async def _hold(self, entity: str, changes: Sequence[tuple[Change, dict[str, Any]]]) -> None:
        """Keep from changing what computed links newly lead to; others do not see these links yet."""
        leading = self.dependencies.leading.get(entity, frozenset())
        led = [(one.values.keys(), {**before, **one.values}) for one, before in changes if leading & one.values.keys()]
        if led:
            await hold_behind(self.context, self.connection, self.context.snapshot.entity(entity), led)

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
            given = {**self.parameters, "record.exists": True, **before, **fresh, "id": record}
            right = {**fresh, **worked_out(formulas, given)}
            wrong = {key: right[key] for key in stored if right[key] != before[key]}
            if wrong:
                found.append((Change(record, wrong), before))
        return found

    def _paths(self, entity: str, formulas: Sequence[Formula], stored: Sequence[str]) -> list[str]:
        """What has to be read: inputs of formulas, the fields themselves, links that roll-ups go by, searched texts.

        Links that roll-ups look behind are among them where records move by what is computed.
        """
        virtual = {item.field.key for item in formulas if not item.field.stored}
        paths = {path_name(path) for item in formulas for path in item.paths} - virtual
        links = {
            dependant.link
            for key in stored
            for dependant in self.dependencies.dependants.get((entity, key), ())
            if dependant.link is not None
        }
        shown = self.dependencies.shown.get(entity, {})
        links |= {link for link, ways in shown.items() if not ways.isdisjoint(stored)}
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

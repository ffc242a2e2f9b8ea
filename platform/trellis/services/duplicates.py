"""Whether a record is there already: rules compare normalised values, warn or refuse, also when two writers come at once."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from trellis.engine.normalization import Fingerprint, fingerprint, rule_name
from trellis.kernel.errors import FieldError
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity, in_order
from trellis.metadata.documents.rules import DuplicateRule
from trellis.services.commands import Delete
from trellis.services.context import Context
from trellis.services.drafts import Draft
from trellis.storage.connection import Connection
from trellis.storage.duplicatekeys import Kept, drop, holders, keep
from trellis.storage.references import Candidates, References


@dataclass(frozen=True)
class Rule:
    """One rule of an entity and the name under which its keys are kept."""

    key: str
    name: str
    document: DuplicateRule
    fingerprint: Fingerprint

    @property
    def blocks(self) -> bool:
        return self.document.action == "block"


@dataclass(frozen=True, slots=True)
class Move:
    """A draft whose record gets another key under a rule; None is no key."""

    draft: Draft
    rule: Rule
    before: str | None
    after: str | None


def rules_of(context: Context, entity: Entity) -> tuple[Rule, ...]:
    """The rules of an entity in their order, made once per release."""
    key = (Rule, entity.id)
    if key not in context.snapshot.derived:
        context.snapshot.derived[key] = tuple(
            Rule(key, rule_name(entity, key), rule, fingerprint(entity, key))
            for key, rule in in_order(entity.duplicates).items()
        )
    found: tuple[Rule, ...] = context.snapshot.derived[key]
    return found


def _moves(context: Context, entity: Entity, drafts: Sequence[Draft]) -> Iterator[Move]:
    for rule in rules_of(context, entity):
        for draft in drafts:
            if rule.name not in draft.keys:
                draft.keys[rule.name] = _keys(rule, draft)
            before, after = draft.keys[rule.name]
            if before != after:
                yield Move(draft, rule, before, after)


def _keys(rule: Rule, draft: Draft) -> tuple[str | None, str | None]:
    """The keys of a draft under a rule as its record was, and as it will be."""
    current = draft.current
    before = current.values if current is not None and not current.deleted else None
    if isinstance(draft.command, Delete):
        return (rule.fingerprint(before) if before else None), None
    if before is None:
        return None, rule.fingerprint(draft.whole)
    if not any(map(draft.differs, rule.document.match)):
        return None, None
    return rule.fingerprint(before), rule.fingerprint(draft.whole)


async def check_duplicates(context: Context, connection: Connection, entity: Entity, drafts: Sequence[Draft]) -> None:
    """Note on each draft which records are there already: those of the table, and those before it in the batch."""
    moves = [move for move in _moves(context, entity, drafts) if move.after is not None]
    if not moves:
        return
    found = await holders(connection, context.release.statements, [move.after for move in moves if move.after])
    same = _same(moves, found)
    visible = await _visible(context, connection, entity, {record for others in same.values() for record in others})
    fresh = {draft.id for draft in drafts if draft.current is None}
    for move in moves:
        others = same.get(id(move), [])
        if others:
            _note(context, entity, move, tuple(record if record in visible | fresh else None for record in others))


def _same(moves: Sequence[Move], found: Mapping[str, Sequence[str]]) -> dict[int, list[str]]:
    """For each move the records with its key, without itself and those that leave the key in the same batch."""
    leaving = {(move.draft.id, move.before) for move in moves}
    coming: dict[str, list[str]] = defaultdict(list)
    same: dict[int, list[str]] = {}
    for move in moves:
        key = move.after or ""
        there = [record for record in found.get(key, ()) if (record, key) not in leaving]
        same[id(move)] = [record for record in [*there, *coming[key]] if record != move.draft.id]
        coming[key].append(move.draft.id)
    return same


async def _visible(context: Context, connection: Connection, entity: Entity, records: set[str]) -> set[str]:
    """Those that the actor may read."""
    if not records:
        return set()
    candidates = Candidates(entity.id)
    references = References(context.release.statements, context.access)
    found = await references.present(connection, {candidates: sorted(records)}, context.sql_parameters())
    return set(found[candidates])


def _note(context: Context, entity: Entity, move: Move, records: tuple[str | None, ...]) -> None:
    rule = context.snapshot.localised(context.locale).entity(entity.id).duplicates[move.rule.key]
    fields = context.snapshot.localised(context.locale).entity(entity.id).all_fields
    labels = ", ".join(fields[key].caption for key in rule.match)
    said = Message("There is already a record with this {labels}.", {"labels": labels})
    if rule.message:
        said = Message("{reason}", {"reason": rule.message})
    error = FieldError(rule.match[0], "duplicate", said, records)
    if move.rule.blocks:
        move.draft.refuse([error])
    else:
        move.draft.warnings.append(error)


async def keep_keys(context: Context, connection: Connection, entity: Entity, drafts: Sequence[Draft]) -> None:
    """Keep the keys of what was saved; raises UniqueViolation when another writer was faster with a blocked one."""
    moves = list(_moves(context, entity, [draft for draft in drafts if draft.alive]))
    await drop(connection, [Kept(move.rule.name, move.draft.id, "") for move in moves if move.before is not None])
    await keep(connection, [_kept(move) for move in moves if move.after is not None])


def _kept(move: Move) -> Kept:
    key = move.after or ""
    return Kept(move.rule.name, move.draft.id, key, key if move.rule.blocks else None)

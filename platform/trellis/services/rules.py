"""Validations: what must be true of a record is asked of the whole record as it would stand after a save."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from trellis.engine.computed import Computations, Formula
from trellis.engine.expr.evaluator import condition
from trellis.engine.expr.nodes import Expression, Path
from trellis.engine.known import Known
from trellis.kernel.errors import FieldError
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity, in_order
from trellis.services.behind import behind
from trellis.services.commands import Assign
from trellis.services.context import Context
from trellis.services.drafts import Draft
from trellis.storage.connection import Connection

BEFORE, CHANGED = "prev.", "changed."


@dataclass(frozen=True)
class Rule:
    """One validation, ready to be asked."""

    key: str
    at: str
    warns: bool
    expression: Expression

    @cached_property
    def fails(self) -> Callable[[Mapping[str, Any]], bool]:
        """Whether the record is refused; what comes out null or cannot be computed does not fail."""
        return condition(self.expression)


@dataclass(frozen=True)
class Rules:
    """The validations of an entity in their order, and what they read."""

    rules: tuple[Rule, ...]
    formulas: tuple[Formula, ...]
    """The virtual formulas of the record that the rules read, and those that these read."""

    @classmethod
    def of(cls, context: Context, entity: Entity) -> "Rules":
        """The rules of an entity, made once per release."""
        key = (Rules, entity.id)
        found: Rules | None = context.snapshot.derived.get(key)
        return found or context.snapshot.derived.setdefault(key, cls._made(context, entity))

    @classmethod
    def _made(cls, context: Context, entity: Entity) -> "Rules":
        words = context.language
        rules = tuple(
            Rule(key, rule.at or "", rule.severity == "warning", words.validation(entity.id, rule.fail))
            for key, rule in in_order(entity.validations).items()
        )
        read = cls(rules, ()).fields
        virtual = [key for key, field in entity.fields.items() if key in read and not field.stored]
        return cls(rules, Computations.of(context.snapshot).formulas(entity.id).named(virtual))

    @cached_property
    def paths(self) -> frozenset[str]:
        """What is read of records behind lookups."""
        return frozenset(path.key for path in self._read if path.hops)

    @cached_property
    def before(self) -> frozenset[str]:
        """What is read of the record before the change, without the root."""
        return frozenset(name.removeprefix(BEFORE) for name in self._parameters if name.startswith(BEFORE))

    @cached_property
    def changed(self) -> frozenset[str]:
        """The fields of which is asked whether they changed."""
        return frozenset(name.removeprefix(CHANGED) for name in self._parameters if name.startswith(CHANGED))

    @cached_property
    def fields(self) -> frozenset[str]:
        """The fields of the record itself that have to be known."""
        own = {path.key for path in self._read}
        return frozenset(path.partition(".")[0] for path in own | self.before | self.changed)

    @property
    def _read(self) -> tuple[Path, ...]:
        expressions = [*(rule.expression for rule in self.rules), *(item.expression for item in self.formulas)]
        return tuple(path for expression in expressions for path in expression.paths)

    def concern(self, draft: Draft) -> bool:
        """Whether a draft has to keep them: who only gives a record away answers for its owner alone."""
        return bool(self.rules) and (not isinstance(draft.command, Assign) or bool(self.fields & draft.values.keys()))

    @property
    def _parameters(self) -> frozenset[str]:
        return frozenset(name for rule in self.rules for name in rule.expression.parameters)


async def check_rules(context: Context, connection: Connection, entity: Entity, drafts: Sequence[Draft]) -> None:
    """Note on each draft what its record breaks: errors refuse it, warnings are kept with it."""
    rules = Rules.of(context, entity)
    judged = [draft for draft in drafts if draft.alive and draft.changes and rules.concern(draft)]
    if not judged:
        return
    messages = context.snapshot.localised(context.locale).entity(entity.id).validations
    for draft, values in zip(judged, await _values(context, connection, entity, rules, judged), strict=True):
        errors: list[FieldError] = []
        for rule in rules.rules:
            if rule.fails(values):
                said = Message("{reason}", {"reason": messages[rule.key].message})
                (draft.warnings if rule.warns else errors).append(FieldError(rule.at, "validation", said))
        if errors:
            draft.refuse(errors)


async def _values(
    context: Context, connection: Connection, entity: Entity, rules: Rules, drafts: Sequence[Draft]
) -> list[Known]:
    """What the rules read, for each draft."""
    after = [{**draft.whole, "id": draft.id, "record.exists": draft.current is not None} for draft in drafts]
    before = [draft.current.values if draft.current else {} for draft in drafts]
    known = await _known(context, connection, entity, rules, after, rules.paths)
    linked_before = {path for path in rules.before if "." in path}
    if rules.before and rules.formulas:
        linked_before |= rules.paths
    known_before = await _known(context, connection, entity, rules, before, linked_before)
    for draft, values, earlier in zip(drafts, known, known_before, strict=True):
        if draft.current is not None:
            values.update({f"{BEFORE}{key}": earlier[key] for key in rules.before})
        values.update({f"{CHANGED}{key}": draft.differs(key) for key in rules.changed})
    return known


async def _known(
    context: Context,
    connection: Connection,
    entity: Entity,
    rules: Rules,
    records: Sequence[Mapping[str, Any]],
    paths: Collection[str],
) -> list[Known]:
    """Records with what stands behind their lookups and what their virtual formulas give."""
    parameters = context.parameters()
    found = []
    for record, linked in zip(records, await behind(context, connection, entity, records, paths), strict=True):
        values = Known({**parameters, **record, **linked})
        for item in rules.formulas if record else ():
            values[item.field.key] = item.compute(values)
        found.append(values)
    return found

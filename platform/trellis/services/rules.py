"""Validations: what must be true of a record is asked of the whole record as it would stand after a save."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from trellis.engine.expr.evaluator import condition
from trellis.engine.expr.nodes import Expression
from trellis.kernel.errors import FieldError
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity, in_order
from trellis.services.behind import Known, behind
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

    @classmethod
    def of(cls, context: Context, entity: Entity) -> "Rules":
        """The rules of an entity, made once per release."""
        key = (Rules, entity.id)
        found: Rules | None = context.snapshot.derived.get(key)
        return found or context.snapshot.derived.setdefault(key, cls._made(context, entity))

    @classmethod
    def _made(cls, context: Context, entity: Entity) -> "Rules":
        words = context.language
        return cls(
            tuple(
                Rule(key, rule.at or "", rule.severity == "warning", words.validation(entity.id, rule.fail))
                for key, rule in in_order(entity.validations).items()
            )
        )

    @cached_property
    def paths(self) -> frozenset[str]:
        """What is read of records behind lookups."""
        return frozenset(path.key for rule in self.rules for path in rule.expression.paths if path.hops)

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
        own = {path.key for rule in self.rules for path in rule.expression.paths}
        return frozenset(path.partition(".")[0] for path in own | self.before | self.changed)

    @property
    def _parameters(self) -> frozenset[str]:
        return frozenset(name for rule in self.rules for name in rule.expression.parameters)


async def check_rules(context: Context, connection: Connection, entity: Entity, drafts: Sequence[Draft]) -> None:
    """Note on each draft what its record breaks: errors refuse it, warnings are kept with it."""
    rules = Rules.of(context, entity)
    judged = [draft for draft in drafts if draft.alive and draft.changes] if rules.rules else []
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
    parameters = context.parameters()
    records = [{**draft.whole, "id": draft.id} for draft in drafts]
    earlier = [draft.current.values if draft.current else {} for draft in drafts]
    linked = await behind(context, connection, entity, records, rules.paths)
    linked_before = await behind(context, connection, entity, earlier, {path for path in rules.before if "." in path})
    return [
        Known(
            {
                **parameters,
                **record,
                **values,
                "record.exists": draft.current is not None,
                **{f"{BEFORE}{key}": {**before, **values_before}.get(key) for key in rules.before},
                **{f"{CHANGED}{key}": draft.differs(key) for key in rules.changed},
            }
        )
        for draft, record, values, before, values_before in zip(
            drafts, records, linked, earlier, linked_before, strict=True
        )
    ]

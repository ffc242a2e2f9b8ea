"""The expression language over one release: sources become checked expressions, once."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from trellis.engine.catalogue import SnapshotCatalogue
from trellis.engine.expr.checker import check, expression
from trellis.engine.expr.nodes import Expression, Junction, Logic
from trellis.engine.expr.problems import ExprError
from trellis.engine.expr.scope import EntityScope
from trellis.engine.expr.types import BOOL, Type
from trellis.kernel.errors import FieldError, Invalid
from trellis.kernel.messages import Message
from trellis.metadata.snapshot import Snapshot

_MAX_KEPT = 5_000


@dataclass(frozen=True, eq=False)
class Language:
    """Checks sources against the entities of a release and keeps the result."""

    catalogue: SnapshotCatalogue
    _kept: dict[tuple[object, ...], Expression] = field(default_factory=dict, repr=False)

    def condition(self, entity: str, source: str, *, target: str | None = None) -> Expression:
        """A condition on records of `entity` (on candidates of entity `target` for lookup filters); raises ExprError."""
        return self.expression(entity, source, target=target, expect=BOOL)

    def expression(
        self,
        entity: str,
        source: str,
        *,
        target: str | None = None,
        expect: Type | None = None,
        nulls_as_zero: bool = False,
    ) -> Expression:
        """The checked expression; raises ExprError with everything that is wrong."""
        key = (entity, source, target, expect, nulls_as_zero)
        if key not in self._kept:
            if len(self._kept) >= _MAX_KEPT:
                self._kept.clear()
            scope = EntityScope(self.catalogue, entity, target=target)
            self._kept[key] = check(source, scope, expect=expect, nulls_as_zero=nulls_as_zero)
        return self._kept[key]

    def validation(self, entity: str, source: str) -> Expression:
        """A condition on a change of a record, which may also ask what was before; raises ExprError."""
        key = ("validation", entity, source)
        if key not in self._kept:
            self._kept[key] = check(source, EntityScope(self.catalogue, entity, previous=True), expect=BOOL)
        return self._kept[key]

    def filter(self, entity: str, source: str) -> Expression:
        """A condition that a person wrote; raises Invalid with one error per problem at `filter`."""
        try:
            return self.condition(entity, source)
        except ExprError as error:
            raise invalid_expression(error, "filter") from None


def invalid_expression(error: ExprError, path: str) -> Invalid:
    """The problems of a source as errors of one input, hints included."""
    return Invalid(
        FieldError(path, problem.code, _with_hint(problem.message, problem.hint)) for problem in error.problems
    )


def _with_hint(message: Message, hint: Message | None) -> Message:
    return Message("{message} {hint}", {"message": message, "hint": hint}) if hint else message


def language(snapshot: Snapshot) -> Language:
    """The language over a release, made once."""
    found: Language | None = snapshot.derived.get(Language)
    return found or snapshot.derived.setdefault(Language, Language(SnapshotCatalogue(snapshot)))


def all_of(expressions: Iterable[Expression]) -> Expression | None:
    """One condition that holds where all of them do; None for no condition."""
    parts = tuple(expressions)
    if len(parts) <= 1:
        return parts[0] if parts else None
    source = " and ".join(f"({part.source})" for part in parts)
    return expression(source, Logic(Junction.AND, tuple(part.root for part in parts)))

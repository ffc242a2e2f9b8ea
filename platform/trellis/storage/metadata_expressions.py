"""What the expressions of documents ask of databases, found out by writing them for both before anything is published."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from trellis.engine.access import Access, access_of
from trellis.engine.computed import Computations, Formula
from trellis.engine.expr.nodes import Expression, Path
from trellis.engine.expr.problems import ExprError
from trellis.engine.expr.types import Kind
from trellis.engine.language import language
from trellis.engine.metadata_expressions import check_expression as check_language
from trellis.engine.metadata_expressions import finding_of
from trellis.kernel.actor import SYSTEM
from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.checks.expressions import ExpressionPlace, Purpose
from trellis.metadata.diff import kept_entries
from trellis.metadata.ledger import Ledger
from trellis.metadata.snapshot import Snapshot
from trellis.storage.connection import POSTGRESQL, SQLITE
from trellis.storage.expressions import compile_condition
from trellis.storage.sources import Sources
from trellis.storage.tables import Tables


def check_expression(snapshot: Snapshot, place: ExpressionPlace) -> Iterable[Finding]:
    """The checker that `metadata.check.check_all` takes: all that the language says, then what a database says."""
    found = tuple(check_language(snapshot, place))
    if any(finding.severity == "error" for finding in found):
        return found
    return (*found, *_of_databases(snapshot, place))


def _of_databases(snapshot: Snapshot, place: ExpressionPlace) -> Iterator[Finding]:
    match place.purpose:
        case Purpose.FILTER | Purpose.ROLLUP:
            expression = language(snapshot).condition(place.entity, place.source)
            for trial in _trials(snapshot):
                if (error := trial.refusal(place.entity, expression)) is not None:
                    yield finding_of(place, error.problems[0])
                    return
        case Purpose.FORMULA:
            yield from _out_of_reach(snapshot, place)


def _out_of_reach(snapshot: Snapshot, place: ExpressionPlace) -> Iterator[Finding]:
    """Virtual formulas of other records that no database computes, read by a formula that has to be stored."""
    item = Computations.of(snapshot).at(place.document, place.field or "")
    if not isinstance(item, Formula) or not item.field.stored:
        return
    for path in item.paths:
        if path.hops and any(trial.cannot_read(place.entity, path) for trial in _trials(snapshot)):
            message = Message("'{path}' is computed by no database.", {"path": path.key})
            hint = Message('Write "storage": "stored" at that formula.')
            span = (path.span.start, path.span.end)
            yield Finding("expr.not_portable", message, place.document, place.pointer, hint, span=span)


@dataclass(frozen=True, eq=False)
class _Trial:
    """The tables that a release would have on one kind of database."""

    tables: Tables
    access: Access

    def refusal(self, entity: str, condition: Expression) -> ExprError | None:
        """Why the database cannot run a condition."""
        try:
            compile_condition(condition, Sources.of(self.tables, self.access, entity), self.tables.dialect)
        except ExprError as error:
            return error
        return None

    def cannot_read(self, entity: str, path: Path) -> bool:
        """Whether the database cannot compute what a path leads to."""
        if path.type.kind is Kind.OPTIONS:
            return False
        try:
            Sources.of(self.tables, self.access, entity).column(path)
        except ExprError:
            return True
        return False


def _trials(snapshot: Snapshot) -> tuple[_Trial, ...]:
    found: tuple[_Trial, ...] | None = snapshot.derived.get(_Trial)
    if found is None:
        ledger = Ledger().with_changes(kept_entries(snapshot, Ledger()))
        access = access_of(SYSTEM, snapshot)
        kinds = (SQLITE, POSTGRESQL)
        found = tuple(_Trial(Tables.of(snapshot, ledger, None, kind), access) for kind in kinds)
        snapshot.derived[_Trial] = found
    return found

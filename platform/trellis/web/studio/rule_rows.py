"""Rows of conditions on a page of the Studio: what their inputs are called, and what they show."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from trellis.engine.filterrules import Row, Rows, Rule, Written, operator_of
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.metadata.fieldtypes import FieldType
from trellis.metadata.fieldtypes.operators import Operator
from trellis.metadata.snapshot import Snapshot

Texts = Mapping[str, Sequence[str]]

NEVER = frozenset({"id", "version", "deleted_at"})


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """A field that a row may be about."""

    path: str
    caption: str
    field: FieldType

    @property
    def operators(self) -> str:
        """The keys of its comparisons, for the script."""
        return " ".join(operator.key for operator in self.field.operators)

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """Its options with their labels."""
        known = getattr(self.field, "choices", {})
        return tuple((key, option.label or key) for key, option in known.items())


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One row as its inputs show it."""

    number: str
    rule: Rule | None
    source: str
    field: FieldChoice | None
    operators: tuple[Operator, ...]
    values: tuple[str, ...]

    @property
    def several(self) -> bool:
        """Whether one may pick several options."""
        return self.rule is not None and self.rule.operator == "in"


@dataclass(frozen=True, slots=True)
class RuleRows:
    """All rows of one condition, a blank one at the end."""

    name: str
    any: bool
    rows: tuple[RuleRow, ...]
    fields: tuple[FieldChoice, ...]
    operators: tuple[Operator, ...]
    entity: str
    error: Message | None = None


def read_rule_rows(texts: Texts, name: str, drop: str = "") -> Rows:
    """The rows that were posted under a name, without the dropped one."""
    rows = tuple(_posted(texts, name, number) for number in texts.get(f"{name}-row", ()) if number != drop)
    return Rows(tuple(row for row in rows if row), _one(texts, f"{name}-join") == "any")


def rule_rows(
    name: str, given: Rows, snapshot: Snapshot, entity: Entity, words: Mapping[str, str], error: Message | None = None
) -> RuleRows:
    """What the inputs of a condition show; `words` are the captions of fields that rows name over lookups."""
    fields = {field.path: field for field in field_choices(entity, words)}
    for row in given.rows:
        if isinstance(row, Rule) and row.path not in fields:
            found = snapshot.field_at(entity.id, row.path)
            if found is not None:
                fields[row.path] = FieldChoice(row.path, words.get(row.path, row.path), found)
    known = dict.fromkeys(operator for field in fields.values() for operator in field.field.operators)
    rows = [_shown(str(number), row, fields, tuple(known)) for number, row in enumerate(given.rows)]
    blank = RuleRow(str(len(rows)), Rule("", ""), "", None, tuple(known), ("",))
    return RuleRows(name, given.any, (*rows, blank), tuple(fields.values()), tuple(known), entity.id, error)


def field_choices(entity: Entity, words: Mapping[str, str]) -> Iterator[FieldChoice]:
    """The fields of an entity that can be compared."""
    for key, field in entity.all_fields.items():
        if key not in NEVER and field.operators:
            yield FieldChoice(key, words.get(key) or field.caption, field)


def _posted(texts: Texts, name: str, number: str) -> Row | None:
    start = f"{name}-{number}-"
    if f"{start}source" in texts:
        source = _one(texts, f"{start}source")
        return Written(source) if source else None
    path, operator = _one(texts, f"{start}field"), _one(texts, f"{start}op")
    values = [value.strip() for value in texts.get(f"{start}value", ()) if value.strip()]
    return Rule(path, operator, ",".join(values), _one(texts, f"{start}value2")) if path else None


def _shown(number: str, row: Row, fields: Mapping[str, FieldChoice], every: tuple[Operator, ...]) -> RuleRow:
    if isinstance(row, Written):
        return RuleRow(number, None, row.source, None, (), ())
    field = fields.get(row.path)
    several = field is not None and (found := operator_of(field.field, row.operator)) and found.operands == "many"
    values = tuple(row.value.split(",")) if several else (row.value,)
    return RuleRow(number, row, "", field, field.field.operators if field else every, values)


def _one(texts: Texts, name: str) -> str:
    return next(iter(texts.get(name, ())[-1:]), "").strip()

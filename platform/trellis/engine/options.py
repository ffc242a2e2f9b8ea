"""Options that can be chosen only where a condition on the record holds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from trellis.engine.expr.evaluator import condition
from trellis.engine.language import language
from trellis.metadata.documents import Entity
from trellis.metadata.fieldtypes import MultiSelect, Select
from trellis.metadata.snapshot import Snapshot

Values = Mapping[str, object]


@dataclass(frozen=True)
class OptionRules:
    """The conditions of the options of an entity, ready to be asked."""

    inputs: Mapping[str, frozenset[str]]
    """For each field with such options the fields of the record that decide about them."""
    paths: Mapping[str, frozenset[str]]
    """For each field with such options what is read behind lookups."""
    _tests: Mapping[str, Mapping[str, Callable[[Values], bool]]]

    @classmethod
    def of(cls, snapshot: Snapshot, entity: Entity) -> "OptionRules":
        """The conditions of an entity, made once per release."""
        key = (OptionRules, entity.id)
        found: OptionRules | None = snapshot.derived.get(key)
        return found or snapshot.derived.setdefault(key, cls._made(snapshot, entity))

    @classmethod
    def _made(cls, snapshot: Snapshot, entity: Entity) -> "OptionRules":
        words = language(snapshot)
        conditions = {
            key: {
                name: words.condition(entity.id, option.when) for name, option in field.choices.items() if option.when
            }
            for key, field in entity.fields.items()
            if isinstance(field, Select | MultiSelect) and field.writable
        }
        read = {
            key: [path.key for expression in options.values() for path in expression.paths]
            for key, options in conditions.items()
            if options
        }
        return cls(
            {key: frozenset(path.partition(".")[0] for path in paths) for key, paths in read.items()},
            {key: frozenset(path for path in paths if "." in path) for key, paths in read.items()},
            {key: {name: condition(test) for name, test in conditions[key].items()} for key in read},
        )

    @cached_property
    def fields(self) -> frozenset[str]:
        """All fields of the record that have to be known."""
        return frozenset(self.inputs).union(*self.inputs.values())

    def closed(self, field: str, values: Values) -> frozenset[str]:
        """The options of a field that cannot be chosen for these values; every path must be among them, or be given null."""
        return frozenset(name for name, holds in self._tests.get(field, {}).items() if not holds(values))

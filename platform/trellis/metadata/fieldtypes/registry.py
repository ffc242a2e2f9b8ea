"""The door through which field types come in, ours and those of plugins."""

from collections.abc import Iterable, Iterator

from trellis.kernel.names import nearest
from trellis.metadata.fieldtypes.base import FieldType


class FieldTypes:
    """All field types that documents may use, by name."""

    def __init__(self, types: Iterable[type[FieldType]] = ()) -> None:
        self._types: dict[str, type[FieldType]] = {}
        for cls in types:
            self.register(cls)

    def register(self, cls: type[FieldType]) -> type[FieldType]:
        """Make a type known under the literal of its `type` member."""
        self._types[type_name(cls)] = cls
        return cls

    def remove(self, name: str) -> None:
        """Forget a type, when its plugin goes."""
        del self._types[name]

    def get(self, name: str) -> type[FieldType] | None:
        """The class of a type name, if it is known."""
        return self._types.get(name)

    def nearest(self, name: str) -> str | None:
        """The known name that was probably meant."""
        return nearest(name, self._types)

    def __iter__(self) -> Iterator[type[FieldType]]:
        return iter(self._types.values())

    @property
    def names(self) -> tuple[str, ...]:
        """All type names, in order of registration."""
        return tuple(self._types)


def type_name(cls: type[FieldType]) -> str:
    """The name under which documents use a field type."""
    (name,) = cls.model_fields["type"].annotation.__args__  # type: ignore[union-attr]
    return str(name)

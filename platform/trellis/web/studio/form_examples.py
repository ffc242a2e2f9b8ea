"""Examples of conditions on the fields of an entity, each with what it says."""

from collections.abc import Callable, Iterator

from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.metadata.fieldtypes import FieldType, Option

Example = tuple[str, Message]


def examples(entity: Entity, words: Callable[[str], str]) -> tuple[Example, ...]:
    """A few conditions that hold together on this entity."""
    return tuple(_examples(entity, words))


def _examples(entity: Entity, words: Callable[[str], str]) -> Iterator[Example]:
    yield "record.exists", Message("once the record is saved")
    chosen = _first(entity, lambda field: field.type == "select" and bool(_options(field)))
    if chosen:
        key, option = next(iter(_options(chosen).items()))
        params = {"field": words(chosen.caption), "value": option.label or key}
        yield f"{chosen.key} == '{key}'", Message("when {field} is {value}", params)
    amount = _first(entity, lambda field: field.type in ("currency", "decimal", "integer"))
    if amount:
        yield f"{amount.key} > 1000", Message("when {field} is above 1000", {"field": words(amount.caption)})
    link = _first(entity, lambda field: field.target is not None and not field.multiple)
    if link:
        yield f"blank({link.key})", Message("while {field} is empty", {"field": words(link.caption)})


def _first(entity: Entity, fits: Callable[[FieldType], bool]) -> FieldType | None:
    return next((field for field in entity.fields.values() if fits(field)), None)


def _options(field: FieldType) -> dict[str, Option]:
    return dict(getattr(field, "choices", {}))

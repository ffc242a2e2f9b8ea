"""Values of one field type as values of another: what a changed field does with what people have entered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from pydantic import TypeAdapter, ValidationError

from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes import PLAIN, FieldType, Json, Phone, Reading, Refused
from trellis.metadata.fieldtypes.base import excerpt
from trellis.metadata.fieldtypes.choices import split_list
from trellis.metadata.passages import EMPTY, Passage, is_text, passage_of, readable
from trellis.metadata.preservation import keeps_everything
from trellis.metadata.storagekinds import DecimalKind

Exists = Callable[[str], bool]
_MOST_KNOWN = 20_000
_BROKEN = (ValueError, TypeError, ArithmeticError, LookupError, RecursionError)


def _nobody(record: str) -> bool:
    return False


@dataclass(frozen=True)
class Conversion:
    """How values of `before` become values of `after`; called with a value it gives the new one or raises Refused.

    Options in `replaced` are moved to others first. `reading` says how text is understood and in which zone days begin;
    `exists` tells whether a record is there in the entity that links point to from now on.
    """

    before: FieldType
    after: FieldType
    replaced: Mapping[str, str] = field(default_factory=dict)
    reading: Reading = PLAIN
    exists: Exists = _nobody
    _known: dict[str | tuple[Any, ...], Any] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def lossless(self) -> bool:
        """Whether it is certain that every value can be converted, and back again."""
        return not self.replaced and keeps_everything(self.before, self.after)

    @cached_property
    def _retargets(self) -> bool:
        """Whether links must lead to records of another entity from now on."""
        return self.after.target is not None and self.after.target != self.before.target

    @cached_property
    def _passage(self) -> Passage:
        return passage_of(self.before, self.after, self.reading)

    @cached_property
    def _fits(self) -> Callable[[Any], Any]:
        return TypeAdapter(self.after.annotation()).validate_python

    def __call__(self, value: Any) -> Any:
        """The new value; raises Refused when it does not fit, and never anything else."""
        if not isinstance(value, str | tuple) or self._retargets:
            return self._converted(value)
        if value not in self._known:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[value] = self._attempt(value)
        found = self._known[value]
        if isinstance(found, Refused):
            raise found.with_traceback(None)
        return found

    def _attempt(self, value: Any) -> Any:
        try:
            return self._converted(value)
        except Refused as refusal:
            return refusal

    def _converted(self, value: Any) -> Any:
        if value in EMPTY:
            return () if self.after.multiple else None
        try:
            return self._kept(self._way(value), value)
        except Refused:
            raise
        except ValidationError as error:
            raise _refusal(error, value, self) from None
        except _BROKEN:
            raise unfit(value, self.before, self.after) from None

    @cached_property
    def _way(self) -> Callable[[Any], Any]:
        """From a value that is not empty to the new one."""
        if self.after.multiple:
            return self._several
        plain = is_text(self.before) and not isinstance(self.after, Json) and not self._retargets
        return self._plainly if plain and not self.replaced else self._one

    def _plainly(self, value: Any) -> Any:
        return self._checked(self._passage(value))

    def _items(self, value: Any) -> tuple[Any, ...]:
        """The single values of a value."""
        if self.before.multiple or (isinstance(self.before, Json) and isinstance(value, list)):
            items = tuple(value)
        elif is_text(self.before) and self.after.multiple:
            items = tuple(split_list(value))
        else:
            items = (value,)
        return tuple(self.replaced.get(item, item) if isinstance(item, str) else item for item in items)

    def _several(self, value: Any) -> Any:
        return self._fits(tuple(dict.fromkeys(self._moved(item) for item in self._items(value))))

    def _one(self, value: Any) -> Any:
        if isinstance(self.after, Json):
            return self._fits(self._passage(self._as_json(value)))
        items = self._items(value)
        if len(items) == 1:
            return self._checked(self._moved(items[0]))
        if is_text(self.after):
            return self._fits(readable(self.before, value))
        raise Refused("several_values", Message("There are several values, and only one can be kept."))

    def _as_json(self, value: Any) -> Any:
        return list(self._items(value)) if self.before.multiple else self._items(value)[0] if self.replaced else value

    def _moved(self, item: Any) -> Any:
        moved = self._passage(item)
        if self._retargets and not self.exists(self._link(moved)):
            raise Refused("no_such_record", Message("The record is not one of those that can be chosen from now on."))
        return moved

    def _link(self, moved: Any) -> str:
        checked = self._fits((moved,) if self.after.multiple else moved)
        return str(checked[0] if self.after.multiple else checked)

    @cached_property
    def _checked(self) -> Callable[[Any], Any]:
        """The check of the new field, which for some types is not enough."""
        return self._exact if isinstance(self.after, Phone) or isinstance(self.after.kind, DecimalKind) else self._fits

    def _exact(self, moved: Any) -> Any:
        """The checked value, unless the check changes it."""
        checked = self._fits(moved)
        if isinstance(checked, Decimal) and isinstance(moved, Decimal | int) and checked != moved:
            raise Refused("digits_lost", Message("Digits behind the decimal point would be lost."))
        if isinstance(self.after, Phone) and self._fits(checked) != checked:
            raise unfit(moved, self.after, self.after)
        return checked

    def _kept(self, result: Any, value: Any) -> Any:
        """The result, unless nothing is left of a value."""
        if result in EMPTY:
            raise unfit(value, self.before, self.after)
        return result


Converter = Conversion


def converter(
    before: FieldType,
    after: FieldType,
    replaced: Mapping[str, str] | None = None,
    *,
    reading: Reading = PLAIN,
    exists: Exists = _nobody,
) -> Conversion:
    """How values of a field become values of what the field is changed to; both know their entity and options."""
    return Conversion(before, after, replaced or {}, reading, exists)


def unfit(value: Any, before: FieldType, after: FieldType) -> Refused:
    """A value that cannot be one of the new type."""
    text = excerpt(readable(before, value))
    return Refused("conversion", Message("“{text}” does not fit {label}.", {"text": text, "label": after.caption}))


def _refusal(error: ValidationError, value: Any, conversion: Conversion) -> Refused:
    for detail in error.errors(include_url=False, include_input=False):
        refused = (detail.get("ctx") or {}).get("error")
        if isinstance(refused, Refused):
            return refused
    return unfit(value, conversion.before, conversion.after)

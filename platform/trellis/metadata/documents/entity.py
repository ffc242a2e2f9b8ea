"""A kind of record: its fields and what every record of it has."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar, Literal

from pydantic import PrivateAttr, SerializeAsAny, ValidationInfo, field_validator

from trellis.metadata.documents.base import Document
from trellis.metadata.documents.rules import DuplicateRule, Validation
from trellis.metadata.fieldtypes import Element, FieldType, FieldTypes
from trellis.metadata.fieldtypes.computed import settle_storage
from trellis.metadata.fieldtypes.links import Lookup
from trellis.metadata.policies import LOCKED, TIGHTEN_ON, Policies


class Traits(Element):
    """Abilities that all records of an entity have."""

    policies: ClassVar[Policies] = dict.fromkeys(
        ("owned", "softDelete", "optimisticLock", "multiCurrency", "childOf", "activities", "attachments", "audit"),
        LOCKED,
    )

    owned: bool = False
    soft_delete: bool = True
    optimistic_lock: bool = True
    multi_currency: bool = False
    child_of: str | None = None
    activities: bool = False
    attachments: bool = False
    audit: bool | dict[str, Any] = True


class Index(Element):
    """A database index over fields of the entity, in order."""

    policies: ClassVar[Policies] = {"fields": LOCKED, "unique": TIGHTEN_ON}
    fields: tuple[str, ...]
    unique: bool = False


class Entity(Document):
    """One kind of record."""

    kind: Literal["entity"]
    label_plural: str = ""
    icon: str = "database"
    title_field: str
    summary_fields: tuple[str, ...] = ()
    traits: Traits = Traits()
    fields: dict[str, SerializeAsAny[FieldType]]
    indexes: dict[str, Index] = {}
    validations: dict[str, Validation] = {}
    duplicates: dict[str, DuplicateRule] = {}

    _system: Mapping[str, FieldType] = PrivateAttr(default_factory=dict)
    _all: Mapping[str, FieldType] = PrivateAttr(default_factory=dict)

    @field_validator("fields", mode="wrap")
    @classmethod
    def _by_type(cls, raw: Any, handler: Any, info: ValidationInfo) -> dict[str, FieldType]:
        """Each field is read by the class of its type; the registry comes with the validation context."""
        from trellis.metadata.documents.fields import read_fields

        registry: FieldTypes | None = (info.context or {}).get("fieldtypes")
        return read_fields(raw, registry)

    @property
    def plural(self) -> str:
        """What people read above a list."""
        return self.label_plural or self.label

    @cached_property
    def all_fields(self) -> Mapping[str, FieldType]:
        """System fields and own fields by key; system fields last."""
        return self._all

    @cached_property
    def required_keys(self) -> frozenset[str]:
        """The fields that people must fill."""
        return frozenset(key for key, spec in self._all.items() if spec.required and spec.type != "autonumber")

    @cached_property
    def excused_keys(self) -> frozenset[str]:
        """Required fields that may stay empty in records that were saved without a value."""
        return frozenset(key for key in self.required_keys if self._all[key].required_for == "new")

    @cached_property
    def watches(self) -> tuple[tuple[str, str], ...]:
        """The fields that hold the moment of another field's last change, with that field."""
        found = ((key, getattr(spec, "change_of", None)) for key, spec in self.fields.items())
        return tuple((key, watched) for key, watched in found if watched is not None)

    @cached_property
    def computed_keys(self) -> frozenset[str]:
        """The fields whose values may change without a save of the record."""
        return frozenset(key for key, spec in self._all.items() if spec.computed is not None)

    def field(self, key: str) -> FieldType | None:
        """The field of a key, system fields included."""
        return self._all.get(key)

    @property
    def title(self) -> FieldType:
        """The field by which people recognise a record."""
        return self.fields[self.title_field]

    @property
    def parent(self) -> Lookup | None:
        """The lookup to the record that this one is a part of, for children."""
        found = self.fields.get(self.traits.child_of or "")
        return found if isinstance(found, Lookup) else None

    def bound(self, optionsets: Mapping[str, Any], system: Mapping[str, FieldType]) -> "Entity":
        """This entity with fields that know where they stand, and its system fields."""
        fields = {key: field.bound(key, self.id, optionsets) for key, field in self.fields.items()}
        settle_storage(fields)
        summary = tuple(key for key in self.summary_fields if key not in fields or not fields[key].hidden)
        copy = self.model_copy(update={"fields": fields, "summary_fields": summary})
        for kept in ("all_fields", "required_keys", "excused_keys", "computed_keys", "watches"):
            copy.__dict__.pop(kept, None)
        copy._system = {key: field.bound(key, self.id, optionsets) for key, field in system.items()}
        copy._all = {**fields, **copy._system}
        return copy

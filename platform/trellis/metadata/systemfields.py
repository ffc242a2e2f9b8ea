"""The fields that the platform adds to every entity, as ordinary field values."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from trellis.metadata.documents.entity import Traits
from trellis.metadata.fieldtypes import DateTime, FieldType, Integer, Lookup, Text, User
from trellis.metadata.fieldtypes.links import RecordId


def system_fields(traits: Traits) -> Mapping[str, FieldType]:
    """The system fields by key for an entity with these traits."""
    keys = ["created_at", "created_by", "updated_at", "updated_by", "version"]
    keys = (["owner", "owner_team"] if traits.owned else []) + (["currency"] if traits.multi_currency else []) + keys
    return {key: _all()[key] for key in ["id", *keys, *(["deleted_at"] if traits.soft_delete else [])]}


@cache
def _all() -> dict[str, FieldType]:
    def lookup(target: str, **options: Any) -> Lookup:
        return Lookup.model_validate({"type": "lookup", "target": target, **options})

    def user(label: str, **options: Any) -> User:
        return User.model_validate({"type": "user", "label": label, **options})

    def moment(label: str) -> DateTime:
        return DateTime(type="datetime", label=label, system=True)

    return {
        "id": RecordId(type="id", label="ID", system=True),
        "owner": user("Owner"),
        "owner_team": lookup("core.team", label="Team", onDelete="clear"),
        "currency": Text(type="text", label="Currency", maxLength=3, pattern="^[A-Z]{3}$"),
        "created_at": moment("Created"),
        "created_by": user("Created by", system=True),
        "updated_at": moment("Changed"),
        "updated_by": user("Changed by", system=True),
        "version": Integer(type="integer", label="Version", system=True),
        "deleted_at": moment("Deleted"),
    }

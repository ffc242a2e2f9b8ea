"""What people may do."""

from enum import IntEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from trellis.metadata.documents.base import Document
from trellis.metadata.fieldtypes import Element

Scope = Literal["own", "all"]


class Level(IntEnum):
    """How far a role may go with a field; each level includes those below."""

    NONE = 0
    MASKED = 1
    READ = 2
    CREATE = 3
    EDIT = 4


def _level(value: Any) -> Any:
    return (
        Level[value.upper()]
        if isinstance(value, str) and value.islower() and value.upper() in Level.__members__
        else value
    )


FieldLevel = Annotated[
    Literal[Level.NONE, Level.MASKED, Level.READ, Level.CREATE, Level.EDIT],
    BeforeValidator(_level),
    PlainSerializer(lambda level: Level(level).name.lower(), return_type=str),
    WithJsonSchema({"enum": [level.name.lower() for level in Level]}),
]


class Grant(Element):
    """For which records an action is allowed."""

    scopes: tuple[Scope, ...] = ()


class EntityRights(Element):
    """What a role may do with the records of one entity."""

    create: bool = False
    read: Grant | None = None
    edit: Grant | None = None
    delete: Grant | None = None
    fields: dict[str, FieldLevel] = {}


class SystemRights(Element):
    """Rights that do not belong to one entity."""

    export: bool | str = False
    import_: bool = False
    designer: bool = False
    bulk_update: bool = False
    users: bool = False
    tokens: bool = True
    impersonate: bool = False

    model_config = {"alias_generator": lambda name: {"import_": "import", "bulk_update": "bulkUpdate"}.get(name, name)}


class Role(Document):
    """A set of rights; several roles of a person add up."""

    kind: Literal["role"]
    inherits: tuple[str, ...] = ()
    system: SystemRights = SystemRights()
    entities: dict[str, EntityRights] = {}
    navigation: tuple[str, ...] = ()

"""What people may do."""

from enum import IntEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from trellis.metadata.documents.base import Document
from trellis.metadata.fieldtypes import Element
from trellis.metadata.policies import LOCKED, TIGHTEN_GRANT, TIGHTEN_LEVEL, TIGHTEN_RIGHT, TIGHTEN_SCOPES, Policies

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

    policies: ClassVar[Policies] = {"scopes": TIGHTEN_SCOPES}
    scopes: tuple[Scope, ...] = ()


class EntityRights(Element):
    """What a role may do with the records of one entity."""

    policies: ClassVar[Policies] = {
        "create": TIGHTEN_RIGHT, "read": TIGHTEN_GRANT, "edit": TIGHTEN_GRANT, "delete": TIGHTEN_GRANT,
        "fields": TIGHTEN_LEVEL,
    }  # fmt: skip
    create: bool = False
    read: Grant | None = None
    edit: Grant | None = None
    delete: Grant | None = None
    fields: dict[str, FieldLevel] = {}


class SystemRights(Element):
    """Rights that do not belong to one entity."""

    policies: ClassVar[Policies] = dict.fromkeys(
        ("export", "import", "designer", "publish", "rollback", "packs", "purge", "bulkUpdate", "users", "tokens",
         "impersonate"), TIGHTEN_RIGHT
    )  # fmt: skip
    export: bool | str = False
    import_: bool = False
    designer: bool = False
    publish: bool = False
    rollback: bool = False
    packs: bool = False
    purge: bool = False
    bulk_update: bool = False
    users: bool = False
    tokens: bool = True
    impersonate: bool = False

    model_config = {"alias_generator": lambda name: {"import_": "import", "bulk_update": "bulkUpdate"}.get(name, name)}


class Role(Document):
    """A set of rights; several roles of a person add up."""

    policies: ClassVar[Policies] = {"inherits": LOCKED}
    kind: Literal["role"]
    inherits: tuple[str, ...] = ()
    system: SystemRights = SystemRights()
    entities: dict[str, EntityRights] = {}
    navigation: tuple[str, ...] = ()

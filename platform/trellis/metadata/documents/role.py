"""What people may do."""

from enum import IntEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from trellis.metadata.documents.base import Document
from trellis.metadata.fieldtypes import Element
from trellis.metadata.policies import (
    LOCKED,
    TIGHTEN_GRANT,
    TIGHTEN_LEVEL,
    TIGHTEN_ON,
    TIGHTEN_RIGHT,
    TIGHTEN_SCOPES,
    TIGHTEN_WHERE,
    Policies,
)

Scope = Literal["own", "team", "teamTree", "subordinates", "shared", "all"]
"""Whose records: mine, my team's, those of my team and all below it, of those who report to me, shared with me, all."""

Assignee = Literal["own", "team", "teamTree", "subordinates", "all"]
"""To whom: myself, my team, my team and all below it, those who report to me, everybody."""


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


class Upgrade(Element):
    """A higher level on the records that meet a condition."""

    level: FieldLevel
    where: str


class FieldRule(Element):
    """The level of a field on every record, whether masked values may be revealed, and a higher level on some records."""

    level: FieldLevel
    reveal: bool = False
    upgrade: Upgrade | None = None


class Grant(Element):
    """For which records an action is allowed: those of one of the scopes that also meet the condition."""

    policies: ClassVar[Policies] = {"scopes": TIGHTEN_SCOPES, "where": TIGHTEN_WHERE}
    scopes: tuple[Scope, ...] = ()
    where: str | None = None


class AssignGrant(Grant):
    """For which records the owner may be changed, and to whom."""

    policies: ClassVar[Policies] = {**Grant.policies, "to": TIGHTEN_SCOPES}
    to: tuple[Assignee, ...] = ("all",)


class EntityRights(Element):
    """What a role may do with the records of one entity."""

    policies: ClassVar[Policies] = {
        "create": TIGHTEN_RIGHT, "read": TIGHTEN_GRANT, "edit": TIGHTEN_GRANT, "delete": TIGHTEN_GRANT,
        "assign": TIGHTEN_GRANT, "export": TIGHTEN_GRANT, "share": TIGHTEN_GRANT, "comment": TIGHTEN_GRANT,
        "fields": TIGHTEN_LEVEL,
    }  # fmt: skip
    create: bool = False
    read: Grant | None = None
    edit: Grant | None = None
    delete: Grant | None = None
    assign: AssignGrant | None = None
    export: Grant | None = None
    share: Grant | None = None
    comment: Grant | None = None
    fields: dict[str, FieldLevel | FieldRule] = {}


class SystemRights(Element):
    """Rights that do not belong to one entity."""

    policies: ClassVar[Policies] = dict.fromkeys(
        ("export", "import", "designer", "publish", "rollback", "packs", "purge", "bulkUpdate", "users", "tokens",
         "impersonate", "audit"), TIGHTEN_RIGHT
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
    audit: bool = False

    model_config = {"alias_generator": lambda name: {"import_": "import", "bulk_update": "bulkUpdate"}.get(name, name)}


class SignIn(Element):
    """What people with a role need to sign in."""

    policies: ClassVar[Policies] = {"secondFactor": TIGHTEN_ON}
    second_factor: bool = False


class Role(Document):
    """A set of rights; several roles of a person add up."""

    policies: ClassVar[Policies] = {"inherits": LOCKED}
    kind: Literal["role"]
    inherits: tuple[str, ...] = ()
    system: SystemRights = SystemRights()
    sign_in: SignIn = SignIn()
    entities: dict[str, EntityRights] = {}
    navigation: tuple[str, ...] = ()

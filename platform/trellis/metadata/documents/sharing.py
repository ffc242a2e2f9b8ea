"""Which records are open to whom by what is in them."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from trellis.metadata.documents.base import Document
from trellis.metadata.fieldtypes import Element
from trellis.metadata.policies import LOCKED, Policies

SharedAction = Literal["read", "edit", "delete", "assign", "export", "share", "comment"]


class RoleGrantee(Element):
    """Everybody with a role."""

    kind: Literal["role"]
    role: str


class TeamGrantee(Element):
    """The members of a team, named by its code, with those of the teams below it if wanted."""

    kind: Literal["team"]
    team: str
    include_children: bool = False


Grantee = Annotated[RoleGrantee | TeamGrantee, Field(discriminator="kind")]


class Sharing(Document):
    """Records that meet a condition are shared with roles and teams, as far as their roles use shares."""

    policies: ClassVar[Policies] = {"entity": LOCKED, "when": LOCKED, "to": LOCKED, "grant": LOCKED}
    kind: Literal["sharing"]
    entity: str
    when: str
    to: tuple[Grantee, ...]
    grant: tuple[SharedAction, ...] = ("read",)

"""Shares in words: with whom, for what, until when."""

from collections.abc import Iterable
from dataclasses import dataclass

from trellis.engine.access.grantees import Grantee, GranteeKind
from trellis.kernel.messages import Message
from trellis.services.sharing import Shared
from trellis.web.render.formats import LocaleFormats

ACTIONS = {
    "read": Message("Read"),
    "edit": Message("Edit"),
    "delete": Message("Delete"),
    "comment": Message("Comment"),
    "share": Message("Share"),
    "export": Message("Export"),
    "assign": Message("Reassign"),
}
"""What may be done with a record that is shared, in the order in which it is offered."""

ICONS = {
    GranteeKind.USER: "user",
    GranteeKind.TEAM: "users",
    GranteeKind.TEAM_TREE: "users-group",
    GranteeKind.ROLE: "shield-lock",
}
KINDS = {
    GranteeKind.USER: Message("Person"),
    GranteeKind.TEAM: Message("Team"),
    GranteeKind.TEAM_TREE: Message("Team and those below it"),
    GranteeKind.ROLE: Message("Everybody with this role"),
}
_HIDDEN = {
    GranteeKind.USER: Message("Somebody"),
    GranteeKind.TEAM: Message("A team"),
    GranteeKind.TEAM_TREE: Message("A team"),
    GranteeKind.ROLE: Message("A role that is gone"),
}


@dataclass(frozen=True, slots=True)
class ShareLine:
    """One share as a page shows it."""

    id: str
    icon: str
    name: str
    kind: str
    part: str
    may: tuple[str, ...]
    until: str
    given: str
    giver: str


def share_line(share: Shared, formats: LocaleFormats) -> ShareLine:
    """A share in words."""
    kind = share.grantee.kind
    return ShareLine(
        id=share.id,
        icon=ICONS[kind],
        name=share.name or _HIDDEN[kind].translated(formats.translate),
        kind="" if kind is GranteeKind.USER else KINDS[kind].translated(formats.translate),
        part=share.part,
        may=may(share.actions, formats),
        until=formats.datetime(share.expires_at) if share.expires_at else "",
        given=formats.datetime(share.created_at),
        giver=share.giver or "",
    )


def may(actions: Iterable[str], formats: LocaleFormats) -> tuple[str, ...]:
    """Actions in words."""
    held = set(actions)
    return tuple(text.translated(formats.translate) for action, text in ACTIONS.items() if action in held)


def facts_of(grantee: Grantee, facts: Iterable[str], formats: LocaleFormats) -> tuple[str, ...]:
    """What a grantee is, and what else is known of it."""
    kind = () if grantee.kind is GranteeKind.USER else (KINDS[grantee.kind].translated(formats.translate),)
    return (*kind, *facts)

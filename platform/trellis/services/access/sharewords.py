"""Shares of a record in words: by whom, with whom, until when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from trellis.engine.access.actions import SHARED
from trellis.kernel.clock import local_date
from trellis.kernel.messages import Message
from trellis.metadata.snapshot import Snapshot
from trellis.services.access.looking import Names
from trellis.storage.explaining_access import ShareSeen


@dataclass(frozen=True, slots=True)
class ShareWords:
    """What is needed to tell shares to somebody: names as far as known, the moment, and how to call the person."""

    words: Snapshot
    person: object
    people: Names
    teams: Names
    now: datetime
    zone: str

    def told(self, shares: tuple[ShareSeen, ...], action: str) -> Iterator[Message]:
        """Each share, and what it lacks for an action."""
        if not shares:
            yield Message("Nobody has shared it with {person}.", {"person": self.person})
        for share in shares:
            yield self._told(share, action)

    def _told(self, share: ShareSeen, action: str) -> Message:
        who = {"by": self.people.get(share.by) or Message("Somebody"), "whom": self._whom(share.grantee)}
        if not share.actions & SHARED[action]:
            return Message("{by} shared it with {whom}, but not for this.", who)
        if share.expires is None:
            return Message("{by} shared it with {whom}.", who)
        until = {**who, "until": local_date(share.expires, self.zone)}
        if share.expires <= self.now:
            return Message("{by} shared it with {whom} until {until}; that is over.", until)
        return Message("{by} shared it with {whom} until {until}.", until)

    def _whom(self, grantee: str) -> object:
        kind, identity = grantee[0], grantee[2:]
        match kind:
            case "r":
                role = self.words.roles.get(identity)
                return Message("everybody with the role {role}", {"role": role.label if role else identity})
            case "t":
                return Message("the team {team}", {"team": self.teams.get(identity, "?")})
            case "b":
                return Message("the team {team} and those below it", {"team": self.teams.get(identity, "?")})
        return self.person

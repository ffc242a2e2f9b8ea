"""What every use case needs: who asks, in which workspace, under which release, and what time it is."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Protocol

from trellis.engine.access import Access, access_of
from trellis.engine.language import Language, language
from trellis.kernel.actor import SYSTEM, Actor
from trellis.kernel.clock import Clock, local_date
from trellis.kernel.events import RecordSaved
from trellis.metadata.snapshot import Snapshot
from trellis.services.accountrules import AccountRules
from trellis.services.outgoing import Outgoing
from trellis.services.patience import Patience
from trellis.services.vault import Vault
from trellis.storage.connection import Connection
from trellis.storage.database import Database, Workspace
from trellis.storage.parameters import actor_parameters
from trellis.storage.reach import grantees
from trellis.storage.statements import Statements
from trellis.storage.tables import Tables

Listener = Callable[[Connection, "Context", RecordSaved], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Preferences:
    """What holds for a whole workspace."""

    zone: str = "Asia/Shanghai"
    currency: str = "CNY"
    locale: str = "en"
    accounts: AccountRules = field(default_factory=AccountRules)


@dataclass(frozen=True, eq=False)
class Release:
    """A published release, ready for use."""

    number: int
    snapshot: Snapshot
    tables: Tables
    statements: Statements
    derived: dict[object, object] = field(default_factory=dict, repr=False)


class Home(Protocol):
    """The workspace a context belongs to."""

    database: Database
    workspace: Workspace
    preferences: Preferences
    listeners: Sequence[Listener]
    patience: Patience
    stale: frozenset[tuple[str, str]]
    vault: Vault
    outgoing: Outgoing

    async def refresh(self) -> Release | None:
        """Look whether there is a newer release."""


@dataclass(frozen=True, eq=False, slots=True)
class Context:
    """One request or job; immutable."""

    home: Home
    release: Release
    access: Access
    clock: Clock
    locale: str = "en"
    """The language in which whoever asks reads labels."""
    address: str = ""
    """The network address that the request came from; empty for what the platform does by itself."""
    method: str = ""
    """How whoever asks had signed in; empty for what the platform does by itself."""
    client: str = ""
    """The token with which a program asks; empty for people and for what the platform does by itself."""

    @property
    def database(self) -> Database:
        return self.home.database

    @property
    def workspace(self) -> Workspace:
        return self.home.workspace

    @property
    def preferences(self) -> Preferences:
        return self.home.preferences

    @property
    def actor(self) -> Actor:
        return self.access.actor

    @property
    def snapshot(self) -> Snapshot:
        return self.release.snapshot

    @property
    def tables(self) -> Tables:
        return self.release.tables

    def is_stale(self, entity: str, key: str) -> bool:
        """Whether the values of a stored field are being worked out anew, so that some may be old."""
        return (entity, key) in self.home.stale

    @property
    def language(self) -> Language:
        return language(self.release.snapshot)

    def now(self) -> datetime:
        """This moment in UTC, to the second."""
        return self.clock.now().replace(microsecond=0)

    def today(self) -> date:
        """The date in the organisation's zone."""
        return local_date(self.clock.now(), self.preferences.zone)

    def parameters(self) -> Mapping[str, object]:
        """The values that expressions read of user and time, by name."""
        actor = self.actor
        return {
            "me.id": actor.id or None,
            "me.team": actor.team,
            "me.email": actor.email or None,
            "me.roles": actor.roles,
            "me.grantees": grantees(actor.id, actor.team, actor.teams),
            "today": self.today(),
            "now": self.now(),
            "zone": self.preferences.zone,
        }

    def grantees(self) -> tuple[str, ...]:
        """All names under which something may be shared with the actor."""
        actor = self.actor
        return (*grantees(actor.id, actor.team, actor.teams), *self.access.rights.grantees)

    def sql_parameters(self, wanted: frozenset[str] | None = None) -> Mapping[str, object]:
        """The same values as compiled statements take them; at least those that are `wanted`, all if nothing is said."""
        return actor_parameters(self.parameters(), self.snapshot.roles, self.tables.dialect, wanted)

    def as_system(self) -> "Context":
        """This context with all rights, for what the platform does by itself."""
        return self.with_actor(SYSTEM)

    def with_actor(self, actor: Actor) -> "Context":
        """This context for somebody else."""
        return replace(self, access=access_of(actor, self.snapshot), client="")

    def with_release(self, release: Release) -> "Context":
        """This context under a newer release."""
        return replace(self, release=release, access=access_of(self.actor, release.snapshot))

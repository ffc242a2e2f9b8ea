"""Workspaces that are open in this process, each with its current release."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from trellis.engine.access import access_of
from trellis.kernel.actor import SYSTEM, Actor
from trellis.kernel.clock import Clock
from trellis.kernel.errors import NotFound
from trellis.services.context import Context, Listener, Preferences, Release
from trellis.services.outgoing import Outgoing
from trellis.services.patience import Patience
from trellis.services.trees import organise
from trellis.services.vault import Vault, passing_vault
from trellis.storage import stale
from trellis.storage.database import Database, Workspace
from trellis.storage.releases import load_release, read_pointer
from trellis.storage.statements import Statements
from trellis.storage.tables import Tables

FRESH = timedelta(seconds=1)
DEFAULT = "main"


@dataclass(eq=False)
class OpenWorkspace:
    """A workspace with the newest release this process knows; readers look for a newer one at most every second."""

    database: Database
    workspace: Workspace
    clock: Clock
    preferences: Preferences = field(default_factory=Preferences)
    listeners: Sequence[Listener] = ()
    patience: Patience = field(default_factory=Patience)
    stale: frozenset[tuple[str, str]] = frozenset()
    """The stored fields, by entity and key, that are being worked out anew; a second old at most."""
    vault: Vault = field(default_factory=passing_vault)
    outgoing: Outgoing = field(default_factory=Outgoing)
    _release: Release | None = None
    _checked: datetime | None = None
    _organised: bool = False

    async def release(self) -> Release:
        """The current release; raises NotFound before the first publish."""
        now = self.clock.now()
        if self._release is None or self._checked is None or now - self._checked >= FRESH:
            await self.refresh()
            self._checked = now
        if self._release is None:
            raise NotFound()
        return self._release

    async def refresh(self) -> Release | None:
        """Look at the pointer and load the release it names, if it moved."""
        async with self.database.read(self.workspace) as connection:
            number = await read_pointer(connection)
            if number is not None:
                self.stale = frozenset(
                    (mark.entity, key) for mark in await stale.marks(connection) for key in mark.keys
                )
            if number is not None and (self._release is None or number != self._release.number):
                known = self._release.snapshot if self._release else None
                snapshot, ledger = await load_release(connection, number, known)
                previous = self._release.tables if self._release else None
                tables = Tables.of(snapshot, ledger, self.workspace.schema, self.database.dialect, previous=previous)
                self._release = Release(number, snapshot, tables, Statements(tables))
        if self._release is not None and not self._organised:
            self._organised = await organise(self.database, self.workspace, self._release.statements)
        return self._release

    async def context(self, actor: Actor = SYSTEM) -> Context:
        """A context for an actor under the current release."""
        release = await self.release()
        return Context(self, release, access_of(actor, release.snapshot), self.clock)


@dataclass(eq=False)
class Workspaces:
    """All workspaces of a server, opened at first use."""

    database: Database
    clock: Clock
    preferences: Preferences = field(default_factory=Preferences)
    listeners: Sequence[Listener] = ()
    vault: Vault = field(default_factory=passing_vault)
    outgoing: Outgoing = field(default_factory=Outgoing)
    _open: dict[str, OpenWorkspace] = field(default_factory=dict)
    _looked: datetime | None = None

    @property
    def open(self) -> tuple[OpenWorkspace, ...]:
        """Those that were opened so far."""
        return tuple(self._open.values())

    async def named(self, name: str) -> OpenWorkspace:
        """The workspace of a name; raises NotFound."""
        found = self._open.get(name) or self._opened(name)
        if found is None:
            await self.database.list_workspaces()
            found = self._opened(name)
        if found is None:
            raise NotFound()
        return found

    async def for_host(self, host: str) -> OpenWorkspace:
        """The workspace of a host name: its first label if there is such a workspace, else `main`."""
        label = host.partition(":")[0].partition(".")[0].lower() if "." in host else DEFAULT
        found = self._open.get(label) or self._opened(label)
        if found is None and self._may_look():
            await self.database.list_workspaces()
            found = self._opened(label)
        return found or await self.named(DEFAULT)

    def _opened(self, name: str) -> OpenWorkspace | None:
        workspace = self.database.known(name)
        if workspace is None:
            return None
        home = OpenWorkspace(
            self.database,
            workspace,
            self.clock,
            self.preferences,
            self.listeners,
            vault=self.vault,
            outgoing=self.outgoing,
        )
        return self._open.setdefault(name, home)

    def _may_look(self) -> bool:
        """Other processes make workspaces too; names without one must not cost a look at each request."""
        now = self.clock.now()
        if self._looked is not None and now - self._looked < FRESH:
            return False
        self._looked = now
        return True

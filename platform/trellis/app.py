"""The composition root: settings become databases, workspaces and the web application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from trellis.kernel.clock import Clock, SystemClock
from trellis.kernel.settings import Settings
from trellis.services.accountrules import account_rules
from trellis.services.apiclients.keeping import keep_at_the_end
from trellis.services.audit.keeping import seal_at_the_end
from trellis.services.context import Preferences
from trellis.services.outgoing import Outgoing
from trellis.services.outgoing_rules import Rules
from trellis.services.vault import vault_of
from trellis.services.workspaces import Workspaces
from trellis.storage.database import Database


@dataclass(frozen=True, slots=True)
class Server:
    """A running Trellis without its web part."""

    settings: Settings
    database: Database
    workspaces: Workspaces
    clock: Clock


@asynccontextmanager
async def running(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Server]:
    """Open the database and the workspaces; at the end keep what programs used, seal the log, and close them."""
    clock = clock or SystemClock()
    database = await Database.open(settings)
    try:
        preferences = Preferences(settings.zone, settings.currency, settings.locale, account_rules(settings))
        outgoing = Outgoing(Rules.read(settings.outgoing_allow))
        workspaces = Workspaces(database, clock, preferences, vault=vault_of(settings), outgoing=outgoing)
        yield Server(settings, database, workspaces, clock)
        await keep_at_the_end(workspaces)
        await seal_at_the_end(workspaces)
    finally:
        await database.close()

"""Workspaces of a benchmark's own, in this process: documents are published to them, and the worker's work is done."""

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from bench.offers import Raw
from trellis.app import Server, running
from trellis.kernel.actor import SYSTEM
from trellis.kernel.settings import Settings
from trellis.services.context import Context
from trellis.services.publishing import install_packs
from trellis.services.refreshing import HANDLERS
from trellis.services.worker import Worker
from trellis.storage import stale


class Unfinished(Exception):
    """The worker gave something up."""


@dataclass(frozen=True)
class Bench:
    """A workspace of its own for each part of the benchmark."""

    server: Server
    name: str

    async def publish(self, documents: Sequence[Raw]) -> Context:
        """Make these the documents of the workspace; a context under them."""
        home = await self.server.workspaces.named(self.name)
        await install_packs(
            home.database, home.workspace, documents, home.clock, actor=SYSTEM, note="The benchmark publishes."
        )
        await home.refresh()
        return await home.context()

    async def work(self) -> None:
        """Everything that waits in the background; raises Unfinished when something is left."""
        await Worker(self.server.workspaces, HANDLERS, "bench").run_due()
        home = await self.server.workspaces.named(self.name)
        async with home.database.read(home.workspace) as connection:
            if await stale.marks(connection):
                raise Unfinished(self.name)


@contextlib.asynccontextmanager
async def workspace(settings: Mapping[str, str], name: str) -> AsyncIterator[Bench]:
    """A new workspace of a database."""
    async with running(Settings.read(settings)) as server:
        await server.database.create_workspace(name)
        yield Bench(server, name)

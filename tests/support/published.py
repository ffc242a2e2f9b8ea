"""A workspace with the shipped packs, made once: tests take copies."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from trellis.kernel.actor import SYSTEM
from trellis.kernel.clock import FixedClock
from trellis.kernel.settings import Settings
from trellis.metadata.load import load_folder
from trellis.places import packs_folder
from trellis.services.publishing import install_packs
from trellis.storage.database import Database

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def publish(settings: Settings) -> None:
    """Make the workspace `main` and publish the packs there; works inside and outside an event loop."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _publish(settings)).result()


async def _publish(settings: Settings) -> None:
    database = await Database.open(settings)
    workspace = await database.create_workspace("main")
    documents = load_folder(packs_folder()).documents
    await install_packs(database, workspace, documents, FixedClock(NOW), actor=SYSTEM, note="test")
    await database.close()

"""A worker that claims work, says so and never comes back: `hold_a_timer.py OWNER MILLISECONDS LEASE_SECONDS`."""

import asyncio
import os
import sys
from datetime import timedelta

from trellis.kernel.settings import Settings
from trellis.storage import timers
from trellis.storage.database import Database
from trellis.storage.moments import from_number


async def main(owner: str, now: str, lease: str) -> None:
    database = await Database.open(Settings.read(os.environ))
    (workspace,) = database.workspaces
    async with database.write(workspace) as connection:
        held = await timers.claim(
            connection, owner, from_number(int(now)), lease=timedelta(seconds=int(lease)), limit=10
        )
    sys.stdout.write(f"{len(held)}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


asyncio.run(main(*sys.argv[1:]))

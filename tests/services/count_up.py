"""One of several processes that count up the same records: `count_up.py DATA DATABASE_URL SECONDS CLIENTS`.

Prints how many increments were accepted and how many refused, as JSON.
"""

import asyncio
import json
import random
import sys
import time
from collections import Counter

from trellis.engine.query import Query
from trellis.kernel.clock import SystemClock
from trellis.kernel.errors import VersionConflict
from trellis.kernel.settings import Settings
from trellis.services import queries
from trellis.services.commands import Update
from trellis.services.context import Context
from trellis.services.records import write
from trellis.services.workspaces import Workspaces
from trellis.storage.database import Database

ACCOUNT = "sales.account"


async def main(settings: Settings, seconds: float, clients: int) -> None:
    database = await Database.open(settings)
    context = await (await Workspaces(database, SystemClock()).named("main")).context()
    page = await queries.list_records(context, Query(ACCOUNT))
    records = [str(row[0]) for row in page.rows]
    seen: Counter[str] = Counter()
    until = time.monotonic() + seconds
    await asyncio.gather(*(count_up(context, records, until, seen) for _ in range(clients)))
    await database.close()
    sys.stdout.write(json.dumps(seen))


async def count_up(context: Context, records: list[str], until: float, seen: Counter[str]) -> None:
    chance = random.Random()
    while time.monotonic() < until:
        record = await queries.get_record(context, ACCOUNT, chance.choice(records), ("employees",), labels=False)
        await asyncio.sleep(0)
        raised = int(str(record.values["employees"])) + 1
        try:
            await write(context, ACCOUNT, [Update(record.id, {"employees": raised}, record.version)])
            seen["accepted"] += 1
        except VersionConflict:
            seen["refused"] += 1


if __name__ == "__main__":
    asyncio.run(main(Settings(data=sys.argv[1], database_url=sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])))

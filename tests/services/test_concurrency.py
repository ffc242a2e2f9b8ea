"""Many clients of several processes on few records: nothing is lost, nobody is told that a database is busy.

`make soak` does the same for half a minute over HTTP.
"""

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from trellis.engine.query import Query
from trellis.services import queries
from trellis.services.commands import Create
from trellis.services.records import write
from trellis.services.workspaces import OpenWorkspace

COUNT_UP = Path(__file__).with_name("count_up.py")
ACCOUNT = "sales.account"
PROCESSES, CLIENTS, RECORDS = 2, 16, 50
SECONDS = 4.0


@pytest.mark.slow
async def test_every_accepted_increment_counts(home: OpenWorkspace, database_settings: dict[str, str]) -> None:
    context = await home.context()
    await write(context, ACCOUNT, [Create({"name": f"A{n}", "employees": 0}) for n in range(RECORDS)])

    seen = Counter[str]()
    for counted in await asyncio.gather(*(count_up(database_settings) for _ in range(PROCESSES))):
        seen.update(counted)

    page = await queries.list_records(context, Query(ACCOUNT, ("employees",)))
    assert seen["accepted"] > RECORDS
    assert seen["refused"] > 0
    assert sum(int(str(record["employees"])) for record in page.records()) == seen["accepted"]
    assert sum(int(str(record["version"])) - 1 for record in page.records()) == seen["accepted"]


async def count_up(settings: dict[str, str]) -> dict[str, int]:
    """What one process of many clients reports; it must end well."""
    folder, url = settings["TRELLIS_DATA"], settings.get("TRELLIS_DATABASE_URL", "")
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(COUNT_UP), folder, url, str(SECONDS), str(CLIENTS),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return dict(json.loads(output))

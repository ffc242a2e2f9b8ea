"""An import that is killed goes on where it stopped: nothing is lost and nothing comes twice."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from trellis.engine.query import Count, Query
from trellis.kernel.clock import SystemClock
from trellis.kernel.settings import Settings
from trellis.services import queries
from trellis.services.context import Context
from trellis.services.workspaces import Workspaces
from trellis.storage import importruns
from trellis.storage.database import Database

ROWS = 12_000
MAPPING = {
    "entity": "sales.account",
    "columns": {"name": {"field": "name"}, "staff": {"field": "employees"}},
    "options": {"mode": "insert"},
}


def written(folder: Path) -> list[str]:
    """The command that imports a file of rows of which every hundredth is refused."""
    rows = [f"Firm {number},{'many' if number % 100 == 0 else number}" for number in range(ROWS)]
    (folder / "rows.csv").write_text("\n".join(["name,staff", *rows]) + "\n")
    (folder / "mapping.json").write_text(json.dumps(MAPPING))
    return [sys.executable, "-m", "trellis", "import", str(folder / "rows.csv"), "--map", str(folder / "mapping.json")]


@pytest.mark.slow
async def test_a_killed_import_goes_on_without_loss_or_duplicates(
    database_settings: dict[str, str], tmp_path: Path
) -> None:
    command = written(tmp_path)
    environment = {**os.environ, **database_settings, "PYTHONPATH": os.pathsep.join(sys.path)}

    first = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)  # noqa: ASYNC220
    position = await killed_halfway(first, Settings.read(database_settings))
    again = await asyncio.to_thread(subprocess.run, command, env=environment, capture_output=True, text=True)

    assert again.returncode == 0, again.stderr
    assert f"Going on after row {position} of {ROWS}." in again.stdout
    assert [line.split()[1] for line in again.stdout.splitlines()[1:6]] == ["12,000", "11,880", "0", "0", "120"]
    assert await stored(Settings.read(database_settings)) == ROWS - ROWS // 100
    rejected = (tmp_path / "rows.csv.rejected.csv").read_bytes().decode("utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in rejected[1:]] == [f"Firm {number}" for number in range(0, ROWS, 100)]


async def killed_halfway(process: "subprocess.Popen[bytes]", settings: Settings) -> int:
    """Kill the import once it has stored some rows, and say how many."""
    for _ in range(2_000):
        if await position_in(settings) >= 1_000:
            break
        assert process.poll() is None, "the import ended before it could be killed"
        await asyncio.sleep(0.05)
    process.kill()
    process.wait()
    found = await position_in(settings)
    assert 1_000 <= found < ROWS
    return found


async def position_in(settings: Settings) -> int:
    try:
        context, database = await opened(settings)
    except Exception:  # not there yet
        return 0
    try:
        async with database.read(context.workspace) as connection:
            runs = await importruns.recent(connection, await owner(context))
        return runs[0].position if runs else 0
    finally:
        await database.close()


async def owner(context: Context) -> str:
    page = await queries.list_records(context, Query("core.user", filter="email == 'admin@example.com'"))
    return str(page.rows[0][0]) if page.rows else ""


async def stored(settings: Settings) -> int | None:
    context, database = await opened(settings)
    try:
        return await queries.count(context, Query("sales.account", count=Count.EXACT))
    finally:
        await database.close()


async def opened(settings: Settings) -> tuple[Context, Database]:
    database = await Database.open(settings)
    try:
        context = await (await Workspaces(database, SystemClock()).named("main")).context()
    except BaseException:
        await database.close()
        raise
    return context, database

"""Keeps what programs were seen to use: all that is new, in one transaction, from time to time and at the end."""

import asyncio
import contextlib
from collections.abc import Mapping

import structlog

from trellis.metadata.ledger import Ledger, State
from trellis.services.apiclients.noting import notes_of
from trellis.services.workspaces import OpenWorkspace, Workspaces
from trellis.storage.ledger import read_ledger
from trellis.storage.tokenuses import TokenUse, keep_uses, renamed

EVERY = 10.0
AT_THE_END = 5.0

_log = structlog.get_logger()


async def run(workspaces: Workspaces) -> None:
    """Work until cancelled."""
    while True:
        await keep_all(workspaces)
        await asyncio.sleep(EVERY)


async def keep_at_the_end(workspaces: Workspaces) -> None:
    """Keep what still waits before the process goes; what takes longer is lost and noted again at the next use."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(keep_all(workspaces), AT_THE_END)


async def keep_all(workspaces: Workspaces) -> None:
    """Keep what waits in all workspaces; what cannot be kept now waits on."""
    for home in workspaces.open:
        try:
            await keep(home)
        except Exception as error:
            _log.warning("keeping_uses_failed", workspace=home.workspace.name, error=type(error).__name__)


async def keep(home: OpenWorkspace) -> None:
    """Keep what waits in a workspace, under the names of the release in force."""
    notes = notes_of(home)
    if not notes.waiting:
        return
    waiting, notes.waiting = notes.waiting, {}
    try:
        release = (await home.release()).number
        async with home.database.write(home.workspace, release=release) as connection:
            if any(noted != release for noted in waiting.values()):
                waiting = _followed(waiting, release, await read_ledger(connection))
            await keep_uses(connection, waiting)
    except BaseException:
        notes.waiting = waiting | notes.waiting
        raise


def _followed(waiting: Mapping[TokenUse, int], release: int, ledger: Ledger) -> dict[TokenUse, int]:
    """Uses under the names of now, that were noted when some had other names."""
    renames = {noted: _renames(ledger, noted) for noted in set(waiting.values()) if noted != release}
    found: dict[TokenUse, int] = {}
    for use, noted in waiting.items():
        found[renamed(use, renames[noted]) if noted in renames else use] = release
    return found


def _renames(ledger: Ledger, release: int) -> dict[str, str]:
    """How everything is called now that had another name in a release; fields by the path with the entity's old name."""
    moved = (entry for entry in ledger.entries if entry.state is State.LIVE and entry.changed_since(release))
    return {before: entry.path for entry in moved if (before := entry.path_at(release)) not in ("", entry.path)}

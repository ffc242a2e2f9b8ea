"""`trellis worker`: background work in a process of its own."""

import argparse
import asyncio
import contextlib
import os
import secrets
import socket
from collections.abc import Mapping

from trellis.app import Server, running
from trellis.commands.logs import start_logging
from trellis.kernel.settings import Settings
from trellis.services import mail, resets
from trellis.services.audit import nightly
from trellis.services.audit.keeping import Keeper
from trellis.services.audit.retention import retention_of
from trellis.services.handing import working as handing
from trellis.services.packs import migrating
from trellis.services.refreshing import HANDLERS
from trellis.services.transfer.uploads import KIND, import_job
from trellis.services.worker import Handler, Worker
from trellis.web import letters
from trellis.web.catalogues import translator


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments: there are none."""


def run(args: argparse.Namespace) -> int:
    """Work until interrupted."""
    start_logging()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(Settings.read(os.environ)))
    return 0


async def _run(settings: Settings) -> None:
    async with running(settings) as server:
        await work(settings, server)


async def work(settings: Settings, server: Server) -> None:
    """Do what is due in all workspaces until cancelled."""
    owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    worker = Worker(server.workspaces, handlers(settings), owner)
    async with asyncio.TaskGroup() as group:
        group.create_task(worker.run())
        keeper = Keeper(server.workspaces, retention_of(settings), nightly.hour_of(settings.audit_verify))
        group.create_task(keeper.run())


def handlers(settings: Settings) -> Mapping[str, Handler]:
    """All that the worker can do, by kind; raises ValueError for settings that make no sense."""
    return {
        KIND: import_job(translator),
        mail.KIND: mail.mail_job(letters.written, mail.post_of(settings), settings.mail_from),
        **resets.HANDLERS,
        **nightly.HANDLERS,
        **HANDLERS,
        **migrating.HANDLERS,
        **handing.HANDLERS,
    }

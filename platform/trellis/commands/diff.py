"""`trellis diff`: in words what differs from what is in force."""

import argparse
import asyncio
import os

from trellis.app import running
from trellis.commands.plantext import DONE, add_folder, failed, planned, words
from trellis.kernel.errors import TrellisError
from trellis.kernel.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_folder(parser)


def run(args: argparse.Namespace) -> int:
    """0 when it was said, 1 when the documents have defects, 2 when it cannot be said."""
    try:
        return asyncio.run(_run(args))
    except TrellisError as error:
        return failed(error)


async def _run(args: argparse.Namespace) -> int:
    async with running(Settings.read(os.environ)) as server:
        context = await (await server.workspaces.named(args.workspace)).context()
        print("\n".join(words((await planned(context, args)).view)))
        return DONE

"""`trellis demo`."""

import argparse
import asyncio
import os

from trellis.app import running
from trellis.kernel.settings import Settings
from trellis.services.setup import load_demo, make_ready


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--workspace", default="main")


def run(args: argparse.Namespace) -> int:
    """Load the demo data unless it is there."""
    return asyncio.run(_load(args.workspace))


async def _load(name: str) -> int:
    async with running(Settings.read(os.environ)) as server:
        await make_ready(server.settings, server.database, server.workspaces, name)
        count = await load_demo(await server.workspaces.named(name))
        print(f"{count} demo records." if count else "The demo data is there already.")
    return 0

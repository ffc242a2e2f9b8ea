"""`trellis workspace create|list`."""

import argparse
import asyncio
import os
import sys

from trellis.app import running
from trellis.kernel.errors import TrellisError
from trellis.kernel.settings import Settings
from trellis.services.setup import make_ready


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    group = parser.add_subparsers(dest="action", required=True)
    create = group.add_parser("create", help="make a workspace with the packs and an administrator")
    create.add_argument("name", help="lower-case letters, digits and dashes; also the first label of its host name")
    group.add_parser("list", help="list the workspaces")


def run(args: argparse.Namespace) -> int:
    """Create or list."""
    return asyncio.run(_create(args.name) if args.action == "create" else _list())


async def _create(name: str) -> int:
    async with running(Settings.read(os.environ)) as server:
        try:
            ready = await make_ready(server.settings, server.database, server.workspaces, name)
        except TrellisError as error:
            print(f"trellis: {error}", file=sys.stderr)
            return 1
        print(f"Workspace {name} is ready.")
        if ready.password:
            print(f"Sign in as {ready.email} with the password {ready.password}")
    return 0


async def _list() -> int:
    async with running(Settings.read(os.environ)) as server:
        for workspace in server.database.workspaces:
            print(workspace.name)
    return 0

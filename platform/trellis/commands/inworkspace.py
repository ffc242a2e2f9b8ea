"""What commands on one workspace share: everything runs while they act, and a refusal becomes an exit code."""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

from trellis.app import running
from trellis.kernel.errors import TrellisError
from trellis.kernel.settings import Settings
from trellis.services.context import Context

Act = Callable[[Context, argparse.Namespace], Awaitable[int]]


def act_in_workspace(args: argparse.Namespace, act: Act, refused: Callable[[TrellisError], int]) -> int:
    """Act in the workspace that the arguments name; the exit code of the act, or that of its refusal."""
    try:
        return asyncio.run(_acting(args, act))
    except TrellisError as error:
        return refused(error)


async def _acting(args: argparse.Namespace, act: Act) -> int:
    async with running(Settings.read(os.environ)) as server:
        return await act(await (await server.workspaces.named(args.workspace)).context(), args)


def refused(error: TrellisError, code: int = 1) -> int:
    """Say why something could not be done; the exit code."""
    print(f"trellis: {error}", file=sys.stderr)
    return code

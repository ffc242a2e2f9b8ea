"""`trellis diff`: in words what differs from what is in force."""

import argparse

from trellis.commands.inworkspace import act_in_workspace
from trellis.commands.plantext import DONE, add_folder, failed, planned, words
from trellis.services.context import Context


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_folder(parser)


def run(args: argparse.Namespace) -> int:
    """0 when it was said, 1 when the documents have defects, 2 when it cannot be said."""
    return act_in_workspace(args, show, failed)


async def show(context: Context, args: argparse.Namespace) -> int:
    """Print what differs, in words; the exit code."""
    print("\n".join(words((await planned(context, args)).view)))
    return DONE

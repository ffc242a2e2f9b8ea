"""`trellis publish`: put a folder of layers, or the draft, in force."""

import argparse

from trellis.commands.inworkspace import act_in_workspace
from trellis.commands.plantext import add_consent, add_folder, ask_and_publish, carried_out, failed, planned
from trellis.services.context import Context


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_folder(parser)
    add_consent(parser)
    parser.add_argument("--note", default="", help="what the release is about")


def run(args: argparse.Namespace) -> int:
    """0 when it is in force, 1 when something is in the way, 2 when it is not possible."""
    return act_in_workspace(args, show_and_publish, failed)


async def show_and_publish(context: Context, args: argparse.Namespace) -> int:
    """Print the plan, ask, publish; the exit code."""

    async def publishing(shown: str, consents: list[str], note: str) -> int:
        return await carried_out(context, args, shown, consents, note)

    return await ask_and_publish(await planned(context, args), args, publishing)

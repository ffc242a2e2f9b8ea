"""`trellis plan`: what publishing a folder of layers, or the draft, would do."""

import argparse

from trellis.commands.inworkspace import act_in_workspace
from trellis.commands.plantext import DONE, REFUSED, add_folder, as_json, failed, lines, planned
from trellis.services.context import Context


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_folder(parser)
    parser.add_argument("--json", action="store_true", help="print the plan as the API gives it")


def run(args: argparse.Namespace) -> int:
    """0 when it can be published or nothing differs, 1 when something is in the way, 2 when there is no plan."""
    return act_in_workspace(args, show, failed)


async def show(context: Context, args: argparse.Namespace) -> int:
    """Print the plan; the exit code."""
    found = await planned(context, args)
    print(as_json(found) if args.json else "\n".join(lines(found)))
    return REFUSED if found.view.blocked and not found.view.empty else DONE

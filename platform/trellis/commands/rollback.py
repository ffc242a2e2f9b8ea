"""`trellis rollback`: take up an older release again, as a new one."""

import argparse

from trellis.commands.inworkspace import act_in_workspace
from trellis.commands.plantext import add_consent, ask_and_publish, failed
from trellis.services.context import Context
from trellis.services.packs import PackPlan
from trellis.services.studio import plans


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("number", type=int, metavar="NUMBER", help="the release to take up again")
    add_consent(parser)
    parser.add_argument("--note", default="", help="what the release is about")
    parser.add_argument("--workspace", default="main")


def run(args: argparse.Namespace) -> int:
    """0 when it is in force, 1 when something is in the way, 2 when it is not possible."""
    return act_in_workspace(args, show_and_roll_back, failed)


async def show_and_roll_back(context: Context, args: argparse.Namespace) -> int:
    """Print the plan, ask, roll back; the exit code."""

    async def restoring(shown: str, consents: list[str], note: str) -> int:
        return await plans.rollback(context, args.number, shown, consents, note)

    found = PackPlan(await plans.plan_rollback(context, args.number), ())
    return await ask_and_publish(found, args, restoring)

"""`trellis purge`: list what was retired, and delete it for good."""

import argparse
import sys
from collections.abc import Iterable, Iterator

from trellis.commands.inworkspace import act_in_workspace, refused
from trellis.services.context import Context
from trellis.services.studio.purging import purge
from trellis.services.studio.retired import RetiredPart, retired


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("workspace")
    parser.add_argument("part", nargs="?", metavar="PATH", help="what to delete: its path or its number in the list")
    parser.add_argument("--list", action="store_true", help="only list what was retired")
    parser.add_argument("--confirm", metavar="NAME", default="", help="the key of the field, or the id of the entity")
    parser.add_argument("--now", metavar="NAME", default="", help="the same again, to delete it before its time")


def run(args: argparse.Namespace) -> int:
    """0 when it was done, 1 when it was refused."""
    return act_in_workspace(args, list_or_delete, refused)


async def list_or_delete(context: Context, args: argparse.Namespace) -> int:
    """Print what was retired, or delete the part that is named; the exit code."""
    if args.list or args.part is None:
        print("\n".join(lines(await retired(context))))
        return 0
    return await delete(context, args.part, confirm=args.confirm, now=args.now)


async def delete(context: Context, wanted: str, *, confirm: str, now: str) -> int:
    """Delete the one part that is meant, and say so; the exit code."""
    parts = [part for part in await retired(context) if wanted in (part.path, str(part.uid))]
    if not parts:
        print(f"trellis: nothing that was retired is called {wanted}", file=sys.stderr)
        return 1
    if len(parts) > 1:
        print("trellis: several are called so; say the number\n" + "\n".join(lines(parts)), file=sys.stderr)
        return 1
    await purge(context, parts[0].uid, confirm, now=now)
    print(f"{parts[0].path} is deleted, with {parts[0].values:,} values.")
    return 0


def lines(parts: Iterable[RetiredPart]) -> list[str]:
    """The list: one line for each part, and for each program that used it."""
    return [line for part in parts for line in _of_part(part)] or ["Nothing is retired."]


def _of_part(part: RetiredPart) -> Iterator[str]:
    """What was retired, and which programs used it."""
    yield (
        f"{part.uid:>5}  {part.path}  {part.values:,} values, retired on {part.at:%Y-%m-%d} by release {part.release}, "
        f"to be deleted from {part.purgeable_at:%Y-%m-%d} on"
    )
    for use in part.clients:
        yield f"       {' '.join(str(one) for one in use.messages)}"

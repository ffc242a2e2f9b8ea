"""`trellis verify`: whether stored formulas and roll-ups are true, and the pairs of above and below in the organisation."""

import argparse
from collections.abc import Iterator, Sequence
from functools import partial

from trellis.commands.inworkspace import act_in_workspace, refused
from trellis.services.context import Context
from trellis.services.organisation import Compared, compare_places, repair_places
from trellis.services.verifying import SAMPLES, Verified, repair, verify

ALL_TRUE, DIFFERENT, NOT_POSSIBLE = 0, 1, 2


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--workspace", default="main")
    parser.add_argument("--entity", metavar="ID", help="only the fields of this entity")
    parser.add_argument("--repair", action="store_true", help="put wrong values right, and what follows from them")


def run(args: argparse.Namespace) -> int:
    """0 when all values are true, 1 when some are wrong and stay so, 2 when it cannot be said."""
    return act_in_workspace(args, _run, partial(refused, code=NOT_POSSIBLE))


async def _run(context: Context, args: argparse.Namespace) -> int:
    return await compare(context, args.entity, repairing=args.repair)


async def compare(context: Context, entity: str | None, *, repairing: bool) -> int:
    """Print what is found, repair it if that is wanted, and print what is left; the exit code."""
    places = [] if entity else await _places(context, repairing=repairing)
    found = await verify(context, entity)
    _print(found)
    if repairing and any(one.wrong for one in found):
        print(f"\nPut right in {_count(await repair(context, entity), 'record')}. Now:\n")
        found = await verify(context, entity)
        _print(found)
    wrong = sum(one.wrong for one in found) + sum(one.wrong for one in places)
    return DIFFERENT if wrong else ALL_TRUE


async def _places(context: Context, *, repairing: bool) -> list[Compared]:
    """Who is above whom: print what is found, repair it if that is wanted; what is left."""
    found = await compare_places(context)
    for one in found:
        print(f"{one.table}: {_count(one.looked_at, 'pair')}, " + (f"{one.wrong:,} wrong" if one.wrong else "all true"))
    if not (repairing and any(one.wrong for one in found)):
        return found
    await repair_places(context)
    print("Put right.")
    return await compare_places(context)


def _print(found: Sequence[Verified]) -> None:
    for one in found:
        print("\n".join(_lines(one)))
    wrong = sum(one.wrong for one in found)
    total = sum(one.looked_at for one in found)
    fields = _count(len(found), "stored field")
    print(f"{fields}, {_count(total, 'value')}: " + (f"{wrong:,} wrong." if wrong else "nothing is wrong."))


def _lines(one: Verified) -> Iterator[str]:
    name, records = f"{one.entity}.{one.key}", _count(one.looked_at, "record")
    if one.waiting:
        yield f"{name}: {records}, being worked out"
        return
    yield f"{name}: {records}, " + (f"{one.differing:,} differ" if one.differing else "all true")
    for sample in one.samples:
        yield f"  {sample.id}: {_text(sample.stored)} is stored, {_text(sample.computed)} is right"
    if one.differing > SAMPLES:
        yield f"  … and {one.differing - SAMPLES:,} more"


def _text(value: object) -> str:
    return "nothing" if value is None else str(value)


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"

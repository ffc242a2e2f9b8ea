"""`trellis import FILE --entity ENTITY --map MAPPING`."""

import argparse
import asyncio
import gc
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from trellis.app import running
from trellis.kernel.errors import Invalid, TrellisError
from trellis.kernel.settings import Settings
from trellis.services.context import Context
from trellis.services.setup import ADMIN, make_ready
from trellis.services.transfer.acting import as_user
from trellis.services.transfer.importing import carry_on, start, unwatched
from trellis.services.transfer.mapping import Mapping, read_mapping
from trellis.storage.importruns import ImportRun


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", type=Path, help="a CSV file (plain or gzip) or a workbook (xlsx, xls, xlsb, ods)")
    parser.add_argument("--entity", help="what the rows become, like sales.account; by default what the mapping says")
    parser.add_argument("--map", dest="mapping", type=Path, required=True, help="the mapping document (JSON)")
    parser.add_argument("--rejects", type=Path, help="where refused rows go; by default FILE.rejected.csv")
    parser.add_argument("--workspace", default="main")
    parser.add_argument("--as", dest="email", default=ADMIN, help="in whose name, with whose rights")


def run(args: argparse.Namespace) -> int:
    """Import the file; the exit code is 0 when every row was decided."""
    try:
        return asyncio.run(_import(args))
    except Invalid as error:
        for line in problems(error):
            print(line, file=sys.stderr)
    except TrellisError as error:
        print(f"trellis: {error}", file=sys.stderr)
    return 1


def problems(error: Invalid) -> Iterator[str]:
    """One line for each thing that is wrong with a mapping."""
    for found in error.errors:
        yield f"trellis: {found.path}: {found.message}" if found.path else f"trellis: {found.message}"


async def _import(args: argparse.Namespace) -> int:
    mapping = read_mapping(args.mapping)
    if args.entity and args.entity != mapping.entity:
        mapping = mapping.model_copy(update={"entity": args.entity})
    rejects = args.rejects or args.file.with_name(args.file.name + ".rejected.csv")
    async with running(Settings.read(os.environ)) as server:
        await make_ready(server.settings, server.database, server.workspaces, args.workspace)
        context = await (await server.workspaces.named(args.workspace)).context()
        context = await as_user(context, args.email)
        gc.freeze()  # what stands now stays: the collector need not look at it again and again
        return await _bring_in(context, args.file, mapping, rejects.absolute())


async def _bring_in(context: Context, file: Path, mapping: Mapping, rejects: Path) -> int:
    started = time.monotonic()
    begun = await start(context, file, mapping, rejects=rejects)
    if begun.position:
        print(f"Going on after row {begun.position} of {begun.total}.")
    finished = await carry_on(context, begun, file, mapping, progress=_show if sys.stderr.isatty() else unwatched)
    rate = (finished.position - begun.position) / max(time.monotonic() - started, 0.001)
    print(summary(finished, rate))
    if finished.error:
        print(f"trellis: {finished.error}", file=sys.stderr)
    return int(finished.state != "done")


def summary(run: ImportRun, rate: float) -> str:
    """The counts, which add up, as a small table."""
    counts = [
        ("Rows", run.total or 0),
        ("Created", run.created),
        ("Updated", run.updated),
        ("Unchanged", run.unchanged),
    ]
    lines = [f"{name:<10}{count:>10,}" for name, count in [*counts, ("Rejected", run.rejected)]]
    if run.rejected:
        lines[-1] += f"   {run.reject_file}"
    if run.warned:
        lines.append(f"{'Warned':<10}{run.warned:>10,}   stored, with a warning")
    return "\n".join([*lines, f"{rate:,.0f} rows per second"])


def _show(run: ImportRun) -> None:
    print(f"\r{run.position:,} of {run.total or 0:,}", end="", file=sys.stderr, flush=True)

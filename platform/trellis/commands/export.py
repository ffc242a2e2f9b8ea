"""`trellis export --entity ENTITY|--view VIEW -o FILE`."""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from trellis.app import running
from trellis.engine.query import Query
from trellis.kernel.errors import NotFound, TrellisError
from trellis.kernel.messages import Message
from trellis.kernel.settings import Settings
from trellis.services.context import Context
from trellis.services.setup import ADMIN, make_ready
from trellis.services.transfer.acting import as_user
from trellis.services.transfer.exporting import csv_chunks, plan, query_of_view
from trellis.services.transfer.workbookfile import write_xlsx


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--entity", help="all records of an entity")
    what.add_argument("--view", help="the records and columns of a view")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="FILE.csv or FILE.xlsx")
    parser.add_argument("--fields", default="", help="comma-separated fields and paths like account.name")
    parser.add_argument("--filter", help="an expression that the records meet")
    parser.add_argument("--raw", action="store_true", help="ids and keys instead of labels, for a re-import")
    parser.add_argument("--workspace", default="main")
    parser.add_argument("--as", dest="email", default=ADMIN, help="in whose name, with whose rights")


def run(args: argparse.Namespace) -> int:
    """Write the file."""
    try:
        return asyncio.run(_export(args))
    except TrellisError as error:
        print(f"trellis: {error}", file=sys.stderr)
        return 1


async def _export(args: argparse.Namespace) -> int:
    async with running(Settings.read(os.environ)) as server:
        await make_ready(server.settings, server.database, server.workspaces, args.workspace)
        context = await (await server.workspaces.named(args.workspace)).context()
        await write_file(await as_user(context, args.email), args)
    return 0


async def write_file(context: Context, args: argparse.Namespace) -> None:
    """Write what the arguments ask for."""
    export = plan(context, _query(context, args), raw=args.raw)
    if args.output.suffix.lower() == ".xlsx":
        await write_xlsx(context, export, args.output)
        return
    with args.output.open("wb") as file:
        async for chunk in csv_chunks(context, export):
            file.write(chunk)


def _query(context: Context, args: argparse.Namespace) -> Query:
    fields = tuple(path.strip() for path in args.fields.split(",") if path.strip())
    if args.entity:
        return Query(args.entity, fields, filter=args.filter)
    view = context.snapshot.views.get(args.view)
    if view is None:
        raise NotFound(Message("There is no view “{view}”.", {"view": args.view}))
    query = query_of_view(view)
    return Query(
        view.entity, fields or query.fields, filter=args.filter, base_filter=query.base_filter, sort=query.sort
    )

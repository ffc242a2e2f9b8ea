"""`trellis audit`: verify the log of who did what, seal it, remove what is old."""

import argparse
import asyncio
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

from trellis.app import running
from trellis.kernel.errors import TrellisError
from trellis.kernel.settings import Settings
from trellis.services.audit.findings import Finding, Kind, Verified
from trellis.services.audit.heads import Head, head_of
from trellis.services.audit.log import Log
from trellis.services.audit.ranges import to_text
from trellis.services.audit.remembered import last_verdict, verify_and_remember
from trellis.services.audit.retention import purge, retention_of
from trellis.services.audit.sealing import accept_head, newest_head, seal
from trellis.services.audit.verifying import first_block, verify

WHOLE, BROKEN, NOT_POSSIBLE = 0, 1, 2

_ACTIONS = {
    "verify": "find every edited, deleted and added row, and every edited, removed and moved block",
    "status": "say what the last verification has found, and when",
    "head": "print the number and the hash of the last block, to keep them elsewhere",
    "seal": "seal now what was written",
    "purge": "remove rows that are older than the settings say",
    "accept": "take the chain that is there as the true one, after a backup was put back",
}
SENTENCES = {
    Kind.EDITED: "edited",
    Kind.DELETED: "deleted",
    Kind.INSERTED: "in no block: added behind Trellis' back",
    Kind.UNSEALED: "not sealed for more than a minute: nobody seals, or they were added",
    Kind.BLOCK_EDITED: "edited",
    Kind.BLOCK_MISSING: "missing",
    Kind.BLOCK_MOVED: "does not follow the block before it",
    Kind.HEAD_MISSING: "was the last one once and is not in the chain: the newest blocks were removed",
    Kind.STATE_FORGED: "the note how far the log is sealed was edited",
}


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    kinds = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, summary in _ACTIONS.items():
        action = kinds.add_parser(name, help=summary)
        action.add_argument("--workspace", default="main")
        if name == "verify":
            action.add_argument("--from", dest="first", metavar="BLOCK|DATE", help="only from this block or day on")
            action.add_argument("--head", metavar="NUMBER:HASH", help="a head that was kept elsewhere must be there")


def run(args: argparse.Namespace) -> int:
    """0 when the log is whole, 1 when something was done to it, 2 when that cannot be said."""
    try:
        return asyncio.run(_run(args))
    except TrellisError as error:
        print(f"trellis: {error}", file=sys.stderr)
    except ValueError as error:
        print(f"trellis: that cannot be read: {error}", file=sys.stderr)
    return NOT_POSSIBLE


async def _run(args: argparse.Namespace) -> int:
    settings = Settings.read(os.environ)
    async with running(settings) as server:
        home = await server.workspaces.named(args.workspace)
        return await act(Log(home.database, home.workspace, home.clock), args, settings)


async def act(log: Log, args: argparse.Namespace, settings: Settings) -> int:
    """Do what was asked; the exit code."""
    match args.action:
        case "verify":
            return await _verify(log, args.first, head_of(args.head) if args.head else None)
        case "status":
            return await _status(log)
        case "seal":
            print(f"{await seal(log):,} rows sealed")
        case "purge":
            removed = await purge(log, retention_of(settings))
            print("\n".join(f"{source}: {rows:,} rows removed" for source, rows in removed.items()) or _FOR_EVER)
        case "accept":
            print(f"The chain ends at {await accept_head(log)}")
        case _:
            print(await newest_head(log))
    return WHOLE


_FOR_EVER = "The log is kept for ever: neither TRELLIS_AUDIT_DAYS nor TRELLIS_HISTORY_DAYS is set"


async def _verify(log: Log, first: str | None, head: Head | None) -> int:
    if first is None and head is None:
        found = await verify_and_remember(log)
    else:
        found = await verify(log, first=await _first(log, first), head=head)
    print("\n".join(lines(found)))
    return BROKEN if found.findings else WHOLE


async def _status(log: Log) -> int:
    async with log.database.read(log.workspace) as connection:
        verdict = await last_verdict(connection, log.key)
    if verdict is None:
        print("The log was not verified yet.")
        return NOT_POSSIBLE
    for finding in verdict.found:
        print(_line(finding))
    found = f"{verdict.findings:,} findings" if verdict.findings else "nothing was changed"
    print(f"Verified until block {verdict.block}, {_moment(verdict.at)}: {found}")
    print(f"The whole log was verified {_moment(verdict.whole_at)}" if verdict.whole_at else "Never as a whole")
    return BROKEN if verdict.findings else WHOLE


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


async def _first(log: Log, text: str | None) -> int:
    if text is None:
        return 1
    if text.isdecimal():
        return int(text)
    return await first_block(log, datetime.fromisoformat(text).replace(tzinfo=UTC))


def lines(found: Verified) -> Iterator[str]:
    """What was looked at and found, a line for each finding."""
    for finding in found.findings:
        yield _line(finding)
    purged = f", {found.purged:,} removed after their time" if found.purged else ""
    waiting = f", {found.unsealed:,} not sealed yet" if found.unsealed else ""
    yield f"{found.blocks:,} blocks, {found.rows:,} rows{purged}{waiting}, up to {found.head.number}:{found.head.hash}"
    yield f"{len(found.findings):,} findings" if found.findings else "Nobody has touched the log."


def _line(finding: Finding) -> str:
    parts = []
    if finding.source and finding.rows:
        parts.append(f"{finding.source} {to_text(finding.rows)}")
    if finding.blocks:
        parts.append(f"block {to_text([finding.blocks])}")
    elif finding.block is not None:
        parts.append(f"block {finding.block}")
    if finding.until:
        since = f"{finding.since:%Y-%m-%d %H:%M:%S}" if finding.since else "the beginning"
        parts.append(f"sealed between {since} and {finding.until:%Y-%m-%d %H:%M:%S} UTC")
    return f"{', '.join(parts) or 'the log'}: {SENTENCES[finding.kind]}"

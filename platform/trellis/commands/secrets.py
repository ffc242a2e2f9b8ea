"""`trellis secrets check|rotate`."""

import argparse
import asyncio
import os
import sys

from trellis.app import Server, running
from trellis.kernel.errors import TrellisError
from trellis.kernel.settings import Settings
from trellis.services.rotation import drop_old_keys, keys_in_use, seal_anew
from trellis.services.vault import Vault, identify, ring_of


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    group = parser.add_subparsers(dest="action", required=True)
    group.add_parser("check", help="say which keys there are and what they seal; fails when one is missing")
    rotate = group.add_parser("rotate", help="make a new key and seal every secret of every workspace with it")
    rotate.add_argument("--drop-old", action="store_true", help="make no new key: forget those that seal nothing more")


def run(args: argparse.Namespace) -> int:
    """Check or rotate."""
    try:
        return asyncio.run(_check() if args.action == "check" else _rotate(drop_old=args.drop_old))
    except TrellisError as error:
        print(f"trellis: {error}", file=sys.stderr)
        return 1


async def _check() -> int:
    settings = Settings.read(os.environ)
    async with running(settings) as server:
        vault = Vault(ring_of(settings))
        present = [identify(key) for key in vault.keys.read()]
        used = await keys_in_use(server.database, server.database.workspaces, vault)
    for number, (key, count) in enumerate(used.items()):
        word = "the key is missing" if key not in present else "the newest" if number == 0 else "an older one"
        print(f"{key}: seals {count}, {word}")
    return 1 if any(key not in present for key in used) else 0


async def _rotate(*, drop_old: bool) -> int:
    settings = Settings.read(os.environ)
    async with running(settings) as server:
        return await (_drop(settings, server) if drop_old else _renew(settings, server))


async def _renew(settings: Settings, server: Server) -> int:
    ring = ring_of(settings)
    if not ring.add():
        print("Keys are given by TRELLIS_SECRET_KEYS: put a new one first there, restart, and run this again.")
    count = await seal_anew(server.database, server.database.workspaces, Vault(ring))
    print(f"Secrets sealed with the new key {identify(ring.read()[0])}: {count}")
    return 0


async def _drop(settings: Settings, server: Server) -> int:
    ring = ring_of(settings)
    count = await drop_old_keys(server.database, server.database.workspaces, ring)
    print(f"Keys forgotten: {count}. The key {identify(ring.read()[0])} is left.")
    if len(ring.given) > 1:
        print("All but the first key in TRELLIS_SECRET_KEYS can be taken away.")
    return 0

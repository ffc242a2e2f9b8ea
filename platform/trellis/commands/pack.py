"""`trellis pack`: the packs of a workspace: list, install, upgrade, switch off and on, remove, write as files."""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from trellis.commands.inworkspace import act_in_workspace
from trellis.commands.plantext import DONE, NOT_POSSIBLE, add_consent, ask_and_publish, failed
from trellis.kernel.errors import NotFound, TrellisError
from trellis.kernel.settings import Settings
from trellis.places import packs_folder
from trellis.services.context import Context
from trellis.services.packs import Disabling, Enabling, Installing, PackChange, Uninstalling, plan, publish
from trellis.services.packs.layerfiles import export_layer, read_layers, write_files
from trellis.services.packs.listing import PackLine, list_packs, pack_folder

_ACTIONS = {
    "install": "install a pack from a folder, or one that lies in the folder of packs",
    "upgrade": "put a newer version under what was changed here",
    "disable": "switch a pack off; its values stay",
    "enable": "switch a pack on again",
    "uninstall": "remove a pack with what was changed in it",
}


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    kinds = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = kinds.add_parser("list", help="the packs, with their versions and states")
    listing.add_argument("--workspace", default="main")
    export = kinds.add_parser("export", help="write a pack, or the customer's layer x, as files")
    export.add_argument("layer", metavar="LAYER")
    export.add_argument("folder", type=Path, metavar="FOLDER", help="where the folder of the layer is made")
    export.add_argument("--workspace", default="main")
    for name, summary in _ACTIONS.items():
        action = kinds.add_parser(name, help=summary)
        action.add_argument("pack", metavar="FOLDER|PACK" if name in ("install", "upgrade") else "PACK")
        action.add_argument("--workspace", default="main")
        action.add_argument("--note", default="", help="what the release is about")
        add_consent(action)


def run(args: argparse.Namespace) -> int:
    """0 when it was done, 1 when something is in the way, 2 when it is not possible."""
    return act_in_workspace(args, _run, _refused)


def _refused(error: TrellisError) -> int:
    if isinstance(error, NotFound):
        print(f"trellis: there is no such pack or layer ({error})", file=sys.stderr)
        return NOT_POSSIBLE
    return failed(error)


async def _run(context: Context, args: argparse.Namespace) -> int:
    settings = Settings.read(os.environ)
    return await act(context, args, Path(settings.packs) if settings.packs else packs_folder())


async def act(context: Context, args: argparse.Namespace, folder: Path) -> int:
    """Do what was asked; the exit code."""
    if args.action == "list":
        print("\n".join(lines(list_packs(context, folder))))
        return DONE
    if args.action == "export":
        files = export_layer(context, args.layer)
        write_files(files, args.folder)
        print(f"{len(files)} files in {args.folder / args.layer}")
        return DONE
    return await _publish(context, args, _change(args, folder))


def _change(args: argparse.Namespace, folder: Path) -> PackChange:
    match args.action:
        case "disable":
            return Disabling(args.pack)
        case "enable":
            return Enabling(args.pack)
        case "uninstall":
            return Uninstalling(args.pack)
        case _:
            given = Path(args.pack)
            return Installing(read_layers(given if given.is_dir() else pack_folder(folder, args.pack)))


async def _publish(context: Context, args: argparse.Namespace, change: PackChange) -> int:
    async def publishing(shown: str, consents: list[str], note: str) -> int:
        return await publish(context, change, shown, consents, note)

    return await ask_and_publish(await plan(context, change), args, publishing)


def lines(packs: list[PackLine]) -> Iterator[str]:
    """One line for each pack."""
    width = max((len(pack.id) for pack in packs), default=0)
    for pack in packs:
        newer = f", version {pack.newer} lies in the folder" if pack.newer else ""
        about = f"{pack.documents} documents, {pack.changes} changes of yours" if pack.installed else "not installed"
        needed = f", needed by {', '.join(pack.required_by)}" if pack.required_by else ""
        off = ", switched off" if pack.state == "disabled" else ""
        yield f"{pack.id:<{width}}  {pack.version:<8}  {about}{off}{needed}{newer}"

"""The command line: `trellis COMMAND`."""

import argparse
import importlib
import sys

from trellis.commands import COMMANDS
from trellis.plugins import PluginError, load_functions

WITHOUT_PLUGINS = frozenset({"docs", "schema"})
"""Commands that write about Trellis itself."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="trellis", description="A CRM platform whose modules are JSON documents.")
    group = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    given = sys.argv[1:] if arguments is None else arguments
    for name, summary in COMMANDS.items():
        sub = group.add_parser(name, help=summary, description=summary[:1].upper() + summary[1:] + ".")
        if given[:1] == [name]:
            module = importlib.import_module(
                f"trellis.commands.{name}_" if name == "import" else f"trellis.commands.{name}"
            )
            module.add(sub)
            sub.set_defaults(run=module.run)
    args = parser.parse_args(given)
    try:
        if args.command not in WITHOUT_PLUGINS:
            load_functions()
    except PluginError as error:
        print(f"trellis: {error}", file=sys.stderr)
        return 1
    return int(args.run(args) or 0)


if __name__ == "__main__":
    sys.exit(main())

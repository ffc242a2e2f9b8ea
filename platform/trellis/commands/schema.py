"""`trellis schema`: the JSON Schemas of the documents as files."""

import argparse
import sys
from pathlib import Path

from trellis.metadata.fieldtypes import FieldTypes, fieldtypes
from trellis.metadata.schemas import schema_files
from trellis.places import packs_folder


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("folder", nargs="?", type=Path, help="where the files stand; by default metadata/schema")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is not up to date")


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    folder = args.folder or packs_folder() / "schema"
    return check(folder) if args.check else write(folder)


def write(folder: Path) -> int:
    """Writes the schemas and removes files of kinds that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    files = schema_files()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    for stray in {file.name for file in folder.glob("*.json")} - files.keys():
        (folder / stray).unlink()
    return 0


def check(folder: Path) -> int:
    """Says which files differ from what the models say; answers 1 when one does."""
    old = stale(folder)
    for name in old:
        print(f"{folder / name} is not up to date; run: trellis schema", file=sys.stderr)
    return int(bool(old))


def stale(folder: Path, types: FieldTypes = fieldtypes) -> list[str]:
    """The names of files that are missing, outdated or superfluous."""
    files = schema_files(types)
    found = {file.name: file.read_text(encoding="utf-8") for file in folder.glob("*.json")}
    return sorted(name for name in files.keys() | found.keys() if files.get(name) != found.get(name))

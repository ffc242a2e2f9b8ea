"""`trellis check FOLDER…`: every defect of packs, with file, place, sentence and suggestion."""

import argparse
import time
from collections.abc import Iterable
from pathlib import Path

from trellis.kernel.errors import Finding
from trellis.metadata.check import check_all
from trellis.metadata.load import Loaded, load_folder
from trellis.places import packs_folder
from trellis.storage.metadata_expressions import check_expression


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="FOLDER", help="a pack or a folder of packs; by default the shipped ones"
    )


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    return check_folders(args.paths or [packs_folder()])


def check_folders(paths: Iterable[Path]) -> int:
    """Prints the findings about all packs below the folders; answers 1 when there is an error, else 0."""
    started = time.perf_counter()
    findings: list[Finding] = []
    documents = 0
    for path in paths:
        loaded = load_folder(path)
        found = check_all(loaded, check_expression, context=_context(loaded))
        documents += len(loaded.documents)
        findings += found
        for finding in found:
            print(line(finding, path))
    print(_summary(findings, documents, time.perf_counter() - started))
    return int(any(finding.severity == "error" for finding in findings))


def line(finding: Finding, folder: Path) -> str:
    """One finding as `file: pointer: severity code: message (hint)`."""
    file = folder / finding.file if finding.file else folder
    hint = f" ({str(finding.hint).rstrip('.')})" if finding.hint else ""
    return f"{file}: {finding.pointer or '/'}: {finding.severity} {finding.code}: {finding.message}{hint}"


def _context(loaded: Loaded) -> Loaded | None:
    """The shipped packs, for packs that build on some of them and are checked alone."""
    wanted = {name for raw in loaded.documents if raw["kind"] == "pack" for name in _required(raw.get("requires"))}
    return load_folder(packs_folder()) if wanted - set(loaded.packs) else None


def _required(requires: object) -> Iterable[str]:
    return requires if isinstance(requires, dict) else ()


def _summary(findings: list[Finding], documents: int, seconds: float) -> str:
    errors = sum(finding.severity == "error" for finding in findings)
    checked = f"{_count(documents, 'document')} in {seconds:.1f} s"
    if not findings:
        return f"No defects in {checked}."
    files = len({finding.file for finding in findings})
    return (
        f"{_count(errors, 'error')}, {_count(len(findings) - errors, 'warning')} in {_count(files, 'file')}; {checked}."
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"

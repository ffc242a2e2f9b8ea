"""`trellis propose FILE --to FOLDER`: the entity that a file would become, as documents."""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from trellis.commands.check import line
from trellis.kernel.errors import TrellisError
from trellis.kernel.names import DOCUMENT_ID
from trellis.metadata.check import check_documents
from trellis.services.proposing.documents import documents
from trellis.services.proposing.mappings import mapping_of_proposal
from trellis.services.proposing.proposal import Proposal, ProposedColumn
from trellis.services.proposing.proposing import propose
from trellis.services.proposing.statistics import gather
from trellis.services.transfer.reading import Choices, Table, open_table

FOLDERS = {"entity": "entities", "form": "forms", "view": "views"}


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", type=Path, help="a CSV file (plain or gzip) or a workbook (xlsx, xls, xlsb, ods)")
    parser.add_argument("--id", help="the id of the entity, like x.order; by default after the name of the file")
    parser.add_argument("--sheet", help="the sheet of a workbook; by default the first that is filled")
    parser.add_argument(
        "--to", type=Path, metavar="FOLDER", help="where the documents and the mapping of the import go"
    )


def run(args: argparse.Namespace) -> int:
    """Print what is proposed, and write it where a folder is given."""
    try:
        table = open_table(args.file, Choices(sheet=args.sheet))
        proposal = propose(gather(table), None, "en", args.file.name, sheet_name=table.sheet)
    except TrellisError as error:
        print(f"trellis: {error}", file=sys.stderr)
        return 1
    if args.id and not DOCUMENT_ID.match(args.id):
        print("trellis: an id is like x.order", file=sys.stderr)
        return 1
    proposal = replace(proposal, id=args.id or proposal.id)
    print("\n".join(_lines(proposal)))
    return _write(proposal, table, args.to) if args.to else 0


def _lines(proposal: Proposal) -> list[str]:
    head = f"{proposal.id}: {proposal.label}, {proposal.rows:,} rows"
    return [head, *(_line(column) for column in proposal.columns), *(str(note) for note in proposal.notes)]


def _line(column: ProposedColumn) -> str:
    kind = column.type if column.keep else "left out"
    reasons = " ".join(str(reason) for reason in column.verdict.reasons)
    return f"  {column.header[:32]:<32}  {column.key[:32]:<32}  {kind:<12} {column.confidence:>4.0%}  {reasons}"


def _write(proposal: Proposal, table: Table, folder: Path) -> int:
    found = documents(proposal, str)
    for finding in check_documents(found):
        print(f"trellis: {line(finding, folder)}", file=sys.stderr)
    for document in found:
        _put(folder / FOLDERS[document["kind"]] / f"{document['id'].partition('.')[2]}.json", document)
    mapping = mapping_of_proposal(proposal, table.sheet, table.header)
    _put(folder / "import.json", mapping.model_dump(mode="json", by_alias=True, exclude_defaults=True))
    return 0


def _put(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(path)

"""Files that nobody here wrote become entities from the file alone."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.checkout import ROOT
from tests.support.samples import sample
from trellis.services.proposing.proposal import Proposal
from trellis.services.proposing.proposing import propose
from trellis.services.proposing.statistics import gather
from trellis.services.transfer.reading import open_table

EXPECTED = sorted((ROOT / "tests" / "imports" / "types").glob("*.json"))
RIGHT = 0.95


def proposed(path: Path, locale: str = "en") -> Proposal:
    table = open_table(path)
    return propose(gather(table), None, locale, path.name, sheet_name=table.sheet)


def expected(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


@pytest.mark.parametrize("path", EXPECTED, ids=lambda path: path.stem)
def test_types_are_what_somebody_who_knows_the_file_would_choose(path: Path) -> None:
    wanted = expected(path)

    proposal = proposed(sample(*wanted["file"]))

    wrong = {
        column.header: (column.type, wanted["types"][column.header])
        for column in proposal.columns
        if column.type != wanted["types"][column.header]
    }
    assert len(wrong) <= (1 - RIGHT) * len(wanted["types"]), wrong
    assert [column.header for column in proposal.columns] == list(wanted["types"])
    assert (proposal.rows, proposal.ragged) == (wanted["rows"], 0)
    assert list(proposal.key) == wanted["key"]


def test_the_same_rows_in_other_files_give_the_same_types() -> None:
    for folder, *names in (
        ("cn-superstore", "superstore_zh.xls", "orders_utf8_bom.csv.gz", "orders_gb18030.csv.gz"),
        ("baltimore-311", "311_sample.csv.gz", "311_sample.xlsx"),
    ):
        found = [[(c.header, c.type) for c in proposed(sample(folder, name)).columns] for name in names]
        assert all(types == found[0] for types in found)

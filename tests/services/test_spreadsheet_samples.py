"""Files that nobody here wrote become entities from the file alone."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.checkout import ROOT
from tests.support.samples import sample
from trellis.engine.query import Count, Query
from trellis.kernel.actor import SYSTEM
from trellis.metadata.load import load_folder
from trellis.places import packs_folder
from trellis.services import queries
from trellis.services.proposing.documents import documents
from trellis.services.proposing.mappings import mapping_of_proposal
from trellis.services.proposing.proposal import Proposal
from trellis.services.proposing.proposing import propose
from trellis.services.proposing.statistics import gather
from trellis.services.publishing import install_packs
from trellis.services.transfer.importing import carry_on, start
from trellis.services.transfer.reading import open_table
from trellis.services.workspaces import OpenWorkspace

EXPECTED = sorted((ROOT / "tests" / "imports" / "types").glob("*.json"))
RIGHT = 0.95


def proposed(path: Path, locale: str = "en") -> Proposal:
    table = open_table(path)
    return propose(gather(table), None, locale, path.name, sheet_name=table.sheet)


def expected(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


BOTH = ("sqlite", pytest.param("postgresql", marks=pytest.mark.soak))


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


@pytest.mark.parametrize("path", EXPECTED, ids=lambda path: path.stem)
@pytest.mark.parametrize("database_kind", BOTH)
async def test_every_row_comes_in(path: Path, home: OpenWorkspace, tmp_path: Path) -> None:
    wanted = expected(path)
    file = sample(*wanted["file"])
    proposal = proposed(file)
    packs = load_folder(packs_folder()).documents
    own = documents(proposal, str)
    await install_packs(home.database, home.workspace, [*packs, *own], home.clock, actor=SYSTEM, note="a file")
    await home.refresh()
    context, mapping = await home.context(), mapping_of_proposal(proposal)

    run = await carry_on(context, await start(context, file, mapping, rejects=tmp_path / "r.csv"), file, mapping)

    assert (run.state, run.created, run.updated, run.rejected) == ("done", wanted["rows"], 0, 0)
    assert await queries.count(context, Query(proposal.id, count=Count.EXACT)) == wanted["rows"]

"""Real files become records, or lines of the reject file with their reason."""

import csv
from pathlib import Path

from tests.support.checkout import ROOT
from tests.support.samples import sample
from trellis.engine.query import Count, Query
from trellis.services import queries
from trellis.services.context import Context
from trellis.services.transfer.importing import carry_on, start
from trellis.services.transfer.mapping import Mapping, read_mapping
from trellis.storage.importruns import ImportRun

Counts = tuple[int | None, int, int, int, int]


def mapped(name: str) -> Mapping:
    return read_mapping(ROOT / "tests" / "imports" / f"{name}.json")


async def brought_in(context: Context, path: Path, mapping: Mapping, rejects: Path) -> ImportRun:
    run = await start(context, path, mapping, rejects=rejects)
    return await carry_on(context, run, path, mapping)


def counts(run: ImportRun) -> Counts:
    assert run.state == "done", run.error
    assert run.position == run.total == run.created + run.updated + run.unchanged + run.rejected
    return run.total, run.created, run.updated, run.unchanged, run.rejected


def refusals(run: ImportRun) -> list[dict[str, str]]:
    assert run.reject_file is not None
    with Path(run.reject_file).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


async def total(context: Context, entity: str) -> int | None:
    return await queries.count(context, Query(entity, count=Count.EXACT))


async def test_the_maven_crm_comes_in_with_all_its_lookups(system: Context, tmp_path: Path) -> None:
    folder = sample("maven-crm-sales")
    found = {
        name: await brought_in(system, folder / file, mapped(f"maven_{name}"), tmp_path / f"{name}.csv")
        for name, file in [
            ("accounts", "accounts.csv"),
            ("products", "products.csv"),
            ("teams", "sales_teams.csv"),
            ("opportunities", "sales_pipeline.csv"),
        ]
    }

    assert {name: counts(run) for name, run in found.items()} == {}

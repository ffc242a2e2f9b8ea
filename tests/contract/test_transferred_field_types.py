"""Every registered field type leaves in a file of rows and comes back as the same value."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.support.fieldtypes import CASES
from tests.support.hostile import hostile_strings
from tests.support.laboratory import COPY, SAMPLE, SCRATCH, Laboratory, spec
from trellis.engine.query import Query
from trellis.services import queries
from trellis.services.commands import Create, Delete
from trellis.services.records import write
from trellis.services.transfer.exporting import csv_chunks, plan
from trellis.services.transfer.importing import carry_on, start
from trellis.services.transfer.mapping import Mapping as ColumnsToFields
from trellis.services.transfer.workbookfile import write_xlsx

NOT_IN_XML = "\ufffe"
"""No XML file can hold this character (XML 1.0, 2.2), so no workbook can."""

KEYS = tuple(key for key in CASES if spec(key).writable)
Values = Mapping[str, Any]

formats = pytest.mark.parametrize("format", ["csv", "xlsx"])


@formats
async def test_a_file_brings_back_every_value(lab: Laboratory, format: str, tmp_path: Path) -> None:
    found = await _sent_and_brought(lab, Query(SAMPLE, ("name", *KEYS)), tmp_path / f"samples.{format}")

    wanted = {values["name"]: values for values in lab.expected.values()}
    wrong = {
        f"{key} {wanted[name][key]!r}": values[key]
        for name, values in found.items()
        for key in KEYS
        if values[key] != wanted[name][key]
    }
    assert wrong == {}
    assert found.keys() == wanted.keys()


@formats
async def test_a_file_brings_back_hostile_text(lab: Laboratory, format: str, tmp_path: Path) -> None:
    strings = [text for text in hostile_strings() if format == "csv" or NOT_IN_XML not in text]
    commands = [
        Create({"name": f"{format} {place}", "story": text, "extra": text}) for place, text in enumerate(strings)
    ]
    made = [found.id for found in await write(lab.context, SCRATCH, commands, atomic=False) if found.error is None]
    query = Query(SCRATCH, ("name", "story", "extra"), filter=f"starts_with(name, '{format} ')", limit=2_000)
    wanted = {record["name"]: record for record in (await queries.list_records(lab.context, query)).records()}

    found = await _sent_and_brought(lab, query, tmp_path / f"hostile.{format}")

    assert len(wanted) == len(made) == len(found) > 0
    wrong = {
        wanted[name][key]: values[key]
        for name, values in found.items()
        for key in ("story", "extra")
        if values[key] != wanted[name][key]
    }
    assert wrong == {}


async def _sent_and_brought(lab: Laboratory, query: Query, path: Path) -> dict[str, Values]:
    """Export, import into the empty copy, and the values that are there then, by name."""
    await _export(lab, query, path)
    columns = {
        key: {"field": key} | ({"by": "id"} if key != "name" and spec(key).target else {}) for key in query.fields
    }
    mapping = ColumnsToFields.model_validate({"entity": COPY, "columns": columns})
    run = await start(lab.context, path, mapping, rejects=path.with_suffix(".rejected.csv"))
    run = await carry_on(lab.context, run, path, mapping)
    assert run.error is None
    assert (run.rejected, run.reject_file) == (0, None)
    copies = (await queries.list_records(lab.context, Query(COPY, query.fields, limit=2_000))).records()
    await write(lab.context, COPY, [Delete(str(copy["id"])) for copy in copies])
    return {str(copy["name"]): copy for copy in copies}


async def _export(lab: Laboratory, query: Query, path: Path) -> None:
    export = plan(lab.context, query, raw=True)
    if path.suffix == ".xlsx":
        await write_xlsx(lab.context, export, path)
        return
    await anyio.Path(path).write_bytes(b"".join([chunk async for chunk in csv_chunks(lab.context, export)]))

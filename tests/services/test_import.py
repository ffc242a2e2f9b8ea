"""Rows of a file become records, or lines of the reject file with their reason."""

import csv
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.services.conftest import person
from trellis.engine.query import Count, Query, SortKey
from trellis.kernel.errors import Forbidden, Invalid
from trellis.services import queries
from trellis.services.context import Context
from trellis.services.transfer import importing
from trellis.services.transfer.importing import TakenOver, carry_on, start
from trellis.services.transfer.mapping import Mapping
from trellis.storage import importruns
from trellis.storage.importruns import ImportRun

Counts = tuple[int, int, int, int]


def mapping(entity: str, columns: dict[str, Any], **members: Any) -> Mapping:
    told = {name: {"field": column} if isinstance(column, str) else column for name, column in columns.items()}
    return Mapping.model_validate({"entity": entity, "columns": told, **members})


ACCOUNTS = mapping("sales.account", {"name": "name", "city": "billing_city", "staff": "employees"}, key=["name"])


async def bring_in(context: Context, folder: Path, text: str, told: Mapping, name: str = "a.csv") -> ImportRun:
    path = folder / name
    path.write_text(text)
    run = await start(context, path, told, rejects=folder / f"{name}.rejected.csv")
    return await carry_on(context, run, path, told)


def counts(run: ImportRun) -> Counts:
    """Created, updated, unchanged, rejected; they add up to the rows of the file."""
    assert run.state == "done", run.error
    assert run.position == run.total == run.created + run.updated + run.unchanged + run.rejected
    return run.created, run.updated, run.unchanged, run.rejected


def reject_text(run: ImportRun) -> str:
    assert run.reject_file is not None
    return Path(run.reject_file).read_bytes().decode("utf-8-sig")


def refusals(run: ImportRun) -> list[dict[str, str]]:
    return list(csv.DictReader(reject_text(run).splitlines(keepends=True)))


async def values(context: Context, entity: str, *fields: str) -> list[tuple[object, ...]]:
    page = await queries.list_records(context, Query(entity, fields, sort=(SortKey(fields[0]),), limit=2000))
    return [row[2:] for row in page.rows]


async def test_rows_are_created_then_updated_then_found_unchanged(system: Context, tmp_path: Path) -> None:
    first = await bring_in(system, tmp_path, "name,city,staff\nAcme,Oslo,5\nBolt,Rome,7\n", ACCOUNTS)
    second = await bring_in(system, tmp_path, "name,city,staff\nAcme,Oslo,5\nBolt,Rome,8\nCamp,,\n", ACCOUNTS)

    assert (counts(first), counts(second)) == ((2, 0, 0, 0), (1, 1, 1, 0))
    assert await values(system, "sales.account", "name", "billing_city", "employees") == [
        ("Acme", "Oslo", 5), ("Bolt", "Rome", 8), ("Camp", None, None),
    ]  # fmt: skip


async def test_rows_with_a_warning_are_stored_and_counted(system: Context, tmp_path: Path) -> None:
    told = mapping("sales.account", {"name": "name"}, options={"mode": "insert"})

    run = await bring_in(system, tmp_path, "name\nAcme\nACME\nBolt\nacme\n", told)

    assert counts(run) == (4, 0, 0, 0)
    assert run.warned == 2


async def test_refused_rows_come_back_with_number_and_reasons(system: Context, tmp_path: Path) -> None:
    text = 'name,city,staff\nAcme,Oslo,many\n,Rome,7\n"Two\nlines",Bern,-1\nOdd,row\nGood,Nice,1\n'

    run = await bring_in(system, tmp_path, text, ACCOUNTS)

    assert counts(run) == (1, 0, 0, 4)
    assert [(row["name"], row["_row"], row["_reason"]) for row in refusals(run)] == [
        ("Acme", "2", "Employees: “many” is not a number."),
        ("", "3", "The key is empty."),
        ("Two\nlines", "4", "Employees: This must be at least 0."),
        ("Odd", "5", "The row has 2 cells, the header 3."),
    ]


async def test_the_reject_file_can_be_mended_and_imported(system: Context, tmp_path: Path) -> None:
    run = await bring_in(system, tmp_path, "name,city,staff\nAcme,Oslo,many\n", ACCOUNTS)
    mended = reject_text(run).replace("many", "12", 1)
    again = await bring_in(system, tmp_path, mended, ACCOUNTS, "mended.csv")

    assert counts(again) == (1, 0, 0, 0)


CONTACTS = {"name": "name", "company": {"field": "account", "by": "name"}}


async def test_lookups_are_found_by_business_key_or_the_row_is_refused(system: Context, tmp_path: Path) -> None:
    await bring_in(system, tmp_path, "name,city,staff\nAcme,Oslo,5\n", ACCOUNTS)
    twins = mapping("sales.account", {"name": "name"}, options={"mode": "insert"})
    await bring_in(system, tmp_path, "name\nTwin\nTwin\n", twins, "twins.csv")

    run = await bring_in(
        system, tmp_path, "name,company\nAnn,Acme\nBob,Nobody\nCid,Twin\nDan,\n", mapping("sales.contact", CONTACTS)
    )

    assert counts(run) == (2, 0, 0, 2)
    assert [row["_reason"] for row in refusals(run)] == [
        "Account: There is no record “Nobody”.", "Account: There are several records “Twin”.",
    ]  # fmt: skip
    assert await values(system, "sales.contact", "name", "account.name") == [("Ann", "Acme"), ("Dan", None)]


async def test_missing_records_are_made_once_where_that_was_asked_for(system: Context, tmp_path: Path) -> None:
    told = mapping("sales.contact", CONTACTS, options={"createMissing": ["sales.account"]})

    run = await bring_in(system, tmp_path, "name,company\nAnn,Acme\nBob,Acme\nCid,Bolt\n", told)

    assert counts(run) == (3, 0, 0, 0)
    assert await values(system, "sales.account", "name") == [("Acme",), ("Bolt",)]


async def test_a_record_that_cannot_be_made_is_a_reason(system: Context, tmp_path: Path) -> None:
    told = mapping("sales.contact", {"name": "name", "boss": {"field": "owner", "by": "email", "create": True}})

    run = await bring_in(system, tmp_path, "name,boss\nAnn,nonsense\n", told)

    assert counts(run) == (0, 0, 0, 1)
    (refusal,) = refusals(run)
    assert refusal["_reason"].startswith("Owner: There is no record “nonsense”. It could not be created: ")


async def test_rows_may_point_to_rows_before_them(system: Context, tmp_path: Path) -> None:
    told = mapping("sales.account", {"name": "name", "parent": {"field": "parent", "by": "name"}}, key=["name"])

    run = await bring_in(system, tmp_path, "name,parent\nA,\nB,A\nC,B\nD,E\n", told)

    assert counts(run) == (3, 0, 0, 1)
    assert await values(system, "sales.account", "name", "parent.name") == [("A", None), ("B", "A"), ("C", "B")]


async def test_a_key_that_comes_twice_means_one_record(system: Context, tmp_path: Path) -> None:
    run = await bring_in(system, tmp_path, "name,city,staff\nA,Oslo,1\nA,Rome,\nA,Rome,1\n", ACCOUNTS)

    assert counts(run) == (1, 1, 1, 0)
    assert await values(system, "sales.account", "name", "billing_city", "employees") == [("A", "Rome", 1)]


async def test_update_mode_creates_nothing(system: Context, tmp_path: Path) -> None:
    await bring_in(system, tmp_path, "name,city,staff\nA,Oslo,1\n", ACCOUNTS)
    told = mapping("sales.account", {"name": "name", "city": "billing_city"}, key=["name"], options={"mode": "update"})

    run = await bring_in(system, tmp_path, "name,city\nA,Rome\nB,Bern\n", told)

    assert counts(run) == (0, 1, 0, 1)
    assert refusals(run)[0]["_reason"] == "There is no record with this key."


async def test_empty_cells_keep_or_clear_as_told(system: Context, tmp_path: Path) -> None:
    await bring_in(system, tmp_path, "name,city,staff\nA,Oslo,1\n", ACCOUNTS)
    clearing = ACCOUNTS.model_copy(update={"options": ACCOUNTS.options.model_copy(update={"empty": "clear"})})

    kept = await bring_in(system, tmp_path, "name,city,staff\nA,,\n", ACCOUNTS)
    cleared = await bring_in(system, tmp_path, "name,city,staff\nA,,1\n", clearing, "b.csv")

    assert (counts(kept), counts(cleared)) == ((0, 0, 1, 0), (0, 1, 0, 0))
    assert await values(system, "sales.account", "name", "billing_city", "employees") == [("A", None, 1)]


async def test_texts_are_read_as_the_mapping_says(system: Context, tmp_path: Path) -> None:
    told = mapping(
        "sales.opportunity",
        {
            "name": "name",
            "sum": "amount",
            "closes": {"field": "close_date", "format": "%d %b %Y"},
            "starts": "engage_date",
            "state": {"field": "stage", "values": {"gewonnen": "won"}},
            "tags": "tags",
        },
        constants={"probability": "80"},
        options={"decimalMark": ",", "dayFirst": True},
    )

    run = await bring_in(
        system,
        tmp_path,
        "name;sum;closes;starts;state;tags\nA;1.234,50;31 Jan 2026;02/03/2026;gewonnen;\nB;2;;;Won;\n",
        told,
    )

    assert counts(run) == (2, 0, 0, 0)
    found = await values(
        system, "sales.opportunity", "name", "amount", "close_date", "engage_date", "stage", "probability"
    )
    assert [(name, amount, str(closes), str(starts), stage) for name, amount, closes, starts, stage, _ in found] == [
        ("A", Decimal("1234.50"), "2026-01-31", "2026-03-02", "won"), ("B", Decimal("2.00"), "None", "None", "won"),
    ]  # fmt: skip
    assert {row[-1] for row in found} == {Decimal(80)}


async def test_a_mapping_that_does_not_fit_is_refused_with_all_its_faults(system: Context, tmp_path: Path) -> None:
    told = mapping(
        "sales.account",
        {"name": "nam", "nowhere": "name", "city": {"field": "billing_city", "by": "x"}, "staff": "code", "up": {"field": "parent", "by": "x"}},
        key=["employees"], constants={"size": 1},
    )  # fmt: skip

    with pytest.raises(Invalid) as refusal:
        await bring_in(system, tmp_path, "name,city,staff,up\nA,B,1,C\n", told)

    assert sorted((error.path, error.code) for error in refusal.value.errors) == [
        ("columns/city/by", "not_a_lookup"),
        ("columns/name/field", "unknown_field"),
        ("columns/nowhere", "unknown_column"),
        ("columns/staff/field", "not_writable"),
        ("columns/up/by", "unknown_field"),
        ("constants/size", "unknown_field"),
        ("key", "key_without_column"),
    ]


async def test_importing_needs_the_right_and_every_row_is_checked_against_the_roles(
    system: Context, tmp_path: Path
) -> None:
    rep = await person(system, "Rita", "sales.rep")

    with pytest.raises(Forbidden):
        await bring_in(rep, tmp_path, "name,city,staff\nA,B,1\n", ACCOUNTS)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten rows at a time, so that an import has many batches."""
    monkeypatch.setattr(importing, "BATCH", 10)


def rows(count: int) -> str:
    lines = [f"A{number},Oslo,{'x' if number % 7 == 0 else number}" for number in range(count)]
    return "\n".join(["name,city,staff", *lines]) + "\n"


@pytest.mark.usefixtures("small_batches")
async def test_an_interrupted_import_goes_on_where_it_stopped_without_duplicates(
    system: Context, tmp_path: Path
) -> None:
    told = ACCOUNTS.model_copy(update={"key": (), "options": ACCOUNTS.options.model_copy(update={"mode": "insert"})})
    path, rejects = tmp_path / "a.csv", tmp_path / "a.rejected.csv"
    path.write_text(rows(95))
    run = await start(system, path, told, rejects=rejects)

    def die(run: ImportRun) -> None:
        if run.position == 40:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await carry_on(system, run, path, told, progress=die)
    with rejects.open("a") as file:
        file.write("a row that was written but never committed\n")
    again = await start(system, path, told, rejects=tmp_path / "other.csv")
    finished = await carry_on(system, again, path, told)

    assert (again.id, again.position) == (run.id, 40)
    assert counts(finished) == (81, 0, 0, 14)
    assert await queries.count(system, Query("sales.account", count=Count.EXACT)) == 81
    assert [row["name"] for row in refusals(finished)] == [f"A{number}" for number in range(0, 95, 7)]


@pytest.mark.usefixtures("small_batches")
async def test_two_processes_cannot_carry_on_the_same_import(system: Context, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(rows(30))
    run = await start(system, path, ACCOUNTS, rejects=tmp_path / "r.csv")
    async with system.database.write(system.workspace) as connection:
        await importruns.save(connection, replace(run, position=10), 0)

    with pytest.raises(TakenOver):
        await carry_on(system, run, path, ACCOUNTS)

    assert await values(system, "sales.account", "name") == []


async def test_a_finished_import_can_be_repeated(system: Context, tmp_path: Path) -> None:
    first = await bring_in(system, tmp_path, "name,city,staff\nA,Oslo,1\n", ACCOUNTS)
    second = await bring_in(system, tmp_path, "name,city,staff\nA,Oslo,1\n", ACCOUNTS)

    assert first.id != second.id
    assert counts(second) == (0, 0, 1, 0)


async def test_history_says_which_import_it_was(system: Context, tmp_path: Path) -> None:
    run = await bring_in(system, tmp_path, "name,city,staff\nA,Oslo,1\n", ACCOUNTS)

    page = await queries.list_records(system, Query("sales.account"))
    (entry,) = await queries.history(system, "sales.account", str(page.rows[0][0]))

    assert entry.causation == f"import:{run.id}"

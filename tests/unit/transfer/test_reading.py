"""Files of rows are read as they were meant, or refused in words."""

import gzip
import json
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path

import pytest
import xlsxwriter
from openpyxl import Workbook  # type: ignore[import-untyped]

from tests.support.samples import sample
from trellis.services.transfer import limits
from trellis.services.transfer.limits import Unreadable
from trellis.services.transfer.reading import UNTOLD, Choices, open_table

SPECTRUM = (
    "comma_in_quotes", "empty", "empty_crlf", "escaped_quotes", "json", "location_coordinates", "newlines", "newlines_crlf",
    "quotes_and_newlines", "simple", "simple_crlf", "utf8",
)  # fmt: skip


def records(path: Path, choices: Choices = UNTOLD) -> list[dict[str, str]]:
    table = open_table(path, choices)
    return [dict(zip(table.columns, row.cells, strict=True)) for row in table.rows()]


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize("name", SPECTRUM)
def test_the_csv_spectrum_reads_as_its_json_says(name: str) -> None:
    text = sample("csv-spectrum", "json", f"{name}.json").read_text()
    if name == "location_coordinates":
        text = f"[{text}]".replace("1234567890", "2095257564")  # the collection names another number in its JSON
    if name == "newlines_crlf":
        text = text.replace("\\r\\n", "\\n")  # the collection's CSV was stored with LF

    assert records(sample("csv-spectrum", "csvs", f"{name}.csv")) == json.loads(text)


def test_a_gbk_file_needs_no_word_about_its_encoding() -> None:
    table = open_table(sample("cn-listed-companies-gbk", "stock_basic_gbk.csv"))

    assert table.encoding == "gb18030"
    assert table.columns == ("Column 1", "TS代码", "股票代码", "股票名称", "行业")
    assert next(table.rows()).cells == ["0", "000001.SZ", "000001", "平安银行", "银行"]
    assert table.count() == 4347


def test_half_a_million_rows_stream() -> None:
    table = open_table(sample("online-retail-2009-2010", "online_retail_2009_2010.csv.gz"))

    assert table.count() == 525_461


def pollock(archive: str, folder: Path) -> Iterator[Path]:
    with zipfile.ZipFile(sample("pollock-csv", archive)) as packed:
        packed.extractall(folder)
    yield from sorted((folder / "csv").iterdir())


@pytest.mark.parametrize("archive", ["polluted.zip", "survey_sample.zip"])
def test_each_messy_csv_file_is_read_or_refused_in_words(archive: str, tmp_path: Path) -> None:
    outcomes = {path.name: _outcome(path) for path in pollock(archive, tmp_path)}

    refused = {name: outcome for name, outcome in outcomes.items() if isinstance(outcome, str)}
    assert len(outcomes) in (42, 44)
    assert refused == ({"file_no_payload.csv": "This file is empty."} if archive == "polluted.zip" else {})


def _outcome(path: Path) -> int | str:
    try:
        return open_table(path).count()
    except Unreadable as error:
        return str(error.message)


def test_each_messy_csv_file_has_the_right_delimiter(tmp_path: Path) -> None:
    ambiguous = {"file_field_delimiter_0x20.csv", "file_no_payload.csv"}
    for archive in ("polluted.zip", "survey_sample.zip"):
        for path in pollock(archive, tmp_path / archive):
            told = json.loads((path.parents[1] / "parameters" / f"{path.name}_parameters.json").read_text())
            if path.name not in ambiguous:
                assert open_table(path).dialect.delimiter == told["delimiter"][0], path.name


def test_a_shifted_row_keeps_its_odd_width(tmp_path: Path) -> None:
    table = open_table(written(tmp_path / "a.csv", "a,b,c\n1,2,\n1,,2,\n4,5\n7,8,9\n"))

    assert [len(row.cells) for row in table.rows()] == [3, 4, 2, 3]
    assert [row.number for row in table.rows()] == [2, 3, 4, 5]


def test_delimiters_at_the_end_of_every_line_make_no_column(tmp_path: Path) -> None:
    assert records(written(tmp_path / "a.csv", "a,b,\n1,2,\n3,4,\n")) == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


def test_columns_get_names_of_their_own(tmp_path: Path) -> None:
    table = open_table(written(tmp_path / "a.csv", "name,,name, two  words\n1,2,3,4\n"))

    assert table.columns == ("name", "Column 2", "name (2)", "two words")


def test_a_file_without_header_is_read_when_told(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "1,2\n3,4\n")

    assert records(path, Choices(header=0)) == [{"Column 1": "1", "Column 2": "2"}, {"Column 1": "3", "Column 2": "4"}]


def test_what_someone_says_wins_over_the_guess(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "a;b,c\n1;2,3\n".encode("utf-16"))

    assert records(path, Choices(delimiter=";", encoding="utf-16")) == [{"a": "1", "b,c": "2,3"}]


@pytest.mark.parametrize(
    ("content", "choices", "reason"),
    [
        (b"", Choices(), "This file is empty."),
        (b"\n\n", Choices(), "The header row is empty."),
        (b'a,b\n1,"2\n3,4\n', Choices(), "The cell that begins with a quotation mark in line 2 never ends."),
        (
            "名\n".encode("gbk"),
            Choices(encoding="utf-8"),
            "This file is not written in utf-8. Choose another encoding.",
        ),
        (b"a\n", Choices(encoding="klingon"), "There is no encoding “klingon”."),
        (b"a\n", Choices(encoding="base64"), "There is no encoding “base64”."),
        (bytes(range(256)) * 20, Choices(), "This is neither a text file nor a workbook."),
        (b"PK\x03\x04 not a zip", Choices(), "This workbook is damaged, or not a workbook at all."),
        (gzip.compress(b"a,b\n" * 5000, mtime=0)[:-20], Choices(), "This gzip file is damaged."),
        (",".join(["x"] * 1001).encode(), Choices(), "A file may have 1000 columns."),
        (b"a\n1\n", Choices(header=9), "Row 9 cannot be the header: there is no such row near the top."),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(content: bytes, choices: Choices, reason: str, tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as refusal:
        open_table(written(tmp_path / "file", content), choices).count()

    assert str(refusal.value.message) == reason


def test_an_endless_cell_or_line_costs_little(tmp_path: Path) -> None:
    endless = written(tmp_path / "a.csv", b'a,b\n1,"' + b"x\n" * 500_000)
    wide = written(tmp_path / "b.csv", b"a,b\n" + b"x" * (limits.LINE_CHARACTERS + 1))

    with pytest.raises(Unreadable, match="never ends"):
        open_table(endless).count()
    with pytest.raises(Unreadable, match="too long"):
        open_table(wide).count()


def test_each_odd_workbook_is_read_or_refused_in_words() -> None:
    outcomes = {path.name: _outcome(path) for path in sorted(sample("xlsx-oddities").iterdir()) if path.suffix != ".md"}

    protected = "This workbook is protected with a password. Save it without one."
    empty = "This workbook has no filled sheet."
    assert {name: outcome for name, outcome in outcomes.items() if isinstance(outcome, str)} == {
        "pass_protected.xlsx": protected, "pass_protected.xlsb": protected,
        "issue127.xls": empty, "issue127.xlsx": empty, "issue343.xls": empty, "picture.xlsb": empty,
        "pictures_in_cell_and_over_cell.xlsx": empty,
    }  # fmt: skip
    assert len(outcomes) == 52


def test_cells_of_a_workbook_become_text_that_fields_read(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["text", "whole", "sum", "big", "small", "yes", "day", "moment", "clock", "empty"])
    cells = ["007", 42, 0.1 + 0.2, 1e15, 1e-7, True, date(2026, 1, 31), datetime(2026, 1, 31, 9, 30), time(9, 30), None]
    sheet.append(cells)
    book.save(tmp_path / "a.xlsx")

    (row,) = open_table(tmp_path / "a.xlsx").rows()

    assert row.cells == [
        "007", "42", "0.3", "1000000000000000", "0.0000001", "true", "2026-01-31", "2026-01-31T09:30:00", "09:30:00", "",
    ]  # fmt: skip


def test_a_sheet_can_be_chosen_and_a_wrong_name_is_told(tmp_path: Path) -> None:
    book = Workbook()
    for name in ("first", "second"):
        book.create_sheet(name).append([name, "x"])
    book.save(tmp_path / "a.xlsx")

    assert open_table(tmp_path / "a.xlsx", Choices(sheet="second")).columns == ("second", "x")
    with pytest.raises(Unreadable, match="no sheet “third”, only Sheet, first, second"):
        open_table(tmp_path / "a.xlsx", Choices(sheet="third"))


@pytest.mark.parametrize(("count", "size"), [(1, 40_000_000), (6_000, 1)])
def test_a_workbook_that_swells_or_is_crowded_is_refused_unopened(count: int, size: int, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(count):
            archive.writestr(f"xl/{number}.xml", bytes(size))

    with pytest.raises(Unreadable, match="too large when unpacked"):
        open_table(tmp_path / "a.xlsx")


def test_a_workbook_of_two_far_cells_is_refused_and_harms_nobody(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "a")
        sheet.write(1_048_575, 16_383, "z")

    with pytest.raises(Unreadable, match="too large when unpacked"):
        open_table(tmp_path / "a.xlsx")

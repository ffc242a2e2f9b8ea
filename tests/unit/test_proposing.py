"""What the cells and the header of a column say about its type."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from trellis.kernel.errors import Invalid
from trellis.metadata.check import check_documents
from trellis.services.proposing.documents import documents, with_entry, without_entries
from trellis.services.proposing.edits import ColumnEdit, check, edited, edits_of
from trellis.services.proposing.mappings import mapping_of_proposal
from trellis.services.proposing.naming import key_from
from trellis.services.proposing.proposal import Proposal, ProposedColumn
from trellis.services.proposing.proposing import names_of, propose
from trellis.services.proposing.separating import separated
from trellis.services.proposing.statistics import MOST_DISTINCT, gather
from trellis.services.proposing.words import label_of, words_of
from trellis.services.transfer.reading import Row


@dataclass(frozen=True)
class Cells:
    """A table in memory."""

    columns: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]

    def rows(self) -> Iterator[Row]:
        return (Row(number, list(line)) for number, line in enumerate(self.lines, 2))


def proposal(columns: dict[str, list[str]], name: str = "things.csv", locale: str = "en") -> Proposal:
    lines = tuple(zip(*columns.values(), strict=True))
    return propose(gather(Cells(tuple(columns), lines)), None, locale, name)


def column(header: str, *cells: str, times: int = 1, locale: str = "en") -> ProposedColumn:
    return proposal({header: [*cells] * times}, locale=locale).columns[0]


WORDS = ("red", "green", "blue")
TYPES: list[tuple[str, str, tuple[str, ...], int]] = [
    ("integer", "Pieces", ("3", "12", "1,200", "-4"), 3),
    ("decimal", "Weight", ("3.5", "12", "1,200.25"), 3),
    ("currency", "Value", ("€ 3.50", "€ 12.00"), 3),
    ("currency", "销售额", ("3.5", "12"), 3),
    ("decimal", "price index", ("3.5", "12.75"), 3),
    ("percent", "Share", ("35 %", "4.5%"), 3),
    ("percent", "Discount %", ("35", "4.5"), 3),
    ("decimal", "Discount", ("0.35", "0.2"), 3),
    ("text", "Customer ID", ("17850", "13047"), 3),
    ("text", "ZIP", ("21201", "21202"), 3),
    ("text", "Part", ("0012", "0013"), 3),
    ("text", "Part", ("12345678901234567890", "1"), 3),
    ("text", "Line", ("1", "2", "3", "4"), 1),
    ("date", "When", ("2026-01-31", "2026-02-01"), 3),
    ("date", "日期", ("2026年1月31日", "2026/2/1"), 3),
    ("date", "Bought", ("31-Jan-2026", "01-Feb-2026"), 3),
    ("date", "Date", ("20260131", "20260201"), 3),
    ("integer", "Things", ("20260131", "20260201"), 3),
    ("datetime", "When", ("2026-01-31 10:15", "2026-02-01 00:00"), 3),
    ("datetime", "When", ("2026-01-31T10:15:00Z", "2026-02-01T00:00:00Z"), 3),
    ("date", "When", ("2026-01-31 00:00:00", "2026-02-01 00:00:00"), 3),
    ("date", "Order date", ("45000", "45321"), 3),
    ("datetime", "Order time", ("45000.5", "45321.25"), 3),
    ("boolean", "Active", ("Yes", "No"), 3),
    ("boolean", "是否在职", ("是", "否"), 3),
    ("boolean", "Senior", ("0", "1"), 40),
    ("integer", "Children count", ("0", "1"), 40),
    ("boolean", "退回", ("是", ""), 10),
    ("select", "Colour", WORDS, 5),
    ("select", "District", tuple(map(str, range(1, 9))), 10),
    ("text", "Customer name", tuple(f"Name {n}" for n in range(20)), 10),
    ("multiselect", "Tags", ("red; green", "blue; red", "green; blue", "red; green; blue"), 5),
    ("email", "Mail", ("a@example.com", "b@example.org"), 3),
    ("url", "Site", ("https://example.com/a", "https://example.com/b"), 3),
    ("phone", "Phone", ("+49 30 901820", "+86 138 0013 8000"), 3),
    ("longtext", "Description", (f"{'word ' * 80}one", f"{'word ' * 80}two"), 2),
    ("longtext", "Address", ("one\ntwo", "three\nfour"), 2),
    ("text", "Empty", ("", ""), 2),
]


@pytest.mark.parametrize(
    ("kind", "header", "cells", "times"), TYPES, ids=[f"{kind}-{head}" for kind, head, *_ in TYPES]
)
def test_the_type_follows_from_cells_and_header(kind: str, header: str, cells: tuple[str, ...], times: int) -> None:
    assert column(header, *cells, times=times).type == kind


def test_one_cell_that_is_different_makes_a_column_text() -> None:
    assert column("Pieces", "1", "2", "three").type == "text"
    assert column("When", "2026-01-31", "soon").type == "text"
    assert column("Mail", "a@example.com", "nobody").type == "text"


def test_words_for_nothing_become_empty() -> None:
    found = column("Pieces", "1", "2", "n/a", "4", "5")

    assert found.type == "integer"
    assert found.verdict.values == {"n/a": ""}
    assert [str(reason) for reason in found.verdict.reasons] == [
        "Every cell is a whole number.", "Cells that say “n/a” become empty: 1.",
    ]  # fmt: skip


def test_day_and_month_are_told_apart_by_the_whole_file() -> None:
    sure = column("When", "01/02/2026", "31/01/2026")
    other = proposal({"A": ["31/01/2026", "01/02/2026"], "B": ["01/02/2026", "02/03/2026"]}).columns[1]
    unsure = column("When", "01/02/2026", "02/03/2026")

    assert [sure.verdict.format, other.verdict.format, unsure.verdict.format] == ["%d/%m/%Y", "%d/%m/%Y", None]
    assert sure.confidence == other.confidence > unsure.confidence


def test_a_decimal_comma_is_found_out_for_the_file() -> None:
    found = proposal({"Weight": ["1,5", "2,25", "1.200,5"], "Pieces": ["1", "2", "3"]})

    assert found.decimal_mark == ","
    assert [(item.type, item.verdict.options.get("scale")) for item in found.columns] == [
        ("decimal", 2),
        ("text", None),
    ]


def test_noise_of_spreadsheets_is_no_precision() -> None:
    found = column("利润", "-60.70400000000001", "42.56", "7.105427357601002e-15")

    assert found.verdict.options == {"precision": 18, "scale": 3}


def test_options_get_keys_and_keep_their_words() -> None:
    found = column("Kind", "标准级", "admin.", "admin", "Admin", times=5)

    options = found.verdict.options["options"]
    assert {key: option["label"] for key, option in options.items()} == {
        "admin": "admin", "biao_zhun_ji": "标准级", "admin_2": "admin.",
    }  # fmt: skip


def test_the_key_is_filled_and_unique_and_the_title_names() -> None:
    numbers = [f"{n:04}" for n in range(40)]
    found = proposal({"Name": [f"Thing {n}" for n in range(40)], "Thing No.": numbers, "Colour": ["red", "blue"] * 20})

    assert (found.key, found.title) == (("Thing No.",), "Name")
    assert found.columns[1].definition == {"type": "text", "label": "Thing No.", "required": True, "unique": True}
    assert not any(item.required for item in found.columns if item.header != "Thing No.")


def test_records_without_a_name_are_numbered() -> None:
    found = proposal({"Age": ["1", "2", "1"] * 9, "Colour": ["red", "blue", "red"] * 9})

    entity, form, view = documents(found, str)
    assert (found.title, found.key) == ("", ())
    assert (entity["titleField"], entity["fields"]["number"]["type"]) == ("number", "autonumber")
    assert "number" in form["sections"]["details"]["items"]
    assert view["columns"]["number"]["link"] is True


@pytest.mark.parametrize(
    ("file", "sheet", "names"),
    [
        ("orders_utf8_bom.csv.gz", "", ("Order", "Orders")),
        ("superstore.xls", "订单", ("订单", "订单")),
        ("companies-2024 final.xlsx", "Sheet1", ("Company", "Companies")),
        ("C:\\data\\boxes.csv", "", ("Box", "Boxes")),
        ("123.csv", "", ("123", "123")),
    ],
)
def test_names_come_from_the_sheet_or_the_file(file: str, sheet: str, names: tuple[str, str]) -> None:
    assert names_of(file, sheet) == names


def test_headers_fall_into_words() -> None:
    assert words_of("SRRecordID") == ("sr", "record", "id")
    assert words_of("客户 ID") == ("客户", "id")
    assert [label_of(header) for header in ("customerID", "day_of_week", "emp.var.rate", "省/自治区")] == [
        "Customer ID", "Day of week", "Emp var rate", "省/自治区",
    ]  # fmt: skip


def test_keys_are_free_and_no_words_of_the_language() -> None:
    assert key_from("客户名称", set(), "field") == "ke_hu_ming_cheng"
    assert key_from("Name", {"name"}, "field") == "name_2"
    assert key_from("2010 Census", set(), "field") == "field_2010_census"
    assert key_from("from", set(), "field") == "from_value"
    assert key_from("owner", set(), "field") == "owner_value"
    assert key_from("❤", set(), "field") == "field"


def test_odd_headers_become_sound_documents() -> None:
    headers = ("", "Name", "Name (2)", "class", "id", "客户", "❤", "a" * 200)
    found = proposal({header or "Column 1": [f"{n} {place}" for n in range(5)] for place, header in enumerate(headers)})

    assert check_documents(documents(found, str)) == ()


def test_more_values_than_are_counted_do_not_grow_memory() -> None:
    cells = [f"value {n}" for n in range(MOST_DISTINCT * 5)]
    sheet = gather(Cells(("Code", "Kind"), tuple(zip(cells, WORDS * (2 * MOST_DISTINCT), strict=False))))

    code, kind = sheet.columns
    assert (code.distinct, code.overflown, code.unique, code.filled) == (MOST_DISTINCT, True, True, len(cells))
    assert (kind.distinct, kind.overflown, kind.unique) == (3, False, False)
    assert len(sheet.kept) < sheet.rows


def test_rows_of_another_width_are_counted_apart() -> None:
    sheet = gather(Cells(("A", "B"), (("1", "2"), ("3",), ("4", "5"))))
    found = propose(sheet, None, "en", "a.csv")

    assert (found.rows, found.ragged) == (3, 1)
    assert str(found.notes[0]).startswith("Rows with another number of cells")


def test_changes_are_applied_and_checked() -> None:
    found = proposal({"Name": [f"Thing {n}" for n in range(20)], "Pieces": ["1", "2"] * 10})
    columns = {**edits_of(found).columns, "Pieces": ColumnEdit(True, "", "name", "decimal")}
    changed = edited(
        found, replace(edits_of(found), label="", name="Bad id", title="Pieces", key="Pieces", columns=columns)
    )

    assert (changed.columns[1].type, changed.title, changed.key) == ("decimal", "Pieces", ())
    with pytest.raises(Invalid) as caught:
        check(changed, frozenset())
    assert {error.path for error in caught.value.errors} == {
        "label", "name", "columns/Pieces/label", "columns/Pieces/key",
    }  # fmt: skip


def test_groups_that_repeat_can_be_entities_of_their_own() -> None:
    found = proposal(
        {
            "Order No": [f"{n:05}" for n in range(100)],
            "Customer ID": [f"C-{n % 10}" for n in range(100)],
            "Customer name": [f"Name {n % 10}" for n in range(100)],
            "Pieces": [str(n % 7) for n in range(100)],
        },
        "orders.csv",
    )

    whole = separated(found, ["Customer ID"], {"customer"})
    (part,) = whole.parts
    link = whole.rows.column("Customer ID")
    assert link is not None
    assert [split.columns for split in found.splits] == [("Customer name",)]
    assert (part.id, part.title, part.key) == ("x.customer_2", "Customer name", ("Customer ID",))
    assert (link.type, link.definition["target"]) == ("lookup", "x.customer_2")
    assert [item.header for item in whole.rows.kept] == ["Order No", "Customer ID", "Pieces"]
    assert mapping_of_proposal(whole.rows).columns["Customer ID"].by == "customer_id"
    assert check_documents([*documents(part, str), *documents(whole.rows, str)]) == ()
    assert separated(found, [], set()).parts == ()


def test_a_menu_gets_one_line_and_loses_it_again() -> None:
    found = proposal({"Name": [f"Thing {n}" for n in range(20)]})
    menu = {"kind": "navigation", "id": "x.main_nav", "items": {"other": {"order": 40, "entity": "x.other"}}}

    once = with_entry(menu, found, edits_of(found).extras)
    twice = with_entry(once, found, edits_of(found).extras)

    assert once == twice
    assert once["items"]["thing"] == {"order": 50, "label": "Things", "icon": "table", "view": "x.thing_all"}
    assert without_entries(once, ["x.thing_all"]) == menu

"""The spreadsheet cases: a list of formulas with the cells they name, and a workbook with formulas above their results."""

import csv
import json
import re
import warnings
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from openpyxl import load_workbook  # type: ignore[import-untyped]
from openpyxl.worksheet.worksheet import Worksheet  # type: ignore[import-untyped]

from tests.conformance.cases import Case, Failure, Translation, Untranslatable
from tests.conformance.excel_cells import content_of
from tests.conformance.excel_formulas import Invocation, Operation, Reference, Tree, parse
from tests.conformance.excel_functions import FUNCTIONS
from tests.conformance.excel_translator import Cells, Translator

WORKBOOK = Path("formula-cases", "workbooks", "POI", "FormulaEvalTestData_Copy.xlsx")
SHEET = "EverythingTests"
CELL = re.compile(r"[A-Z]{1,3}\d+")
ERRORS = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"})
LIST = Path("formula-cases", "formula_cases_a.csv")


def listed_cases(folder: Path) -> Iterator[Case]:
    """The formulas of the list."""
    with (folder / LIST).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            inputs = json.loads(row["inputs_json"], parse_int=int)
            cells = {name: content_of(value) for name, value in inputs.items()}
            name = f"{row['workbook']} {row['sheet']}!{row['cell']}"
            yield case(name, row["formula"], cells, _expected(row["expected_type"], row["expected"]))


def workbook_cases(folder: Path) -> Iterator[Case]:
    """The formulas of the workbook: a row of formulas, below it a row of their results."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        formulas, values = (load_workbook(folder / WORKBOOK, data_only=shown)[SHEET] for shown in (False, True))
    contents = _Contents(formulas, values)
    for row in formulas.iter_rows(min_row=1):
        if row[2].value == "FORMULA":
            for cell in row[3:]:
                if isinstance(cell.value, str) and cell.value.startswith("=") and cell.value != "=":
                    expected = _shown(contents[f"{cell.column_letter}{cell.row + 1}"])
                    yield case(f"{SHEET}!{cell.coordinate}", cell.value, contents, expected)


class _Contents(Mapping[str, object]):
    """The cells of a sheet, read when they are asked for; `asked` are those that were."""

    def __init__(self, formulas: Worksheet, values: Worksheet) -> None:
        self.formulas, self.values_of = formulas, values

    def __getitem__(self, name: str) -> object:
        if not CELL.fullmatch(name):
            raise KeyError(name)
        value = self.values_of[name].value
        if value is None and self.formulas[name].value is not None:
            return ""
        return _content(value)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _content(value: object) -> object:
    match value:
        case datetime():
            return content_of({"date": value.isoformat()})
        case str() if value in ERRORS:
            return Failure(value)
    return content_of(value)


def _shown(value: object) -> object:
    """The value of a result as the cases have it: numbers are decimals."""
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def case(name: str, formula: str, cells: Cells, expected: object) -> Case:
    """The case with its translation, or with what is missing for one."""
    group = "operators"
    try:
        tree = parse(formula)
        group = group_of(tree)
        translation = translate(tree, cells)
    except Untranslatable as missing:
        return Case(name, group, formula, expected, missing=str(missing))
    return Case(name, group, formula, expected, translation, inputs=_named(tree, cells))


def translate(tree: Tree, cells: Cells) -> Translation:
    """The formula in our language; raises Untranslatable when it uses something without an equivalent."""
    translator = Translator(cells, FUNCTIONS)
    term = translator.value(tree)
    return translator.sheet.translation(term)


def _named(tree: Tree, cells: Cells) -> Cells:
    """The cells that the formula names."""
    match tree:
        case Reference(name=name) if name in cells:
            return {name: cells[name]}
        case Invocation(arguments=parts) | Operation(operands=parts):
            return {name: value for part in parts for name, value in _named(part, cells).items()}
    return {}


def group_of(tree: Tree) -> str:
    """The outermost function of a formula, or its sign."""
    match tree:
        case Invocation(name=name):
            return name
        case Operation(operands=operands):
            return next((group for group in map(group_of, operands) if group != "operators"), "operators")
    return "operators"


def _expected(kind: str, value: str) -> object:
    match kind:
        case "error":
            return Failure(value)
        case "boolean":
            return value == "TRUE"
        case "number":
            return Decimal(value)
        case "date":
            return content_of({"time": value} if value[2:3] == ":" else {"date": value})
    return value

"""Reads one sheet of a workbook in a process of its own and prints its rows as lines of JSON.

A workbook of two cells can ask for half a terabyte, and the parser then aborts its process: this one, which nobody misses.
Run as a file: `sheetchild.py PATH SHEET MEMORY_BYTES CPU_SECONDS`; SHEET may be empty.
"""

import contextlib
import datetime
import json
import sys
from decimal import Decimal
from typing import Any

import python_calamine


def main(path: str, wanted: str, memory: int, seconds: int) -> int:
    _bound(memory, seconds)
    try:
        with python_calamine.CalamineWorkbook.from_path(path) as workbook:
            return _print_sheet(workbook, wanted)
    except python_calamine.PasswordError:
        return _say({"refused": "password"})
    except Exception as error:
        return _say({"refused": "corrupt", "detail": str(error)[:200]})


def _bound(memory: int, seconds: int) -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _print_sheet(workbook: Any, wanted: str) -> int:
    sheets = [sheet.name for sheet in workbook.sheets_metadata if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet]
    if wanted and wanted not in sheets:
        return _say({"refused": "sheet", "sheets": sheets})
    for name in [wanted] if wanted else _visible_first(workbook, sheets):
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
        if wanted or any(cell != "" for row in rows for cell in row):
            _say({"sheet": name, "sheets": sheets})
            for row in rows:
                _say([text_of(cell) for cell in row])
            return 0
    return _say({"refused": "empty", "sheets": sheets})


def _visible_first(workbook: Any, sheets: list[str]) -> list[str]:
    shown = {
        sheet.name for sheet in workbook.sheets_metadata if sheet.visible == python_calamine.SheetVisibleEnum.Visible
    }
    return sorted(sheets, key=lambda name: name not in shown)


def text_of(cell: Any) -> str:
    """A cell as text that field types read: numbers as the spreadsheet shows them, dates as ISO 8601."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return _plain_number(cell)
    if isinstance(cell, datetime.datetime):
        return (cell.replace(microsecond=0) if cell.microsecond < 500_000 else _rounded(cell)).isoformat()
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return str(cell)


def _plain_number(number: float) -> str:
    """At most 15 digits, which is what a spreadsheet keeps, and never an exponent."""
    text = f"{number:.15g}"
    return f"{Decimal(text):f}" if "e" in text else text


def _rounded(moment: datetime.datetime) -> datetime.datetime:
    return moment.replace(microsecond=0) + datetime.timedelta(seconds=1)


def _say(value: Any) -> int:
    sys.stdout.write(json.dumps(value, ensure_ascii=True) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))

"""Rows into an XLSX workbook that never has to be in memory as a whole."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from trellis.services.context import Context
from trellis.services.transfer.exporting import Cell, Export, pages
from trellis.services.transfer.safety import risky

MOST_ROWS = 1_048_576
MOST_CHARACTERS = 32_767
_EXACT_DIGITS = 15


async def write_xlsx(context: Context, export: Export, path: Path) -> int:
    """Write the workbook and say how many records are in it; its times are those of the reader's zone, as in an import."""
    zone = context.preferences.zone if context.actor.is_system else context.actor.zone
    book = await asyncio.to_thread(Book, path, export.header, ZoneInfo(zone))
    try:
        async for rows in pages(context, export):
            await asyncio.to_thread(book.add, rows)
    finally:
        await asyncio.to_thread(book.close)
    return book.count


class Book:
    """A workbook that grows downwards, and by a sheet where one is full."""

    def __init__(self, path: Path, header: Sequence[str], zone: ZoneInfo) -> None:
        import xlsxwriter  # takes a while to import, and few starts write a workbook

        self._book: Any = xlsxwriter.Workbook(
            str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        self._head = self._book.add_format({"bold": True})
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._quoted = self._book.add_format({"quote_prefix": True})
        self._header = header
        self._zone = zone
        self.count = 0
        self._begin_sheet()

    def _begin_sheet(self) -> None:
        self._sheet: Any = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        for column, title in enumerate(self._header):
            self._sheet.write_string(0, column, title, self._head)
        self._row = 1

    def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Write rows below the others."""
        for row in rows:
            if self._row >= MOST_ROWS:
                self._begin_sheet()
            for column, cell in enumerate(row):
                self._put(column, cell)
            self._row += 1
        self.count += len(rows)

    def _put(self, column: int, cell: Cell) -> None:
        match cell:
            case None:
                return
            case datetime() if (local := cell.astimezone(self._zone)).year >= 1900:
                self._sheet.write_datetime(self._row, column, local.replace(tzinfo=None), self._moment)
            case date() if cell.year >= 1900 and not isinstance(cell, datetime):
                self._sheet.write_datetime(self._row, column, datetime(cell.year, cell.month, cell.day), self._day)
            case Decimal() | int() if len(Decimal(cell).as_tuple().digits) <= _EXACT_DIGITS:
                self._sheet.write_number(self._row, column, cell)
            case _:
                self._text(column, f"{cell:f}" if isinstance(cell, Decimal) else str(cell))

    def _text(self, column: int, text: str) -> None:
        style = self._quoted if risky(text) else None
        self._sheet.write_string(self._row, column, text[:MOST_CHARACTERS], style)

    def close(self) -> None:
        """Write what is left and close the file."""
        self._book.close()

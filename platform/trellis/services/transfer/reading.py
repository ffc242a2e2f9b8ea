"""Files of rows: CSV in any encoding (plain or gzip) and workbooks, as one stream of text cells."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from trellis.kernel.messages import Message
from trellis.services.transfer import limits
from trellis.services.transfer.limits import Unreadable
from trellis.services.transfer.sniffing import (
    COMMON,
    SAMPLE_BYTES,
    SAMPLE_ROWS,
    Dialect,
    detect_dialect,
    detect_encoding,
    header_row,
    modal_width,
    sample_rows,
)
from trellis.services.transfer.workbooks import looks_like_workbook, open_sheet

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Choices:
    """What someone said about a file; None leaves it to us. `header` is the number of its row, 0 for no header."""

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header: int | None = None


UNTOLD = Choices()


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `number` counts from 1 as a spreadsheet program shows it."""

    number: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Table:
    """How a file is to be read, and what its columns are called."""

    path: Path
    kind: str
    columns: tuple[str, ...]
    header: int
    width: int = 0
    encoding: str = ""
    dialect: Dialect = COMMON
    sheet: str = ""
    sheets: tuple[str, ...] = ()

    def rows(self) -> Iterator[Row]:
        """The rows below the header that are not blank; raises Unreadable where the file breaks."""
        for number, cells in enumerate(self._all_rows(), 1):
            if number > self.header and any(cells):
                if number > limits.ROWS:
                    raise Unreadable(Message("A file may have {limit} rows.", {"limit": limits.ROWS}))
                yield Row(number, self._fitted(cells))

    def count(self) -> int:
        """How many rows there are; reads the file once, so that its faults show before anything is written."""
        return sum(1 for _row in self.rows())

    def _fitted(self, cells: list[str]) -> list[str]:
        """Empty cells beyond the columns are dropped where the whole file has them; elsewhere they mean a shifted row."""
        count = len(self.columns)
        return cells[:count] if count < len(cells) == self.width and not any(cells[count:]) else cells

    def _all_rows(self) -> Iterator[list[str]]:
        if self.kind == "workbook":
            return open_sheet(self.path, self.sheet).rows
        return _csv_rows(self.path, self.encoding, self.dialect)


def open_table(path: Path, choices: Choices = UNTOLD) -> Table:
    """Find out how to read a file; raises Unreadable with the reason in words."""
    if not path.is_file():
        raise Unreadable(Message("There is no file “{name}”.", {"name": path.name}))
    if path.stat().st_size > limits.FILE_BYTES:
        raise Unreadable(Message("A file may have {limit} MB.", {"limit": limits.FILE_BYTES // 10**6}))
    with path.open("rb") as file:
        head = file.read(8)
    if not head:
        raise Unreadable(Message("This file is empty."))
    return _workbook(path, choices) if looks_like_workbook(head) else _text_table(path, choices)


def _workbook(path: Path, choices: Choices) -> Table:
    sheet = open_sheet(path, choices.sheet)
    first = list(islice(sheet.rows, SAMPLE_ROWS))
    sheet.rows.close()
    table = Table(path, "workbook", (), 0, sheet=sheet.name, sheets=sheet.names)
    return _with_columns(table, first, choices)


def _text_table(path: Path, choices: Choices) -> Table:
    encoding = choices.encoding or _detected_encoding(path)
    text = _sample(path, encoding)
    dialect = detect_dialect(text)
    if choices.delimiter:
        dialect = replace(
            dialect, delimiter=choices.delimiter, skip_space=choices.delimiter == " " or dialect.skip_space
        )
    first = sample_rows(text, dialect)
    if not first:
        raise Unreadable(Message("This file is empty, or one of its cells never ends."))
    return _with_columns(Table(path, "csv", (), 0, encoding=encoding, dialect=dialect), first, choices)


def _with_columns(table: Table, first: list[list[str]], choices: Choices) -> Table:
    announced = (
        1 if table.kind == "csv" and len(first[0]) == 2 and first[0][0] == "sep=" or first[0][:1] == ["sep="] else 0
    )
    header = choices.header if choices.header is not None else announced + header_row(first[announced:]) + 1
    if header > len(first):
        raise Unreadable(
            Message("Row {number} cannot be the header: there is no such row near the top.", {"number": header})
        )
    below = [row for row in first[header:] if any(row)]
    width = modal_width(below)[0] if below else 0
    used = max((_last_filled(row) for row in below if len(row) == width), default=0)
    names = first[header - 1] if header else [""] * used
    columns = column_names(
        names + [""] * (used - len(names)) if len(names) < used == width else names[: max(_last_filled(names), used)]
    )
    if not columns:
        raise Unreadable(Message("The header row is empty."))
    if len(columns) > limits.COLUMNS:
        raise Unreadable(Message("A file may have {limit} columns.", {"limit": limits.COLUMNS}))
    return replace(table, columns=columns, header=header, width=width)


def _last_filled(cells: list[str]) -> int:
    return max((number for number, cell in enumerate(cells, 1) if cell.strip()), default=0)


def column_names(cells: list[str]) -> tuple[str, ...]:
    """A name for each column: trimmed, made up where there is none, counted up where one comes twice."""
    names: dict[str, None] = {}
    for number, cell in enumerate(cells, 1):
        name = " ".join(cell.split()) or f"Column {number}"
        count, fresh = 1, name
        while fresh in names:
            count += 1
            fresh = f"{name} ({count})"
        names[fresh] = None
    return tuple(names)


def _detected_encoding(path: Path) -> str:
    with _opened(path) as file:
        return detect_encoding(_chunks(file))


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    size = 0
    while chunk := file.read(_CHUNK):
        size += len(chunk)
        if size > limits.FILE_BYTES:
            raise Unreadable(Message("A file may have {limit} MB.", {"limit": limits.FILE_BYTES // 10**6}))
        yield chunk


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked when it is gzip."""
    with path.open("rb") as plain:
        packed = plain.read(2) == b"\x1f\x8b"
        plain.seek(0)
        try:
            yield cast("BinaryIO", gzip.GzipFile(fileobj=plain)) if packed else plain
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise Unreadable(Message("This gzip file is damaged.")) from None


@contextmanager
def _text(path: Path, encoding: str) -> Iterator[io.TextIOWrapper]:
    with _opened(path) as file:
        try:
            yield io.TextIOWrapper(file, encoding=encoding, newline="")
        except LookupError:
            raise Unreadable(Message("There is no encoding “{name}”.", {"name": encoding})) from None
        except UnicodeError as error:
            raise Unreadable(_not_in(encoding, error)) from None


def _not_in(encoding: str, error: UnicodeError) -> Message:
    return Message("This file is not written in {encoding}. Choose another encoding.", {"encoding": encoding})


def _sample(path: Path, encoding: str) -> str:
    with _text(path, encoding) as text:
        sample = text.read(SAMPLE_BYTES)
    _refuse_binary(sample)
    return sample


def _refuse_binary(sample: str) -> None:
    odd = sum(1 for character in sample if character < " " and character not in "\t\r\n\x0b\x0c\x1a")
    if odd > 20 and odd > 0.01 * len(sample):
        raise Unreadable(Message("This is neither a text file nor a workbook."))


def _csv_rows(path: Path, encoding: str, dialect: Dialect) -> Iterator[list[str]]:
    with _text(path, encoding) as text:
        lines = _Lines(text)
        rows = dialect.reader(lines)
        while True:
            lines.begin_row()
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error:
                raise Unreadable(_endless(lines.row_line)) from None
            if lines.ended_inside_row:
                raise Unreadable(_endless(lines.row_line))
            yield row


def _endless(line: int) -> Message:
    return Message("The cell that begins with a quotation mark in line {line} never ends.", {"line": line})


class _Lines:
    """Lines of bounded length that know whether the file ended in the middle of a row."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._read = text.readline
        self._taken = 0
        self._line = 0
        self.row_line = 1
        self.ended_inside_row = False

    def begin_row(self) -> None:
        self._taken = 0
        self.row_line = self._line + 1

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._read(limits.LINE_CHARACTERS)
        if not line:
            self.ended_inside_row = self._taken > 0
            raise StopIteration
        if len(line) >= limits.LINE_CHARACTERS:
            raise Unreadable(Message("Line {line} is too long for a table.", {"line": self._line + 1}))
        self._taken += 1
        self._line += 1
        return line


def preview(table: Table, count: int = 20) -> list[Row]:
    """The first rows, for people to look at."""
    return list(islice(table.rows(), count))

"""The file of refused rows: the columns of the original, the number of the row, and the reason."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from trellis.kernel.messages import Translate
from trellis.services.transfer.rows import Incoming

ROW, REASON = "_row", "_reason"


def plain(text: str) -> str:
    """English, as it is."""
    return text


class Rejects:
    """An open reject file (UTF-8 with a mark, so that spreadsheet programs read it right); it exists once a row is in it."""

    def __init__(self, path: Path, columns: Sequence[str], kept: int, translate: Translate = plain) -> None:
        """Continue after the first `kept` rows of the file; what comes after them was never committed."""
        self.path = path
        self.columns = columns
        self.translate = translate
        self._file: BinaryIO | None = None
        if kept and path.exists():
            self._file = path.open("r+b")
            self._end = _end_of(self._file, kept)
            self._file.truncate(self._end)
        else:
            path.unlink(missing_ok=True)
            self._end = 0

    def put(self, refused: Sequence[Incoming]) -> int:
        """Write rows behind the last ones that were kept, and say where the file then ends; call `keep` to keep them."""
        if not refused:
            return self._end
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("w+b")
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        if self._end == 0:
            writer.writerow([*self.columns, ROW, REASON])
        writer.writerows(
            [*self._fitted(row), row.row.number, "; ".join(reason.translated(self.translate) for reason in row.reasons)]
            for row in refused
        )
        mark = b"\xef\xbb\xbf" if self._end == 0 else b""
        self._file.seek(self._end)
        self._file.truncate()
        self._file.write(mark + text.getvalue().encode("utf-8", "replace"))
        self._file.flush()
        return self._file.tell()

    def keep(self, end: int) -> None:
        """The rows up to `end` are committed."""
        self._end = end

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _fitted(self, incoming: Incoming) -> list[str]:
        """As many cells as there are columns; what is too much goes into the last one."""
        width, cells = len(self.columns), incoming.row.cells
        if len(cells) > width:
            return [*cells[: width - 1], ",".join(cells[width - 1 :])]
        return [*cells, *[""] * (width - len(cells))]


def _end_of(file: BinaryIO, rows: int) -> int:
    """Where the header and the first `rows` rows end; rows may have line breaks in their cells."""
    quotes, lines, end = 0, 0, 0
    for line in file:
        end += len(line)
        quotes += line.count(b'"')
        if quotes % 2 == 0:
            lines += 1
            if lines == rows + 1:
                break
    return end

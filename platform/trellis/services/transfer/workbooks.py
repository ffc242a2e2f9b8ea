"""Rows of spreadsheets (XLSX, XLSB, XLS, ODS), read behind a wall."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trellis.kernel.messages import Message
from trellis.services.transfer import limits
from trellis.services.transfer.limits import Unreadable

_CHILD = Path(__file__).with_name("sheetchild.py")
_REASONS = {
    "password": Message("This workbook is protected with a password. Save it without one."),
    "corrupt": Message("This workbook is damaged, or not a workbook at all."),
    "empty": Message("This workbook has no filled sheet."),
}
_GAVE_UP = Message("This workbook is damaged, or too large when unpacked. Save the sheet as CSV.")


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook: `rows` may be taken once."""

    name: str
    names: tuple[str, ...]
    rows: Generator[list[str], None, None]


def looks_like_workbook(head: bytes) -> bool:
    """Whether the first bytes are those of a ZIP archive or of an OLE file, as all workbooks are."""
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"))


def open_sheet(path: Path, name: str | None = None) -> Sheet:
    """A sheet, by default the first visible one that is not empty; raises Unreadable."""
    _check_size(path)
    lines = _lines(path, name or "")
    head = next(lines)
    if "refused" in head:
        lines.close()
        raise Unreadable(_reason(head, name))
    return Sheet(head["sheet"], tuple(head["sheets"]), lines)


def _reason(head: dict[str, Any], name: str | None) -> Message:
    if head["refused"] == "sheet":
        return Message(
            "This workbook has no sheet “{name}”, only {names}.", {"name": name, "names": ", ".join(head["sheets"])}
        )
    return _REASONS[head["refused"]]


def _check_size(path: Path) -> None:
    if path.stat().st_size > limits.SHEET_FILE_BYTES:
        raise Unreadable(
            Message(
                "A workbook may have {limit} MB. Save the sheet as CSV.", {"limit": limits.SHEET_FILE_BYTES // 10**6}
            )
        )
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
        unpacked, packed = sum(one.file_size for one in members), sum(one.compress_size for one in members)
        bomb = unpacked > limits.SHEET_HARMLESS_BYTES and unpacked > packed * limits.SHEET_RATIO
        if bomb or len(members) > limits.SHEET_ENTRIES or unpacked > limits.SHEET_UNPACKED_BYTES:
            raise Unreadable(_GAVE_UP)


def _lines(path: Path, name: str) -> Generator[Any, None, None]:
    bounds = (str(limits.SHEET_MEMORY_BYTES), str(limits.SHEET_CPU_SECONDS))
    child = subprocess.Popen(  # noqa: S603 - our own file, arguments as a list
        [sys.executable, "-I", str(_CHILD), str(path), name, *bounds],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert child.stdout is not None
    try:
        said_something = False
        for line in child.stdout:
            said_something = True
            yield json.loads(line)
        if child.wait() != 0 or not said_something:
            raise Unreadable(_GAVE_UP)
    finally:
        child.stdout.close()
        child.kill()
        child.wait()

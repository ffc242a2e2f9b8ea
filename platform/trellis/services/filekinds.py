"""Whether a file is what its name and its sender say; only what can be told from the first bytes is judged."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from trellis.kernel.errors import FieldError, Invalid
from trellis.kernel.messages import Message

HEAD = 1024
"""How many bytes have to be known."""
UNKNOWN = "application/octet-stream"
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60}")
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file: its media type, the endings of names, and how its content begins."""

    type: str
    endings: tuple[str, ...]
    begins: Callable[[bytes], bool]


def _starting(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(signatures)


_ZIP = _starting(b"PK\x03\x04", b"PK\x05\x06")
_OLE = _starting(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")

KINDS = (
    FileKind("image/png", (".png",), _starting(b"\x89PNG\r\n\x1a\n")),
    FileKind("image/jpeg", (".jpg", ".jpeg"), _starting(b"\xff\xd8\xff")),
    FileKind("image/gif", (".gif",), _starting(b"GIF87a", b"GIF89a")),
    FileKind("image/webp", (".webp",), lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP"),
    FileKind("image/bmp", (".bmp",), _starting(b"BM")),
    FileKind("image/tiff", (".tif", ".tiff"), _starting(b"II*\x00", b"MM\x00*")),
    FileKind("application/pdf", (".pdf",), lambda head: b"%PDF-" in head),
    FileKind(f"{_OFFICE}wordprocessingml.document", (".docx",), _ZIP),
    FileKind(f"{_OFFICE}spreadsheetml.sheet", (".xlsx",), _ZIP),
    FileKind(f"{_OFFICE}presentationml.presentation", (".pptx",), _ZIP),
    FileKind(f"{_OPEN}text", (".odt",), _ZIP),
    FileKind(f"{_OPEN}spreadsheet", (".ods",), _ZIP),
    FileKind(f"{_OPEN}presentation", (".odp",), _ZIP),
    FileKind("application/zip", (".zip",), _ZIP),
    FileKind("application/msword", (".doc",), _OLE),
    FileKind("application/vnd.ms-excel", (".xls",), _OLE),
    FileKind("application/vnd.ms-powerpoint", (".ppt",), _OLE),
)
_BY_ENDING = {ending: kind for kind in KINDS for ending in kind.endings}
_BY_TYPE = {kind.type: kind for kind in KINDS}


def settled_type(name: str, declared: str, head: bytes, *, path: str = "file") -> str:
    """The media type of a file; raises Invalid when its name, its declared type and its content do not agree.

    The name counts before the declared type: browsers call a CSV file an Excel file where Excel is installed.
    """
    given, ending = declared.partition(";")[0].strip().lower(), PurePosixPath(name.lower()).suffix
    if ending == ".csv":
        return "text/csv"
    kind = _BY_ENDING.get(ending) or _BY_TYPE.get(given)
    if kind is None:
        return given if _TYPE.fullmatch(given) else UNKNOWN
    if not kind.begins(head):
        raise _mismatch(path, name)
    return kind.type


def _mismatch(path: str, name: str) -> Invalid:
    text = Message("What is in “{name}” is not what its name says.", {"name": name})
    return Invalid([FieldError(path, "file_content", text)])

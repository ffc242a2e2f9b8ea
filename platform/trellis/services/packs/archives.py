"""Layers as zip files: written with the same bytes for the same content, read with suspicion."""

import io
import re
import stat
import zipfile
from collections.abc import Mapping

from trellis.kernel.errors import FieldError, Invalid
from trellis.kernel.messages import Message

MOST_BYTES = 8 * 1024 * 1024
"""The largest zip file."""
MOST_UNPACKED = 48 * 1024 * 1024
"""The most bytes in all of its files."""
MOST_IN_FILE = 1024 * 1024
MOST_FILES = 5_000
LONGEST_PATH = 200
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_MOMENT = (1980, 1, 1, 0, 0, 0)


def zipped(files: Mapping[str, str]) -> bytes:
    """Texts by path as a zip file without times."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, _MOMENT)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, files[path].encode())
    return target.getvalue()


def unzipped(content: bytes) -> dict[str, bytes]:
    """The JSON files of a zip file by their paths; raises Invalid for what is too large, or does not belong there."""
    if len(content) > MOST_BYTES:
        raise _refused("zip_too_large", "The file is larger than {most} MB.", most=MOST_BYTES // 1024**2)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _read(archive)
    except Invalid:
        raise
    except Exception:  # every kind of broken stream has an error of its own
        raise _refused("zip_broken", "This is not a zip file that can be read.") from None


def _read(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MOST_FILES:
        raise _refused("zip_too_many", "There are more than {most} files in it.", most=MOST_FILES)
    found: dict[str, bytes] = {}
    left = MOST_UNPACKED
    for entry in entries:
        path = _checked(entry)
        if path in found:
            raise _refused("zip_name", "The file '{name}' is in it twice.", name=path)
        found[path] = _content(archive, entry, min(left, MOST_IN_FILE))
        left -= len(found[path])
    return found


def _checked(entry: zipfile.ZipInfo) -> str:
    """The path of a file, if it stays below the folder and is a plain JSON file."""
    path = entry.filename
    parts = path.split("/")
    if len(path) > LONGEST_PATH or not all(_NAME.fullmatch(part) for part in parts) or len(parts) > 4:
        raise _refused("zip_name", "'{name}' is not the name of a file of a layer.", name=path[:100])
    if not path.endswith(".json"):
        raise _refused("zip_name", "Only files that end in .json belong in it, not '{name}'.", name=path[:100])
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG) or entry.flag_bits & 0x1:
        raise _refused("zip_name", "'{name}' is not a plain file.", name=path[:100])
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _refused("zip_broken", "This is not a zip file that can be read.")
    return path


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """What is in a file; what it says about its own size is not believed."""
    with archive.open(entry) as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise _refused("zip_too_large", "'{name}' is too large.", name=entry.filename)
    return content


def _refused(code: str, text: str, **names: object) -> Invalid:
    return Invalid([FieldError("", code, Message(text, names))])

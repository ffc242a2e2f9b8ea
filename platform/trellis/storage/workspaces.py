"""One customer's own place: a file on SQLite, a schema on PostgreSQL."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from trellis.kernel.errors import FieldError, Invalid
from trellis.kernel.messages import Message

SUFFIX = ".sqlite3"
PREFIX = "ws_"
FILES = "files"

_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where one workspace is: `schema` on PostgreSQL, `path` on SQLite; `files` is the folder of its file contents."""

    name: str
    files: Path
    schema: str | None = None
    path: Path | None = None

    @property
    def data_folder(self) -> Path:
        """The folder of the installation, with what is kept outside the database."""
        return self.files.parent.parent

    @property
    def lock(self) -> int:
        """The number of the advisory lock that keeps writers and publishers apart."""
        return int.from_bytes(hashlib.sha256(f"trellis {self.name}".encode()).digest()[:8], signed=True)


def in_folder(name: str, folder: Path) -> Workspace:
    """The workspace that is a SQLite file."""
    return Workspace(name, folder / FILES / name, path=folder / f"{name}{SUFFIX}")


def in_server(name: str, folder: Path) -> Workspace:
    """The workspace that is a PostgreSQL schema; `folder` has its file contents."""
    return Workspace(name, folder / FILES / name, schema=PREFIX + name.replace("-", "_"))


def is_workspace_name(text: str) -> bool:
    """Whether `text` may name a workspace and a host."""
    return _NAME.fullmatch(text) is not None


def workspace_name(text: str) -> str:
    """`text`, if it may name a workspace; else Invalid."""
    if is_workspace_name(text):
        return text
    message = Message("A workspace name is 1 to 31 lower-case letters, digits and hyphens, and begins with a letter.")
    raise Invalid([FieldError("name", "name", message)])

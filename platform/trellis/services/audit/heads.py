"""The head of the chain as a file outside the database: removing the newest blocks is noticed by it."""

import os
from pathlib import Path

import msgspec

from trellis.storage.workspaces import Workspace

FOLDER = "audit"


class Head(msgspec.Struct, frozen=True):
    """The last block that was there, by number and hash."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


def head_of(text: str) -> Head:
    """The head that `trellis audit head` printed; ValueError when it is none."""
    number, _, digest = text.strip().partition(":")
    return Head(int(number), digest)


def read_head(workspace: Workspace) -> Head | None:
    """The head that was kept in the data folder."""
    try:
        return msgspec.json.decode(_path(workspace).read_bytes(), type=Head)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def keep_head(workspace: Workspace, head: Head) -> None:
    """Keep a head in the data folder, in one step."""
    path = _path(workspace)
    path.parent.mkdir(parents=True, exist_ok=True)
    passing = path.with_suffix(f".{os.getpid()}")
    passing.write_bytes(msgspec.json.encode(head))
    passing.replace(path)


def _path(workspace: Workspace) -> Path:
    return workspace.data_folder / FOLDER / f"{workspace.name}.head"

"""File contents are kept whole, once, and inside their workspace."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from trellis.kernel.errors import Invalid, NotFound
from trellis.storage import files
from trellis.storage.workspaces import Workspace

pytestmark = pytest.mark.anyio


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace("main", tmp_path / "files" / "main")


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def broken(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
    raise ConnectionResetError


async def content(workspace: Workspace, checksum: str) -> bytes:
    return b"".join([piece async for piece in files.read(workspace, checksum)])


def kept(workspace: Workspace) -> list[str]:
    return sorted(path.name for path in workspace.files.rglob("*") if path.is_file())


async def test_what_was_kept_is_read_back(workspace: Workspace) -> None:
    data = bytes(range(256)) * 5000

    found = await files.keep(workspace, pieces(data[:7], data[7:]), most=len(data))

    assert found == files.Content(hashlib.sha256(data).hexdigest(), len(data))
    assert await content(workspace, found.checksum) == data


async def test_the_same_content_is_kept_once(workspace: Workspace) -> None:
    first = await files.keep(workspace, pieces(b"a"), most=10)
    second = await files.keep(workspace, pieces(b"a"), most=10)

    assert first == second
    assert kept(workspace) == [first.checksum]


async def test_an_empty_content_is_a_content(workspace: Workspace) -> None:
    found = await files.keep(workspace, pieces(), most=10)

    assert await content(workspace, found.checksum) == b""


async def test_a_content_that_is_too_large_leaves_nothing(workspace: Workspace) -> None:
    with pytest.raises(Invalid, match="not valid"):
        await files.keep(workspace, pieces(b"abc", b"def"), most=5)

    assert kept(workspace) == []


async def test_an_upload_that_breaks_off_leaves_nothing(workspace: Workspace) -> None:
    with pytest.raises(Exception):  # noqa: B017
        await files.keep(workspace, broken(b"abc"), most=5)

    assert kept(workspace) == []


@pytest.mark.parametrize("checksum", ["", "0" * 64, "../../../../etc/passwd", "A" * 64, "0" * 63 + "/"])
async def test_anything_else_is_not_found(workspace: Workspace, checksum: str) -> None:
    with pytest.raises(NotFound):
        await content(workspace, checksum)

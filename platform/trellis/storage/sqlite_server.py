"""All workspaces of one folder: a few readers and one writer for each file."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

from trellis.kernel.errors import StaleRelease
from trellis.storage.connection import SQLITE, Connection, Prepared
from trellis.storage.pool import Pool
from trellis.storage.sqlite import SqliteConnection
from trellis.storage.versions import is_current, upgrade
from trellis.storage.workspaces import SUFFIX, Workspace, in_folder, is_workspace_name

READERS = 4
THREADS = 8

_RELEASE = Prepared("SELECT release FROM pointer WHERE id = 1")


class SqliteServer:
    """A folder of SQLite files."""

    dialect = SQLITE

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="sqlite")
        self._files: dict[str, File] = {}

    def workspace(self, name: str) -> Workspace:
        return in_folder(name, self._folder)

    async def names(self) -> list[str]:
        names = [path.name.removesuffix(SUFFIX) for path in self._folder.glob(f"*{SUFFIX}")]
        return sorted(name for name in names if is_workspace_name(name))

    async def create(self, workspace: Workspace) -> None:
        self._file(workspace)

    async def upgrade(self, workspace: Workspace) -> None:
        async with self.read(workspace) as connection:
            current = await is_current(connection)
        if not current:
            await upgrade(workspace, "")

    def read(self, workspace: Workspace) -> "Reading":
        return Reading(self._file(workspace).readers)

    def write(self, workspace: Workspace, release: int | None) -> "Writing":
        return Writing(self._file(workspace), release)

    def write_alone(self, workspace: Workspace, release: int) -> "Writing":
        return Writing(self._file(workspace), release)

    def publish(self, workspace: Workspace) -> "Writing":
        return Publishing(self._file(workspace), None)

    async def close(self) -> None:
        for file in self._files.values():
            await file.close()
        self._files.clear()
        self._threads.shutdown()

    def _file(self, workspace: Workspace) -> "File":
        file = self._files.get(workspace.name)
        if file is None:
            assert workspace.path is not None
            file = self._files[workspace.name] = File(workspace.path, self._threads)
        return file


class File:
    """The connections to one file. One writer at a time, in order of arrival."""

    def __init__(self, path: Path, threads: ThreadPoolExecutor) -> None:
        self._path = path
        self._threads = threads
        self._slow: dict[str, int] = {}
        self.readers = Pool(self._reader, READERS)
        self.writers = Pool(self._writer, 1)
        self._moving: asyncio.Task[None] | None = None

    def give_back(self, writer: SqliteConnection) -> None:
        """The writer has committed; when its log is long, it is lent again when the log is moved."""
        if writer.has_long_log:
            self._moving = asyncio.create_task(self._move_log(writer))
        else:
            self.writers.give_back(writer)

    async def close(self) -> None:
        if self._moving is not None:
            await self._moving
        await self.readers.close()
        await self.writers.close()

    async def _move_log(self, writer: SqliteConnection) -> None:
        try:
            await writer.move_log()
        except BaseException:
            self.writers.discard(writer)
            raise
        self.writers.give_back(writer)

    async def _connect(self) -> SqliteConnection:
        return SqliteConnection(self._path, self._threads, slow=self._slow)

    async def _writer(self) -> SqliteConnection:
        connection = await self._connect()
        connection.only_write()
        return connection

    async def _reader(self) -> SqliteConnection:
        connection = await self._connect()
        connection.only_read()
        return connection


class Reading:
    """Lends a reader for the length of a `with`."""

    __slots__ = ("_connection", "_pool")

    def __init__(self, pool: Pool[SqliteConnection]) -> None:
        self._pool = pool

    async def __aenter__(self) -> Connection:
        self._connection = await self._pool.take()
        return self._connection

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(problem, asyncio.CancelledError):
            self._pool.discard(self._connection)
        else:
            self._pool.give_back(self._connection)


class Writing:
    """One transaction on the writer."""

    __slots__ = ("_connection", "_file", "_pool", "_release")

    def __init__(self, file: File, release: int | None) -> None:
        self._file = file
        self._pool = file.writers
        self._release = release

    async def __aenter__(self) -> Connection:
        connection = await self._pool.take()
        try:
            await connection.begin()
            await self._check_release(connection)
        except BaseException:
            self._pool.discard(connection)
            raise
        self._connection = connection
        return connection

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        connection = self._connection
        try:
            if problem is None:
                await connection.commit()
            else:
                connection.rollback()
        except BaseException:
            self._pool.discard(connection)
            raise
        self._file.give_back(connection)

    async def _check_release(self, connection: SqliteConnection) -> None:
        if self._release is None:
            return
        rows = await connection.fetch_args(_RELEASE, ())
        if rows != [(self._release,)]:
            raise StaleRelease


class Publishing(Writing):
    """The writer, with every statement in a thread: changing tables may take its time."""

    __slots__ = ()

    async def __aenter__(self) -> Connection:
        connection = await super().__aenter__()
        self._connection.in_place = False
        return connection

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await super().__aexit__(kind, problem, trace)
        finally:
            self._connection.in_place = True

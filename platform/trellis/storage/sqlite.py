"""Connections to SQLite files: statements run on the event loop's own thread while they are short, else in another.

A hop to another thread and back costs 50 to 90 microseconds, many times a look-up by key. So a read starts in place
with a budget of processor time; when it is used up SQLite interrupts the read and it starts again in a thread. What is
known to be slow goes there at once.
"""

import asyncio
import contextlib
import re
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from trellis.kernel.errors import Unavailable
from trellis.storage.connection import (
    NOTHING,
    SQLITE,
    BrokenRule,
    Contention,
    Prepared,
    Row,
    UniqueViolation,
    Values,
)
from trellis.storage.locks import Locks

BUDGET = 0.002
STEPS_BETWEEN_LOOKS = 2000
TURNS_IN_THREAD = 20
TURNS_IN_PLACE = 32
MANY = 20
STATEMENTS = 512
MAPPED = 256 << 20
LONG_LOG = 2000
WAIT_FOR_OTHER_PROCESSES = 30_000

_SLOW_OR_BUSY = {sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_UNIQUE = re.compile(r"^UNIQUE constraint failed: (?:index '(?P<index>[^']+)'|(?P<columns>.+))$")

T = TypeVar("T")


class SqliteConnection:
    """One connection to one file."""

    dialect = SQLITE
    schema = None

    def __init__(self, path: Path, threads: ThreadPoolExecutor, *, slow: dict[str, int]) -> None:
        self._threads = threads
        self._slow = slow
        self._deadline = float("inf")
        self._raw = _open(path)
        self.locks = Locks()
        self._raw.set_progress_handler(self._is_late, STEPS_BETWEEN_LOOKS)
        self._respelled: dict[str, str] = {}
        self._failed = 0
        self._only_reads = False
        self._changes_moved = 0
        self._turn = 0
        self.in_place = True

    def only_read(self) -> None:
        """Refuse to write from now on, and read pages where the system keeps them: a commit of the writer empties our cache."""
        self._raw.execute("PRAGMA query_only=on")
        self._raw.execute(f"PRAGMA mmap_size={MAPPED}")
        self._only_reads = True

    def only_write(self) -> None:
        """Leave it to the caller to move the log into the file; SQLite would do so in the middle of a commit."""
        self._raw.execute("PRAGMA wal_autocheckpoint=0")

    async def fetch(self, prepared: Prepared, params: Values = NOTHING) -> list[Row]:
        return await self.fetch_args(prepared, prepared.args(params))

    async def fetch_args(self, prepared: Prepared, args: Row) -> list[Row]:
        sql = prepared.sql
        if self._only_reads or sql[:6] == "SELECT":
            return await self._read(sql, args)
        return await self._write(lambda: self._rows(sql, args))

    async def execute(self, prepared: Prepared, params: Values = NOTHING) -> int:
        sql, args = prepared.sql, prepared.args(params)
        return await self._write(lambda: self._raw.execute(sql, args).rowcount)

    async def execute_later(self, prepared: Prepared, params: Values = NOTHING) -> None:
        await self.execute(prepared, params)

    async def execute_many(self, prepared: Prepared, rows: Sequence[Values]) -> None:
        args = [prepared.args(row) for row in rows]
        run = self._write if len(args) <= MANY else self._in_thread
        await run(lambda: self._raw.executemany(prepared.sql, args).rowcount)

    async def run_ddl(self, texts: Sequence[str]) -> None:
        await self._in_thread(lambda: [self._raw.execute(text).rowcount for text in texts])

    async def begin(self) -> None:
        """Start a transaction that may write; waits for other processes, in a thread."""
        try:
            self._raw.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as problem:
            if not _is_slow_or_busy(problem):
                raise _translated(problem) from problem
            await self._in_thread(lambda: self._raw.execute("BEGIN IMMEDIATE").rowcount)

    async def commit(self) -> None:
        """Make everything since `begin` lasting."""
        await self._write(lambda: self._raw.execute("COMMIT").rowcount)

    def rollback(self) -> None:
        """Forget everything since `begin`."""
        if self._raw.in_transaction:
            self._raw.execute("ROLLBACK")

    @property
    def has_long_log(self) -> bool:
        """Whether it is time to move the log into the file."""
        return self._raw.total_changes - self._changes_moved > LONG_LOG

    async def move_log(self) -> None:
        """Move what was committed from the log into the file: some milliseconds of writing, in a thread."""
        self._changes_moved = self._raw.total_changes
        await self._in_thread(lambda: self._raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall())

    def is_usable(self) -> bool:
        return True

    async def close(self) -> None:
        self._raw.close()

    async def _read(self, sql: str, args: Row) -> list[Row]:
        if not self.in_place or self._is_slow(sql):
            return await self._in_thread(lambda: self._rows(sql, args))
        await self._let_others_run()
        self._deadline = time.thread_time() + BUDGET
        try:
            return self._rows(sql, args)
        except sqlite3.Error as problem:
            if not _is_slow_or_busy(problem):
                raise _translated(problem) from problem
        finally:
            self._deadline = float("inf")
        self._slow[sql] = TURNS_IN_THREAD
        return await self._in_thread(lambda: self._rows(sql, args))

    def _rows(self, sql: str, args: Row) -> list[Row]:
        """All rows of a statement.

        One that fails while it gives rows stays marked as in use in Python's cache of statements, and would be parsed
        anew at every later call; with another remark at its end it is another statement.
        """
        try:
            return self._raw.execute(self._respelled.get(sql, sql), args).fetchall()
        except sqlite3.Error:
            if len(self._respelled) == STATEMENTS:
                self._respelled.clear()
            self._failed += 1
            self._respelled[sql] = f"{sql} -- {self._failed}"
            raise

    async def _write(self, job: Callable[[], T]) -> T:
        if not self.in_place:
            return await self._in_thread(job)
        await self._let_others_run()
        try:
            return job()
        except sqlite3.Error as problem:
            raise _translated(problem) from problem

    async def _in_thread(self, job: Callable[[], T]) -> T:
        """Run `job` where it may take its time; a cancelled caller interrupts it, and leaves when it has stopped.

        A job must not return a cursor: the thread would drop it late, and reset a statement that is in use again.
        """
        running = asyncio.get_running_loop().run_in_executor(self._threads, self._patiently, job)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await self._stop(running)
            raise
        except sqlite3.Error as problem:
            raise _translated(problem) from problem

    def _patiently(self, job: Callable[[], T]) -> T:
        self._raw.execute(f"PRAGMA busy_timeout={WAIT_FOR_OTHER_PROCESSES}")
        try:
            return job()
        finally:
            self._raw.execute("PRAGMA busy_timeout=0")

    async def _stop(self, running: "asyncio.Future[Any]") -> None:
        while not running.done():
            self._raw.interrupt()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([running], timeout=0.01)
        running.exception()

    async def _let_others_run(self) -> None:
        """A task that runs one short statement after the other must not keep the loop for itself."""
        self._turn = (self._turn + 1) % TURNS_IN_PLACE
        if self._turn == 0:
            await asyncio.sleep(0)

    def _is_slow(self, sql: str) -> bool:
        left = self._slow.get(sql, 0)
        if not left:
            return False
        self._slow[sql] = left - 1
        return True

    def _is_late(self) -> bool:
        return time.thread_time() > self._deadline


def _open(path: Path) -> sqlite3.Connection:
    raw = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS, timeout=30)
    for setting in ("journal_mode=wal", "synchronous=normal", "foreign_keys=on", "cache_size=-16000", "busy_timeout=0"):
        raw.execute(f"PRAGMA {setting}")
    return raw


def _translated(problem: sqlite3.Error) -> Exception:
    text = str(problem)
    unique = _UNIQUE.match(text)
    if unique:
        return _unique_violation(unique)
    if isinstance(problem, sqlite3.IntegrityError):
        return BrokenRule()
    if _is_slow_or_busy(problem):
        return Contention()
    if _primary_code(problem) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return Unavailable()
    return problem


def _is_slow_or_busy(problem: sqlite3.Error) -> bool:
    return _primary_code(problem) in _SLOW_OR_BUSY


def _primary_code(problem: sqlite3.Error) -> int:
    """The result code without its extension; errors of the Python module itself have none."""
    return getattr(problem, "sqlite_errorcode", 0) & 0xFF


def _unique_violation(found: "re.Match[str]") -> UniqueViolation:
    if found["index"]:
        return UniqueViolation(constraint=found["index"])
    parts = [part.strip().partition(".") for part in found["columns"].split(",")]
    return UniqueViolation(table=parts[0][0], columns=[column for _, _, column in parts])

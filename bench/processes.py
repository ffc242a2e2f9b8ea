"""Servers as processes: start, wait, processor time and memory, as Linux counts them."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_TICK = 1_000_000 / os.sysconf("SC_CLK_TCK")


class DidNotStart(Exception):
    """The process ended or stayed silent; the message has its last output."""


@dataclass(frozen=True)
class Process:
    """A running server on a port of the loopback."""

    pid: int
    port: int
    started_after: float
    log: Path

    def cpu(self) -> float:
        """Microseconds of processor time used so far, with all threads and children."""
        return cpu_of_tree(self.pid)

    def resident(self) -> int:
        """Bytes of memory it holds now."""
        return _status(self.pid, "VmRSS")


@contextlib.contextmanager
def served(command: Sequence[str], environment: Mapping[str, str], *, port: int, log: Path) -> Iterator[Process]:
    """A server that runs until the block ends; the block starts when /health answers."""
    start = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        _wait(process, port, log)
        yield Process(process.pid, port, time.perf_counter() - start, log)
    finally:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_of_tree(pid: int) -> float:
    """Microseconds used by a process and everything below it, the children that have ended included."""
    return sum(_ticks(member) for member in _tree(pid)) * _TICK


def peak_memory(command: Sequence[str], environment: Mapping[str, str], log: Path) -> tuple[int, float, int]:
    """Run a command to its end: exit code, seconds, and the most bytes of memory that it held."""
    start = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=output, stderr=output)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, time.perf_counter() - start, usage.ru_maxrss * 1024


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    for _ in range(1200):
        if process.poll() is not None:
            raise DidNotStart(log.read_text(errors="replace")[-4000:])
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.sendall(b"GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")
            if connection.recv(12).endswith(b"200"):
                return
        time.sleep(0.05)
    raise DidNotStart("no answer within a minute: " + log.read_text(errors="replace")[-4000:])


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in _listed(f"/proc/{pid}/task"):
        for child in _read(f"/proc/{pid}/task/{task}/children").split():
            yield from _tree(int(child))


def _listed(path: str) -> list[str]:
    with contextlib.suppress(OSError):
        return os.listdir(path)
    return []


def _ticks(pid: int) -> int:
    """User and system time of a process and of the children it has waited for."""
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15])


def _status(pid: int, name: str) -> int:
    for line in _read(f"/proc/{pid}/status").splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    return 0


def _read(path: str) -> str:
    with contextlib.suppress(OSError):
        return Path(path).read_text()
    return ""


@dataclass(frozen=True)
class Meter:
    """Processor time of this process and of a database server, if there is one."""

    database: int | None

    def used(self) -> float:
        """Microseconds so far."""
        return time.process_time() * 1e6 + self.of_database()

    def of_database(self) -> float:
        """Microseconds of the database server so far."""
        return cpu_of_tree(self.database) if self.database else 0.0

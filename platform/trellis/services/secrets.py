"""The secret of an installation, from which others are derived; made at first use."""

import os
import secrets
from pathlib import Path

NAME = "secret.key"


def process_secret(folder: Path) -> bytes:
    """The secret in the data folder, readable by its owner only; the same for all processes that share the folder."""
    path = folder / NAME
    folder.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(descriptor, "wb") as file:
        secret = secrets.token_hex(32).encode()
        file.write(secret)
    return secret

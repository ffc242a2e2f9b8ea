"""What an operator should know before people use the server: settings that are fine at a desk and not beyond it."""

import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from trellis.kernel.settings import Settings
from trellis.services import secrets, vault

HERE = frozenset({"localhost", "127.0.0.1", "::1", ""})


def cautions(settings: Settings) -> list[str]:
    """One sentence for each; none while only this machine can reach the server."""
    return [*_files(settings.data_folder), *(_settings(settings) if _is_open(settings) else ())]


def _is_open(settings: Settings) -> bool:
    public = urlsplit(settings.public_url).hostname or ""
    return settings.host not in HERE or public not in HERE


def _settings(settings: Settings) -> Iterator[str]:
    if settings.https != "1":
        yield (
            "TRELLIS_HTTPS is not 1: passwords and sessions travel in plain text. "
            "Put a proxy with a certificate before the server and set it."
        )
    if settings.public_url.startswith("http://"):
        yield "TRELLIS_PUBLIC_URL begins with http://: links in letters lead people to an address that is not protected."
    if "*" in settings.trusted_proxies:
        yield "TRELLIS_TRUSTED_PROXIES trusts everybody: anybody can choose the network address that is counted and logged."
    if settings.demo == "1":
        yield "TRELLIS_DEMO is 1: the workspace holds demo data."
    if settings.rate_person == "0" or settings.rate_network == "0":
        yield "TRELLIS_RATE_PERSON or TRELLIS_RATE_NETWORK is 0: one client can keep the server busy."


def _files(folder: Path) -> Iterator[str]:
    for name in (secrets.NAME, vault.NAME):
        path = folder / name
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield f"Others on this machine can read {path}. Run: chmod 600 {path}"

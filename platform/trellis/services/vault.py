"""Secrets at rest: what the database keeps of them can be read only with a key that is not in the database.

Sealed by AES-256-GCM (NIST SP 800-38D) as `v1.<id of the key>.<nonce and text>`. The place a secret stands in is
authenticated with it, so that a sealed text copied to another row is worth nothing there.
"""

import base64
import binascii
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from trellis.kernel.errors import SecretKeyMissing
from trellis.kernel.messages import Message
from trellis.kernel.settings import Settings

NAME = "secret-keys"
VERSION = "v1"
SHORTEST = 32
_NONCE = 12


class Keys(Protocol):
    """Where keys come from."""

    def read(self) -> list[str]:
        """All keys as text: the first seals, all unseal."""


@dataclass(frozen=True, slots=True, repr=False)
class Ring:
    """The keys of an installation: those of the setting, then those of the data folder, made at first use."""

    folder: Path
    given: tuple[str, ...] = ()

    def read(self) -> list[str]:
        """All keys; read anew each time, because another process may have added one."""
        path = self.folder / NAME
        if not path.exists() and not self.given:
            _create(path, [new_key()])
        kept = path.read_text(encoding="ascii").split() if path.exists() else []
        return list(dict.fromkeys([*self.given, *kept]))

    def add(self) -> bool:
        """Put a new key first; False when keys are given by the setting, where a person has to put it."""
        if self.given:
            return False
        _replace(self.folder / NAME, [new_key(), *self.read()])
        return True

    def keep_first(self) -> int:
        """Forget all keys of the folder but the one that seals; how many went."""
        first, *_ = keys = self.read()
        path = self.folder / NAME
        if path.exists():
            _replace(path, [] if self.given else [first])
        return len(keys) - len(self.read())


@dataclass(frozen=True, slots=True, repr=False)
class PassingKeys:
    """One key that goes with the process: for tests, and for servers without a data folder."""

    key: str

    def read(self) -> list[str]:
        """The key."""
        return [self.key]


@dataclass(frozen=True, slots=True, repr=False)
class Vault:
    """Seals and unseals texts; neither a key nor a secret is ever part of an error or the log."""

    keys: Keys

    def seal(self, text: str, place: str) -> str:
        """The text as only this installation can read it, at this place only (`second_factor/<user>`)."""
        key = self.keys.read()[0]
        key_id, nonce = identify(key), os.urandom(_NONCE)
        body = nonce + _cipher(key).encrypt(nonce, text.encode(), _bound(key_id, place))
        return ".".join((VERSION, key_id, base64.urlsafe_b64encode(body).decode()))

    def unseal(self, sealed: str, place: str) -> str:
        """The text again; raises SecretKeyMissing when its key is not there, or it was changed or moved."""
        version, key_id, body = _parts(sealed)
        key = next((key for key in self.keys.read() if identify(key) == key_id), None)
        if version != VERSION or key is None:
            raise SecretKeyMissing(Message("The key {key} that sealed a secret is missing.", {"key": key_id or "?"}))
        try:
            content = base64.urlsafe_b64decode(body)
            return _cipher(key).decrypt(content[:_NONCE], content[_NONCE:], _bound(key_id, place)).decode()
        except (InvalidTag, binascii.Error, ValueError):
            raise SecretKeyMissing(Message("A sealed secret was changed, or moved to another place.")) from None

    def is_newest(self, sealed: str) -> bool:
        """Whether the key that seals now sealed this."""
        return _parts(sealed)[:2] == (VERSION, identify(self.keys.read()[0]))

    def __repr__(self) -> str:
        return "Vault"


def vault_of(settings: Settings) -> Vault:
    """The vault of an installation; raises SecretKeyMissing when a key of the setting is too short."""
    return Vault(ring_of(settings))


def ring_of(settings: Settings) -> Ring:
    """The keys of an installation; raises SecretKeyMissing when a key of the setting is too short."""
    given = tuple(key.strip() for key in settings.secret_keys.split(",") if key.strip())
    if any(len(key) < SHORTEST for key in given):
        raise SecretKeyMissing(
            Message("A key in TRELLIS_SECRET_KEYS is shorter than {count} characters.", {"count": SHORTEST})
        )
    return Ring(settings.data_folder, given)


def passing_vault() -> Vault:
    """A vault whose key nobody keeps."""
    return Vault(PassingKeys(new_key()))


def new_key() -> str:
    """A key that nobody can guess: 256 random bits as text."""
    return secrets.token_urlsafe(32)


def identify(key: str) -> str:
    """What names a key in public; it says nothing about the key."""
    return _derived(key, b"trellis key id", 5).hex()


def _cipher(key: str) -> AESGCM:
    return AESGCM(_derived(key, b"trellis sealed text", 32))


def _derived(key: str, purpose: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=purpose).derive(key.encode())


def _bound(key_id: str, place: str) -> bytes:
    return f"{VERSION}.{key_id}.{place}".encode()


def _parts(sealed: str) -> tuple[str, str, str]:
    version, _, rest = sealed.partition(".")
    key_id, _, body = rest.partition(".")
    return version, key_id, body


def _create(path: Path, keys: list[str]) -> None:
    """Write the first keys; a process that was faster wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    written = _written(path, keys)
    try:
        os.link(written, path)
    except FileExistsError:
        pass
    finally:
        written.unlink()


def _replace(path: Path, keys: list[str]) -> None:
    _written(path, keys).replace(path)


def _written(path: Path, keys: list[str]) -> Path:
    written = path.with_name(f"{NAME}.{secrets.token_hex(6)}")
    descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write("".join(f"{key}\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())
    return written

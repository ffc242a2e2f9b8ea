"""How rows and blocks of the log are hashed, with a key that is not in the database.

A row's tag is HMAC-SHA-256 over its values, cut to 96 bits. The hash of a block is HMAC-SHA-256 over the hash before it,
what the block says of itself and the tags of all its rows. Whoever has the database alone can make neither.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from trellis.services.secrets import process_secret
from trellis.storage.audit_blocks import Block, Row
from trellis.storage.workspaces import Workspace

TAG = 12
LETTERS = 16
"""How many letters a tag has as text."""
START = "0" * 64
"""What stands before the first block."""

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """The key of the chain of one workspace."""

    secret: bytes

    def tag(self, source: str, row: Row) -> str:
        """What only these values of this row have."""
        digest = hmac.digest(self.secret, _encode((source, *row)), "sha256")
        return base64.b64encode(digest[:TAG]).decode()

    def tags(self, source: str, rows: Iterable[Row]) -> str:
        """The tags of rows, one after the other."""
        return "".join(self.tag(source, row) for row in rows)

    def hash(self, block: Block) -> str:
        """The hash that a block must have."""
        said = (block.previous, block.number, block.at, block.source, block.ranges, block.count, block.content)
        return self.sign("block", *said)

    def seal(self, block: Block) -> str:
        """What shows that a block was changed, or its rows removed, by Trellis itself."""
        return self.sign("changed", block.number, block.hash, block.tags, block.changed_at, block.purged_at)

    def made(self, block: Block) -> bool:
        """Whether a block says of itself what Trellis wrote."""
        if block.hash != self.hash(block):
            return False
        if block.seal is not None:
            return block.seal == self.seal(block)
        return block.changed_at is None and block.purged_at is None and content_of(block.tags) == block.content

    def sign(self, purpose: str, *said: object) -> str:
        """HMAC-SHA-256 over values, for one purpose only."""
        return hmac.digest(self.secret, _encode((purpose, *said)), "sha256").hex()


def content_of(tags: str) -> str:
    """The hash over the tags of a block, which stays when its rows go."""
    return hashlib.sha256(tags.encode()).hexdigest()


def key_of(workspace: Workspace) -> Key:
    """The key of a workspace, from the secret of the installation."""
    secret = process_secret(workspace.data_folder)
    return Key(hmac.digest(secret, f"audit log of {workspace.name}".encode(), "sha256"))

"""What the verification of the log has found, as sentences."""

from collections.abc import Mapping

from trellis.kernel.messages import Message
from trellis.services.audit.findings import Finding, Kind
from trellis.services.audit.ranges import to_text

MOST = 5
SENTENCES: Mapping[Kind, Message] = {
    Kind.EDITED: Message("Block {block}: rows {rows} of the table {table} were edited."),
    Kind.DELETED: Message("Block {block}: rows {rows} of the table {table} were deleted."),
    Kind.INSERTED: Message("Rows {rows} of the table {table} are in no block: they were added behind Trellis' back."),
    Kind.UNSEALED: Message(
        "Rows {rows} of the table {table} were not sealed for more than a minute: nobody seals, or they were added."
    ),
    Kind.BLOCK_EDITED: Message("Block {block} was edited."),
    Kind.BLOCK_MISSING: Message("Blocks are missing: {blocks}."),
    Kind.BLOCK_MOVED: Message("Block {block} does not follow the block before it."),
    Kind.HEAD_MISSING: Message(
        "Block {block} was the last one once and is not in the chain: the newest blocks were removed."
    ),
    Kind.STATE_FORGED: Message("The note how far the log is sealed was edited."),
}


def said_of(finding: Finding) -> Message:
    """A finding as a sentence."""
    rows = to_text(finding.rows[:MOST]).replace(",", ", ") + (" …" if len(finding.rows) > MOST else "")
    params = {
        "block": finding.block, "rows": rows, "table": finding.source,
        "blocks": to_text([finding.blocks] if finding.blocks else []),
    }  # fmt: skip
    return Message(SENTENCES[finding.kind].template, params)

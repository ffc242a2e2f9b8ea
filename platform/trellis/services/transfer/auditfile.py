"""The audit log as a CSV file, safe to open in a spreadsheet program."""

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence

import msgspec

from trellis.kernel.messages import Translate
from trellis.services.audit import noted
from trellis.services.audit.entries import Entry
from trellis.services.audit.sentences import sentence
from trellis.services.audit.timeline import MOST, Search, require_audit, timeline
from trellis.services.context import Context
from trellis.services.transfer.safety import safe

HEADER = (
    "time", "kind", "text", "actor", "actor name", "in place of", "entity", "record", "title", "address", "detail",
    "changes", "hidden",
)  # fmt: skip
MOST_LINES = 100_000

_write = msgspec.json.Encoder(decimal_format="string", order="sorted").encode


async def csv_lines(
    context: Context, search: Search, said: Mapping[str, str], translate: Translate
) -> AsyncIterator[bytes]:
    """The lines that a search finds, newest first, page by page; the log says so before the first of them is given."""
    require_audit(context)
    await noted(context, "audit.exported", search=dict(said))
    cursor, left = None, MOST_LINES
    yield b"\xef\xbb\xbf" + _csv([HEADER])
    while left > 0:
        page = await timeline(context, search, cursor=cursor, limit=MOST)
        yield _csv([_row(context, entry, translate) for entry in page.entries])
        cursor, left = page.next, left - len(page.entries)
        if cursor is None:
            return


def _row(context: Context, entry: Entry, translate: Translate) -> list[str]:
    cells = (
        entry.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"), entry.kind,
        sentence(context, entry).translated(translate), entry.actor, entry.actor_name, entry.impersonator,
        entry.entity, entry.record, entry.title, entry.address, _write(entry.detail).decode(),
        _write(entry.changes).decode(), str(entry.hidden),
    )  # fmt: skip
    return [safe(cell) for cell in cells]


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8", "replace")

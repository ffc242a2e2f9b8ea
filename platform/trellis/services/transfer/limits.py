"""How large a file may be, so that no input can cost much, and why one is refused."""

from trellis.kernel.errors import BadRequest

FILE_BYTES = 500_000_000
LINE_CHARACTERS = 4_000_000
CELL_CHARACTERS = 131_072
COLUMNS = 1_000
ROWS = 5_000_000
SHEET_FILE_BYTES = 60_000_000
SHEET_UNPACKED_BYTES = 1_500_000_000
SHEET_ENTRIES = 5_000
SHEET_HARMLESS_BYTES = 20_000_000
SHEET_RATIO = 300
"""How many times larger than the file its content may be, once it is not harmless any more; real ones stay below 100."""
SHEET_MEMORY_BYTES = 2_000_000_000
SHEET_CPU_SECONDS = 120


class Unreadable(BadRequest):
    """This file cannot be read as a table."""

    code = "unreadable_file"

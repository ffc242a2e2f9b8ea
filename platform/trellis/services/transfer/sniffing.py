"""Guessing how a text file is written: its encoding, its delimiter and its header row."""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from trellis.services.transfer.limits import CELL_CHARACTERS

ENCODINGS = (
    "utf-8", "utf-8-sig", "utf-16", "gb18030", "big5", "cp1252", "iso8859-15", "cp1250", "cp1251", "shift_jis", "euc_kr",
)  # fmt: skip
DELIMITERS = (",", ";", "\t", "|", ":", " ")
SAMPLE_BYTES = 256 * 1024
SAMPLE_ROWS = 200

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_OTHER_ENCODINGS = [
    "cp1252",
    "iso8859_15",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "big5",
    "shift_jis",
    "euc_kr",
    "euc_jp",
]
_WESTERN = re.compile(
    "[\u00a0-\u00ff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u2013\u2014\u2018-\u201e\u2022\u2026\u20ac\u2122]"
)
_TRUST = {",": 1.0, ";": 1.0, "\t": 1.0, "|": 0.95, ":": 0.4, " ": 0.35}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the cells of a line are set apart."""

    delimiter: str = ","
    quote: str = '"'
    escape: str | None = None
    skip_space: bool = False

    def reader(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """The rows of lines that keep their ends."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            escapechar=self.escape,
            doublequote=self.escape is None,
            skipinitialspace=self.skip_space,
        )


COMMON = Dialect()


def detect_encoding(chunks: Iterable[bytes]) -> str:
    """The encoding of a file that comes in pieces: a mark, then strict UTF-8, then GB18030 where plausible, then a guess."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    sample = b""
    for number, chunk in enumerate(chunks):
        if number == 0 and (marked := _marked(chunk)):
            return marked
        sample = sample or chunk[:SAMPLE_BYTES]
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            return _other_than_utf8(sample if not sample.isascii() else _around(chunk, error.start))
    return "utf-8"


def _around(chunk: bytes, place: int) -> bytes:
    """The lines from the first odd byte on; a line never begins inside a character."""
    start = chunk.rfind(b"\n", 0, place) + 1
    return chunk[start : start + SAMPLE_BYTES]


def _marked(head: bytes) -> str | None:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    pairs = head[:2000]
    if len(pairs) >= 4 and pairs[1::2].count(0) > 0.4 * len(pairs[1::2]) and not pairs[0::2].count(0):
        return "utf-16-le"
    if len(pairs) >= 4 and pairs[0::2].count(0) > 0.4 * len(pairs[0::2]) and not pairs[1::2].count(0):
        return "utf-16-be"
    return None


def _other_than_utf8(sample: bytes) -> str:
    if _looks_chinese(sample):
        return "gb18030"
    if _looks_western(sample):
        return "cp1252"
    from charset_normalizer import from_bytes  # four megabytes that few servers ever need

    found = from_bytes(sample, cp_isolation=_OTHER_ENCODINGS).best()
    return found.encoding if found else "iso8859-1"


def _looks_chinese(sample: bytes) -> bool:
    """Whether strict GB18030 gives mostly characters of GB 2312, which text in other encodings does by chance only."""
    try:
        text = codecs.getincrementaldecoder("gb18030")().decode(sample)
    except UnicodeDecodeError:
        return False
    beyond_ascii = [character for character in text if character > "\x7f"]
    common = sum(1 for character in beyond_ascii if _in_gb2312(character))
    return bool(beyond_ascii) and common >= 0.9 * len(beyond_ascii)


def _in_gb2312(character: str) -> bool:
    try:
        return len(character.encode("gb2312")) == 2 and not "\u0400" <= character <= "\u04ff"
    except UnicodeEncodeError:
        return False


def _looks_western(sample: bytes) -> bool:
    text = sample.decode("cp1252", errors="replace")
    beyond_ascii = [character for character in text if character > "\x7f"]
    lonely = len(re.findall(r"[^\x00-\x7f]{3,}", text))
    return not lonely and all(_WESTERN.match(character) for character in beyond_ascii)


def detect_dialect(text: str) -> Dialect:
    """The way in which most lines of a sample fall into the same number of cells."""
    announced = re.match(r"sep=(.)\r?\n", text)
    if announced:
        return Dialect(announced[1])
    quote = _quote(text)
    escape = "\\" if f"\\{quote}" in text and quote * 2 not in text.replace(f"\\{quote}", "") else None
    candidates = [Dialect(mark, quote, escape, mark == " " or f"{mark} {quote}" in text) for mark in DELIMITERS]
    return max(candidates, key=lambda dialect: _agreement(text, dialect))


def _quote(text: str) -> str:
    single = len(re.findall(r"(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|\r\n]|$)", text, re.MULTILINE))
    return "'" if single > 1 and '"' not in text else _dominant_quote(text, single)


def _dominant_quote(text: str, single: int) -> str:
    double = len(re.findall(r'(?:^|[,;\t|] ?)"|"(?=[,;\t|\r\n]|$)', text, re.MULTILINE))
    return "'" if single > 2 * double else '"'


def _agreement(text: str, dialect: Dialect) -> float:
    """How well the rows agree on a width above one, from 0 to 1."""
    rows = [row for row in sample_rows(text, dialect) if any(row)]
    if not rows:
        return 0.0
    width, count = modal_width(rows)
    weak = dialect.delimiter in ": "
    share = count / len(rows)
    if width < 2 or share < (0.9 if weak else 0.2) or weak and len(rows[0]) != width:
        return 0.0
    return share * _TRUST[dialect.delimiter] * (1 - 0.3 / width)


def sample_rows(text: str, dialect: Dialect) -> list[list[str]]:
    """The first rows of a sample, without the last one, which may be cut."""
    lines = text[:SAMPLE_BYTES].splitlines(keepends=True)
    lines = lines[:-1] if len(lines) > 1 and len(text) >= SAMPLE_BYTES else lines
    rows = []
    try:
        rows = list(islice(dialect.reader(lines), SAMPLE_ROWS))
    except csv.Error:
        return []
    return rows


def modal_width(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """The most frequent number of cells, and in how many rows it occurs; the wider one of two."""
    widths = Counter(len(row) for row in rows)
    return max(widths.items(), key=lambda item: (item[1], item[0]))


def header_row(rows: Sequence[Sequence[str]]) -> int:
    """The index of the row that names the columns: the first that fills half of the usual width."""
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    if not filled:
        return 0
    width, _count = modal_width(filled)
    for index, row in enumerate(rows):
        if sum(1 for cell in row if cell.strip()) * 2 >= width:
            return index
    return next(index for index, row in enumerate(rows) if any(cell.strip() for cell in row))


csv.field_size_limit(CELL_CHARACTERS)

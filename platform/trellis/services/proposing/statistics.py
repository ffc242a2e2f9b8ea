"""What a whole file says about its columns, read once, in memory that does not grow with the file."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from trellis.metadata.fieldtypes.choices import split_list
from trellis.services.proposing.moments import Moments
from trellis.services.proposing.numbers import Numbers
from trellis.services.proposing.shapes import Shapes
from trellis.services.transfer.safety import original

MOST_DISTINCT = 2_000
MOST_UNIQUE = 500_000
MOST_RECENT = 20_000
MOST_ATOMS = 100
KEPT_ROWS = 8_000
SAMPLES = 4
_CHUNK = 2_000
PLACEHOLDERS = frozenset(
    {
        "n/a",
        "na",
        "#n/a",
        "null",
        "none",
        "nil",
        "nan",
        "-",
        "--",
        "—",
        "?",
        ".",
        "unknown",
        "无",
        "未知",
        "暂无",
        "不详",
    }
)


class Rows(Protocol):
    """A table as transfer reads it."""

    @property
    def columns(self) -> tuple[str, ...]: ...
    def rows(self) -> Iterator["Row"]: ...


class Row(Protocol):
    """One row of it."""

    @property
    def cells(self) -> list[str]: ...


@dataclass
class Column:
    """Everything that is noted of one column; of values beyond a number, only what they have in common."""

    header: str
    counts: dict[str, int] = field(default_factory=dict)
    overflown: bool = False
    blanks: int = 0
    filled: int = 0
    longest: int = 0
    characters: int = 0
    """In distinct values."""
    several_lines: bool = False
    placeholders: dict[str, int] = field(default_factory=dict)
    numbers: Numbers = field(default_factory=Numbers)
    moments: Moments = field(default_factory=Moments)
    atoms: dict[str, int] | None = field(default_factory=dict)
    """The parts of cells that are lists; None when there are too many."""
    lists: int = 0
    shapes: Shapes = field(init=False)
    _met: set[int] | None = field(default_factory=set)
    _recent: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.shapes = Shapes.for_header(self.header)

    def add_all(self, cells: Iterable[str]) -> None:
        """Note some cells."""
        counts, recent = self.counts, self._recent
        for cell in cells:
            if cell in counts:
                counts[cell] += 1
                self._met = None
            elif cell in recent:
                self.filled += 1
                self._met = None
            else:
                self._add(cell)

    def _add(self, cell: str) -> None:
        text = original(cell.strip())
        if not text:
            self.blanks += 1
            return
        if text in self.counts:
            self.counts[text] += 1
            self._met = None
            return
        self.filled += 1  # those in `counts` are added at the end
        if len(self.counts) < MOST_DISTINCT:
            self.counts[text] = 1
            self.filled -= 1
        else:
            self.overflown = True
            self._remember(cell)
        self._meet(text)
        self._examine(text)

    def _remember(self, cell: str) -> None:
        """Files say the same again soon: what was examined a moment ago is only counted."""
        if len(self._recent) >= MOST_RECENT:
            self._recent.clear()
        self._recent.add(cell)

    def _meet(self, text: str) -> None:
        if self._met is None:
            return
        mark = hash(text)
        if mark in self._met or len(self._met) >= MOST_UNIQUE:
            self._met = None
        else:
            self._met.add(mark)

    def _examine(self, text: str) -> None:
        self.longest = max(self.longest, len(text))
        self.several_lines = self.several_lines or "\n" in text or "\r" in text
        if text.casefold() in PLACEHOLDERS:
            self.placeholders[text] = 0
            return
        if self.numbers.alive:
            self.numbers.add(text)
        if self.moments.alive:
            self.moments.add(text)
        if self.shapes.alive:
            self.shapes.add(text)
        if self.atoms is not None:
            self._split(text)

    def _split(self, text: str) -> None:
        assert self.atoms is not None
        parts = split_list(text) if len(text) <= 400 else [text] * (MOST_ATOMS + 1)
        self.lists += len(parts) > 1
        for part in parts:
            self.atoms[part] = self.atoms.get(part, 0) + 1
        if len(self.atoms) > MOST_ATOMS or len(parts) > MOST_ATOMS:
            self.atoms = None

    def finish(self) -> None:
        """Settle what can only be said at the end."""
        self.filled += sum(self.counts.values())
        self.characters = sum(map(len, self.counts))
        self.placeholders = {text: self.counts.get(text, 0) for text in self.placeholders}
        self._recent.clear()

    @property
    def rows(self) -> int:
        return self.filled + self.blanks

    @property
    def distinct(self) -> int:
        """How many different values there are; of an overflown column, at least."""
        return len(self.counts)

    @property
    def unique(self) -> bool:
        """Whether no value comes twice, as far as memory allows to know."""
        return self._met is not None and self.filled > 0

    @property
    def samples(self) -> tuple[str, ...]:
        """The first different values."""
        return tuple(text[:60] for text in islice(self.counts, SAMPLES))

    @property
    def meaningful(self) -> int:
        """How many cells say something: neither blank nor a word for nothing."""
        return self.filled - sum(self.placeholders.values())


@dataclass
class Sheet:
    """The columns of a file, and rows from all over it."""

    columns: tuple[Column, ...]
    rows: int = 0
    ragged: int = 0
    """Rows with more or fewer cells than the header; an import refuses them."""
    kept: list[list[str]] = field(default_factory=list)
    _stride: int = 1

    def keep(self, rows: Sequence[list[str]]) -> None:
        """Keep rows evenly spread over the file, never more than a number."""
        for number, cells in enumerate(rows, self.rows):
            if number % self._stride == 0:
                self.kept.append(cells)
            if len(self.kept) >= KEPT_ROWS:
                self.kept = self.kept[::2]
                self._stride *= 2
        self.rows += len(rows)


def gather(table: Rows) -> Sheet:
    """Read a file once; raises what reading it raises."""
    sheet = Sheet(tuple(Column(name) for name in table.columns))
    width = len(sheet.columns)
    rows = table.rows()
    while found := [row.cells for row in islice(rows, _CHUNK)]:
        whole = [cells for cells in found if len(cells) == width]
        sheet.ragged += len(found) - len(whole)
        sheet.keep(whole)
        for column, cells in zip(sheet.columns, zip(*whole, strict=True), strict=False):
            column.add_all(cells)
    for column in sheet.columns:
        column.finish()
    return sheet

"""Whether all cells of a column are numbers, how they are written, and how exact they are."""

import re
from dataclasses import dataclass, field
from decimal import Decimal

_SIGNS = re.compile(r"[€$£¥￥元]|CNY|RMB|USD|EUR")
_BLANKS = re.compile(r"[\s\u00a0\u202f]")
_POINT = re.compile(r"[-+−]?(?:\d+|\d{1,3}(?:[,']\d{3})+)(?:\.(\d*))?(?:[eE]([-+]?\d{1,2}))?")
_COMMA = re.compile(r"[-+−]?(?:\d+|\d{1,3}(?:[.']\d{3})+)(?:,(\d*))?")
MOST_DIGITS = 15
"""What a spreadsheet keeps of a number; further digits are noise of its arithmetic."""
FEW = 0.005
_NOTHING = 1e-9


@dataclass
class Style:
    """One way to write numbers, as long as every cell agrees with it."""

    pattern: re.Pattern[str]
    mark: str
    alive: bool = True
    places: dict[int, int] = field(default_factory=dict)
    """How many cells have so many decimals, noise left out."""
    whole: int = 0
    """The most digits before the mark."""

    def add(self, text: str) -> None:
        found = self.pattern.fullmatch(text)
        if found is None:
            self.alive = False
            return
        fraction = found[1] or ""
        if ("e" in text or "E" in text) and len(text) <= MOST_DIGITS:
            fraction = f"{Decimal(text):f}".partition(".")[2]
        elif len(text) > MOST_DIGITS:
            fraction = _without_noise(text.replace(self.mark, "."), fraction)
        places = len(fraction.rstrip("0"))
        self.places[places] = self.places.get(places, 0) + 1
        digits = text.partition(self.mark)[0]
        self.whole = max(self.whole, sum(character.isdigit() for character in digits))

    @property
    def fractional(self) -> bool:
        """Whether a cell has decimals."""
        return any(places for places in self.places)

    @property
    def decimals(self) -> int:
        """The decimals that practically all cells make do with: a sum like 7E-15 where zero was meant counts for nothing."""
        few = sum(self.places.values()) * FEW
        most = 0
        for places in sorted(self.places, reverse=True):
            if self.places[places] > few:
                return max(most, places)
            few -= self.places[places]
        return most


def _without_noise(text: str, fraction: str) -> str:
    """The decimals of the nearest number of 15 digits."""
    try:
        number = float(text.replace("−", "-").replace(",", "").replace("'", ""))
    except ValueError:
        return fraction
    short = f"{number:.{MOST_DIGITS}g}"
    if "e" in short:
        return "" if abs(number) < _NOTHING else fraction
    return short.partition(".")[2]


@dataclass
class Numbers:
    """What the cells of a column are as numbers."""

    point: Style = field(default_factory=lambda: Style(_POINT, "."))
    comma: Style = field(default_factory=lambda: Style(_COMMA, ","))
    alive: bool = True
    money: int = 0
    percent: int = 0
    led_by_zero: bool = False
    widths: set[int] = field(default_factory=set)
    low: float = float("inf")
    high: float = float("-inf")

    def add(self, text: str) -> None:
        """One more cell that was not there before."""
        if text.isascii() and text.isdigit():
            return self._whole(text)
        plain = _SIGNS.sub("", text) if not text.isascii() or not text[-1].isdigit() or not text[0].isdigit() else text
        self.money += plain != text
        if plain.endswith(("%", "％")):
            self.percent += 1
            plain = plain[:-1]
        plain = _BLANKS.sub("", plain) if not plain.isascii() or " " in plain else plain
        if plain.startswith("(") and plain.endswith(")"):
            plain = "-" + plain[1:-1]
        for style in (self.point, self.comma):
            if style.alive:
                style.add(plain)
        self._settle(plain)
        return None

    def _whole(self, text: str) -> None:
        length = len(text)
        self.led_by_zero = self.led_by_zero or length > 1 and text[0] == "0"
        self.widths.add(length)
        for style in (self.point, self.comma):
            style.whole = max(style.whole, length)
        self._range(text)

    def _settle(self, plain: str) -> None:
        self.alive = self.point.alive or self.comma.alive
        if not self.alive:
            return
        bare = plain.lstrip("-+−")
        self.led_by_zero = self.led_by_zero or len(bare) > 1 and bare[0] == "0" and bare[1].isdigit()
        self.widths.add(0)
        self._range(plain.replace("−", "-").replace(",", "" if self.point.alive else "."))

    def _range(self, text: str) -> None:
        try:
            value = float(text)
        except ValueError:
            return
        self.low, self.high = min(self.low, value), max(self.high, value)

    def style(self, mark: str) -> Style | None:
        """How the numbers read with this decimal mark; None when they do not."""
        found = self.comma if mark == "," else self.point
        return found if self.alive and found.alive else None

    @property
    def same_width(self) -> int:
        """The number of digits that every cell has, 0 where they differ or are not all digits."""
        return next(iter(self.widths)) if len(self.widths) == 1 else 0

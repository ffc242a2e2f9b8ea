"""What the columns of a file say together: how numbers and dates are written where one column alone leaves it open."""

from collections import Counter
from dataclasses import dataclass

from trellis.services.proposing.moments import DAY_FIRST, MONTH_FIRST
from trellis.services.proposing.statistics import Column, Sheet


@dataclass(frozen=True, slots=True)
class Facts:
    """Ways of writing that hold for the whole file."""

    rows: int
    region: str = "US"
    """Where phone numbers without a country code are probably from."""
    decimal_mark: str = "."
    day_order: str = MONTH_FIRST
    day_order_known: bool = False
    timed: bool = False
    """Whether most dates of the file have a time."""


def facts_of(sheet: Sheet, locale: str = "en") -> Facts:
    """What is written alike in all columns."""
    orders = Counter(_order(column) for column in sheet.columns if _order(column))
    dated = [column.moments for column in sheet.columns if column.moments.readable and column.moments.patterns]
    timed = sum(moments.past_midnight for moments in dated)
    return Facts(
        rows=sheet.rows,
        region="CN" if locale.startswith("zh") else "US",
        decimal_mark=_mark(sheet),
        day_order=orders.most_common(1)[0][0] if orders else MONTH_FIRST,
        day_order_known=bool(orders),
        timed=bool(dated) and timed * 2 > len(dated),
    )


def _mark(sheet: Sheet) -> str:
    """A comma only where more columns need it than need a point."""
    alive = [column.numbers for column in sheet.columns if column.numbers.alive and column.meaningful]
    commas = sum(numbers.comma.alive and not numbers.point.alive for numbers in alive)
    points = sum(numbers.point.alive and not numbers.comma.alive for numbers in alive)
    return "," if commas > points else "."


def _order(column: Column) -> str:
    """The order of day and month where only one is possible."""
    moments = column.moments
    if not moments.alive or not moments.ordered or len(moments.orders) != 1:
        return ""
    return DAY_FIRST if DAY_FIRST in moments.orders else MONTH_FIRST
